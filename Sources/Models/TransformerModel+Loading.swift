import Checkpoints

extension TransformerModel {
    /// The model in the GGUF file or Hugging Face folder at `path`. Weights stay in the mapped files.
    ///
    /// - Throws: `CheckpointError` or `ConfigurationError`, naming file and tensor or key.
    public init(path: String) throws {
        switch try CheckpointKind.detect(path: path) {
        case .gguf: try self.init(gguf: GGUFFile(path: path))
        case .huggingFace: try self.init(huggingFace: HuggingFaceFolder(path: path))
        }
    }

    public init(gguf file: GGUFFile) throws {
        let configuration = try ModelConfiguration.read(file)
        self = try WeightLoader.load(file, names: .gguf, configuration: configuration)
    }

    public init(huggingFace folder: HuggingFaceFolder) throws {
        let (configuration, architecture) = try ModelConfiguration.read(ConfigFields(folder))
        self = try WeightLoader.load(folder, names: architecture.huggingFaceTensors, configuration: configuration)
    }
}
