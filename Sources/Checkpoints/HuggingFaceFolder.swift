import Foundation
import Tensors

/// A folder as Hugging Face transformers saves it: `config.json` and the weights in `model.safetensors`, or in several
/// files that `model.safetensors.index.json` lists.
public struct HuggingFaceFolder: TensorSource {
    public let path: String
    /// `config.json`, an object.
    public let config: ConfigValue
    private let directory: TensorDirectory
    private let limits: CheckpointLimits

    /// Opens the folder and all files with weights. Files the index names must be in the folder itself.
    public init(path: String, limits: CheckpointLimits = .default) throws(CheckpointError) {
        self.path = path
        self.limits = limits
        let configPath = Self.join(path, "config.json")
        let text = try Self.text(configPath, limit: limits.configBytes)
        config = try ConfigValue.parse(text, file: configPath, limits: limits)
        guard config.objectValue != nil else {
            throw CheckpointError(file: configPath, reason: "must be a JSON object")
        }
        directory = try Self.weights(path, limits: limits)
    }

    public var location: String { path }
    /// Path of `config.json`, for errors about its keys.
    public var configPath: String { Self.join(path, "config.json") }
    public var entries: [TensorEntry] { directory.entries }

    public func contains(_ name: String) -> Bool { directory.contains(name) }

    public func tensor(_ name: String) throws(CheckpointError) -> TensorView { try directory.tensor(name) }

    private static func weights(_ path: String, limits: CheckpointLimits) throws(CheckpointError) -> TensorDirectory {
        var directory = TensorDirectory(location: path)
        let single = join(path, "model.safetensors")
        let index = join(path, "model.safetensors.index.json")
        if FileManager.default.fileExists(atPath: single) {
            for entry in try SafetensorsFile(path: single, limits: limits).entries { try directory.add(entry) }
        } else if FileManager.default.fileExists(atPath: index) {
            let text = try text(index, limit: limits.textBytes)
            for entry in try SafetensorsIndex(text, file: index, limits: limits).entries(folder: path, limits: limits) {
                try directory.add(entry)
            }
        } else {
            throw CheckpointError(
                file: path, reason: "has neither model.safetensors nor model.safetensors.index.json")
        }
        return directory
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// The bytes of a text file, at most `limit` of them.
    static func text(_ path: String, limit: Int) throws(CheckpointError) -> ByteRegion {
        let bytes = try MappedFile.open(path)
        guard bytes.count <= limit else {
            throw CheckpointError(file: path, reason: "has \(bytes.count) bytes, above the limit of \(limit)")
        }
        return bytes
    }
}

/// Files next to the weights; nil where the folder has none.
extension HuggingFaceFolder {
    /// `tokenizer.json`.
    public var tokenizerJSON: Data? {
        get throws(CheckpointError) { try data("tokenizer.json") }
    }

    /// `tokenizer_config.json`.
    public var tokenizerConfig: Data? {
        get throws(CheckpointError) { try data("tokenizer_config.json") }
    }

    /// `generation_config.json`.
    public var generationConfig: Data? {
        get throws(CheckpointError) { try data("generation_config.json") }
    }

    /// The Jinja chat template: `chat_template.jinja`, or else `chat_template` in `tokenizer_config.json`, which is the
    /// text itself or a list of named templates, of which `default` counts.
    public var chatTemplate: String? {
        get throws(CheckpointError) {
            if let text = try region("chat_template.jinja") { return text.repairedText }
            guard let text = try region("tokenizer_config.json") else { return nil }
            let file = Self.join(path, "tokenizer_config.json")
            let template = try ConfigValue.parse(text, file: file, limits: limits)["chat_template"]
            if let named = template?.arrayValue {
                return named.first { $0["name"]?.stringValue == "default" }?["template"]?.stringValue
            }
            return template?.stringValue
        }
    }

    private func data(_ name: String) throws(CheckpointError) -> Data? {
        try region(name)?.withBytes { Data($0) }
    }

    private func region(_ name: String) throws(CheckpointError) -> ByteRegion? {
        let file = Self.join(path, name)
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        return try Self.text(file, limit: limits.textBytes)
    }
}
