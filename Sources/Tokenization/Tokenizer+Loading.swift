import Checkpoints

/// Tokenizers out of checkpoints.
extension Tokenizer {
    /// The tokenizer of the GGUF file (a vocabulary-only one too) or Hugging Face folder at `path`.
    public convenience init(path: String) throws {
        switch try CheckpointKind.detect(path: path) {
        case .gguf: try self.init(metadata: GGUFFile(path: path).metadata, source: path)
        case .huggingFace: try self.init(TokenizerFolder(path: path).description())
        }
    }

    /// The tokenizer of a folder: `tokenizer.json`, or else the files that slow tokenizers have (`tokenizer.model`,
    /// rank files, `vocab.json` with `merges.txt`).
    public convenience init(huggingFace folder: HuggingFaceFolder) throws {
        try self.init(TokenizerFolder(path: folder.path).description())
    }
}
