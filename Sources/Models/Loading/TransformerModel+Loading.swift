import Checkpoints

extension TransformerModel {
    /// The model in the GGUF file or Hugging Face folder at `path`. Weights stay in the mapped files where they are laid
    /// out as they are used.
    ///
    /// - Parameter allowedFields: fields of the configuration that this version does not know and that the user says
    ///   do not matter.
    /// - Throws: `CheckpointError` or `ConfigurationError`, naming file and tensor or key.
    public init(path: String, allowedFields: Set<String> = []) throws {
        switch try CheckpointKind.detect(path: path) {
        case .gguf: try self.init(gguf: GGUFFile(path: path), allowedFields: allowedFields)
        case .huggingFace: try self.init(huggingFace: HuggingFaceFolder(path: path), allowedFields: allowedFields)
        }
    }

    public init(gguf file: GGUFFile, allowedFields: Set<String> = []) throws {
        self = try ModelReader(gguf: file, allowedFields: allowedFields).model()
    }

    public init(huggingFace folder: HuggingFaceFolder, allowedFields: Set<String> = []) throws {
        self = try ModelReader(huggingFace: folder, allowedFields: allowedFields).model()
    }
}
