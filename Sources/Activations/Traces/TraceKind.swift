import Foundation

/// The kinds of folder that hold a trace.
public enum TraceKind: Sendable {
    /// `trace.json` and safetensors segments; see `TraceReader`.
    case segments
    /// `meta.json`, `index.jsonl` and `experts.uint8.bin`; see `CompactTrace`.
    case compact

    /// The kind of the folder at `path`, by the index it has.
    public static func detect(path: String) throws(TraceError) -> TraceKind {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw TraceError(file: path, reason: "no such folder")
        }
        guard isFolder.boolValue else {
            throw TraceError(file: path, reason: "is not a folder; a trace is a folder with \(TraceIndex.fileName)")
        }
        if FileManager.default.fileExists(atPath: path + "/" + TraceIndex.fileName) { return .segments }
        if FileManager.default.fileExists(atPath: path + "/" + CompactTrace.metaName) { return .compact }
        throw TraceError(file: path, reason: "has neither \(TraceIndex.fileName) nor \(CompactTrace.metaName)")
    }
}
