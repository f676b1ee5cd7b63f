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

    /// The tokenizer of a folder: `tokenizer.json`, or else the files that slow tokenizers have (`tokenizer.model`,
    /// rank files, `vocab.json` with `merges.txt`).
    public convenience init(huggingFace folder: HuggingFaceFolder) throws {
        if let json = try folder.tokenizerJSON {
            try self.init(
                tokenizerJSON: json, tokenizerConfig: folder.tokenizerConfig, source: "\(folder.path)/tokenizer.json")
        } else {
            try self.init(TokenizerFolder(path: folder.path).description(config: folder.tokenizerConfig))
        }
    }
}
