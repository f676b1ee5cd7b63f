import Checkpoints
import Foundation
import Tensors

/// The files that a user named: one, or those of a folder whose names end so, in the order of their names.
struct InputFiles {
    let paths: [String]

    init(_ path: String, endings: [String]) throws(TraceError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw TraceError(file: path, reason: "no such file or folder")
        }
        guard isFolder.boolValue else {
            paths = [path]
            return
        }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
            throw TraceError(file: path, reason: error.localizedDescription)
        }
        paths = names.filter { name in endings.contains { name.hasSuffix($0) } }.map { path + "/" + $0 }
        guard !paths.isEmpty else {
            throw TraceError(file: path, reason: "holds no file of \(endings.joined(separator: ", "))")
        }
    }
}

/// The JSON values of a file: one (which may be a list of them), or one a line.
struct JSONDocuments {
    struct Document {
        let value: ConfigValue
        /// Where it stands, for messages and for requests without names.
        let name: String
    }

    /// Calls `body` with each document. Those that are no JSON, those that `body` refuses, and a file that cannot be
    /// read at all go to `log`: others may still be read.
    static func forEach(_ path: String, log: inout DamageLog, _ body: (Document) throws(TraceError) -> Void) {
        do throws(TraceError) { try read(path, &log, body) } catch { log.add(error, requests: nil) }
    }

    private static func read(
        _ path: String, _ log: inout DamageLog, _ body: (Document) throws(TraceError) -> Void
    ) throws(TraceError) {
        let bytes = try MappedFile.open(path)
        if path.hasSuffix(".jsonl") {
            var lines = LineReader(bytes, limit: CheckpointLimits.default.textBytes)
            while let line = lines.next() {
                attempt(&log) { () throws(TraceError) in
                    try body(Document(value: try line.json(file: path), name: line.name))
                }
            }
        } else {
            guard bytes.count <= CheckpointLimits.default.textBytes else {
                throw TraceError(file: path, reason: "is larger than \(CheckpointLimits.default.textBytes) bytes")
            }
            let text = bytes.slice(LineReader.markLength(bytes)..<bytes.count)
            let value = try ConfigValue.parse(text, file: path)
            for (index, element) in (value.arrayValue ?? [value]).enumerated() {
                attempt(&log) { () throws(TraceError) in
                    try body(Document(value: element, name: "answer \(index + 1)"))
                }
            }
        }
    }

    private static func attempt(_ log: inout DamageLog, _ body: () throws(TraceError) -> Void) {
        do throws(TraceError) { try body() } catch { log.add(error, requests: 1) }
    }
}
