import Foundation
import Tensors

/// Checkpoints in several files, `NAME-00001-of-00003.gguf` and so on, as llama.cpp's split tool writes them: the
/// first part has all metadata; each part says `split.no` (from 0) and `split.count`.
enum GGUFSplit {
    /// Opens the parts that follow `first`, or none if `first` is not split. A missing part is an error that names it.
    static func otherParts(
        of first: GGUFContents, path: String, limits: CheckpointLimits
    ) throws(CheckpointError) -> [GGUFContents] {
        let count = try number("split.count", first.metadata, path) ?? 1
        guard count > 1 else { return [] }
        guard count <= limits.files else {
            throw CheckpointError(
                file: path, item: "split.count", reason: "\(count) is above the limit of \(limits.files)")
        }
        guard let stem = stem(of: path, part: 0, count: count) else {
            throw CheckpointError(
                file: path, item: "split.count",
                reason: "is one of \(count) parts; open the first, whose name ends in \(suffix(part: 0, count: count))")
        }
        try checkNumber(of: first, is: 0, path: path)
        var parts: [GGUFContents] = []
        for part in 1..<count {
            let partPath = stem + suffix(part: part, count: count)
            parts.append(try open(partPath, part: part, count: count, limits: limits))
        }
        try checkTotal(first, parts, path: path)
        return parts
    }

    private static func open(
        _ path: String, part: Int, count: Int, limits: CheckpointLimits
    ) throws(CheckpointError) -> GGUFContents {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CheckpointError(file: path, reason: "part \(part + 1) of \(count) is missing")
        }
        let contents = try GGUFParser.parse(try MappedFile.open(path), file: path, limits: limits)
        guard try number("split.count", contents.metadata, path) == count else {
            throw CheckpointError(file: path, item: "split.count", reason: "differs from the first part's (\(count))")
        }
        try checkNumber(of: contents, is: part, path: path)
        return contents
    }

    private static func checkNumber(of contents: GGUFContents, is part: Int, path: String) throws(CheckpointError) {
        guard let number = try number("split.no", contents.metadata, path), number == part else {
            throw CheckpointError(file: path, item: "split.no", reason: "must be \(part) according to the file name")
        }
    }

    private static func checkTotal(
        _ first: GGUFContents, _ parts: [GGUFContents], path: String
    ) throws(CheckpointError) {
        guard let total = try number("split.tensors.count", first.metadata, path) else { return }
        let found = parts.reduce(first.entries.count) { $0 + $1.entries.count }
        guard total == found else {
            throw CheckpointError(
                file: path, item: "split.tensors.count", reason: "is \(total), but the parts hold \(found) tensors")
        }
    }

    private static func number(
        _ key: String, _ metadata: [String: MetadataValue], _ path: String
    ) throws(CheckpointError) -> Int? {
        try MetadataKeys(file: path, values: metadata).intIfPresent(key)
    }

    /// `path` without the ending of part `part`, or nil if it does not end so.
    private static func stem(of path: String, part: Int, count: Int) -> String? {
        let suffix = suffix(part: part, count: count)
        return path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : nil
    }

    private static func suffix(part: Int, count: Int) -> String {
        "-\(fiveDigits(part + 1))-of-\(fiveDigits(count)).gguf"
    }

    private static func fiveDigits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
