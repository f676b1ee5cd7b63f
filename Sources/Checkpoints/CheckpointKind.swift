import Foundation

/// Which reader a path needs.
public enum CheckpointKind: Sendable, Equatable {
    /// A `.gguf` file: `GGUFFile`.
    case gguf
    /// A folder with `config.json` and safetensors: `HuggingFaceFolder`.
    case huggingFace

    /// Looks at what lies at `path`; opens no weights. Throws, in words for the user, if it is neither.
    public static func detect(path: String) throws(CheckpointError) -> CheckpointKind {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CheckpointError(file: path, reason: "does not exist")
        }
        return isFolder.boolValue ? try folder(path) : try file(path)
    }

    private static func folder(_ path: String) throws(CheckpointError) -> CheckpointKind {
        if FileManager.default.fileExists(atPath: HuggingFaceFolder.join(path, "config.json")) { return .huggingFace }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let gguf = names.filter { $0.hasSuffix(".gguf") }.sorted().first
        let hint = gguf.map { "; it holds '\($0)': give the path of that file" } ?? ""
        throw CheckpointError(file: path, reason: "is a folder without config.json" + hint)
    }

    private static func file(_ path: String) throws(CheckpointError) -> CheckpointKind {
        if path.hasSuffix(".safetensors") {
            throw CheckpointError(file: path, reason: "is one file of a checkpoint: give the path of its folder")
        }
        let start = try MappedFile.open(path)
        guard start.count >= 4, start.number(at: 0, as: UInt32.self) == GGUFParser.magic else {
            throw CheckpointError(file: path, reason: "is neither a GGUF file nor a Hugging Face folder")
        }
        return .gguf
    }
}
