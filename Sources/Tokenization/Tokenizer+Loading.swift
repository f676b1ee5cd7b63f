import Checkpoints

/// Tokenizers out of checkpoints.
extension Tokenizer {
    /// The tokenizer of the GGUF file (a vocabulary-only one too) or Hugging Face folder at `path`.
    public convenience init(path: String) throws {
        switch try CheckpointKind.detect(path: path) {
        case .gguf: try self.init(metadata: GGUFFile(path: path).metadata, source: path)
        case .huggingFace: try self.init(huggingFace: HuggingFaceFolder(path: path))
        }
    }

    /// The tokenizer in a folder's `tokenizer.json`.
    public convenience init(huggingFace folder: HuggingFaceFolder) throws {
        guard let json = try folder.tokenizerJSON else {
            throw CheckpointError(file: folder.path, reason: "has no tokenizer.json")
        }
        try self.init(
            tokenizerJSON: json, tokenizerConfig: folder.tokenizerConfig, source: "\(folder.path)/tokenizer.json")
    }
}
