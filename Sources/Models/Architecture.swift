import Checkpoints

/// One model family: how its files describe it and what they call its tensors. Everything else is shared.
struct Architecture: Sendable {
    /// `general.architecture` of GGUF files.
    let ggufName: String
    /// `model_type` of Hugging Face folders.
    let huggingFaceName: String
    let huggingFaceTensors: TensorNames
    let readGGUF: @Sendable (GGUFKeys) throws -> FamilyConfiguration
    let readHuggingFace: @Sendable (ConfigFields) throws -> FamilyConfiguration

    /// The supported families. A new one is a file of its own and a line here.
    static let all: [Architecture] = [.mixtral, .qwen3MoE, .olmoe]

    static func forGGUF(_ keys: GGUFKeys) throws(ConfigurationError) -> Architecture {
        try find(keys.architecture, by: \.ggufName, file: keys.file, key: "general.architecture")
    }

    static func forHuggingFace(_ fields: ConfigFields) throws -> Architecture {
        try find(fields.string("model_type"), by: \.huggingFaceName, file: fields.file, key: "model_type")
    }

    private static func find(_ name: String, by field: KeyPath<Architecture, String>, file: String, key: String)
        throws(ConfigurationError) -> Architecture
    {
        if let found = all.first(where: { $0[keyPath: field] == name }) { return found }
        let supported = all.map { $0[keyPath: field] }.joined(separator: ", ")
        throw ConfigurationError(
            file: file, key: key, reason: "\"\(name.prefix(80))\" is not supported; supported: \(supported)")
    }
}

/// What a family's file says about attention, rotary embedding and experts. Sizes that all families write alike are
/// read in one place (`ModelConfiguration.read`).
struct FamilyConfiguration {
    var attention: ModelConfiguration.AttentionShape
    var rotary: ModelConfiguration.RotaryShape
    var experts: ModelConfiguration.ExpertShape
    var denseWidth = 0
    var denseBlocks: Set<Int> = []
}

extension ModelConfiguration {
    /// The configuration in a GGUF file's metadata.
    static func read(_ gguf: GGUFFile) throws -> ModelConfiguration {
        let keys = try GGUFKeys(gguf)
        let architecture = try Architecture.forGGUF(keys)
        return try ModelConfiguration(
            architecture: architecture.ggufName, layers: keys.int("block_count"),
            hiddenSize: keys.int("embedding_length"), vocabularySize: keys.vocabularySize(),
            contextLength: keys.contextLength(), normEpsilon: keys.float("attention.layer_norm_rms_epsilon"),
            family: architecture.readGGUF(keys)
        ).validated(file: keys.file)
    }

    /// The configuration in a Hugging Face folder's `config.json`, and the family that names its tensors.
    static func read(_ fields: ConfigFields) throws -> (ModelConfiguration, Architecture) {
        let architecture = try Architecture.forHuggingFace(fields)
        try fields.refuseWhatNoFamilySupports()
        let configuration = try ModelConfiguration(
            architecture: architecture.ggufName, layers: fields.int("num_hidden_layers"),
            hiddenSize: fields.int("hidden_size"), vocabularySize: fields.int("vocab_size"),
            contextLength: fields.contextLength(), normEpsilon: fields.float("rms_norm_eps"),
            family: architecture.readHuggingFace(fields)
        ).validated(file: fields.file)
        return (configuration, architecture)
    }

    private init(
        architecture: String, layers: Int, hiddenSize: Int, vocabularySize: Int, contextLength: Int,
        normEpsilon: Double, family: FamilyConfiguration
    ) {
        self.init(
            architecture: architecture, layers: layers, hiddenSize: hiddenSize, vocabularySize: vocabularySize,
            contextLength: contextLength, normEpsilon: Float(normEpsilon), attention: family.attention,
            rotary: family.rotary, experts: family.experts, denseWidth: family.denseWidth,
            denseBlocks: family.denseBlocks)
    }
}
