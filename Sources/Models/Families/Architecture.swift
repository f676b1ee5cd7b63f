import Checkpoints

/// One model family: how its files describe it and what they call its tensors. Everything else is shared.
struct Architecture: Sendable {
    /// `general.architecture` of GGUF files.
    let ggufName: String
    /// `model_type` of Hugging Face folders.
    let huggingFaceName: String
    /// Other values of `model_type` for the same family.
    var otherNames: [String] = []
    let huggingFaceTensors: TensorNames
    /// What its GGUF files call otherwise than most families do.
    var ggufTensors = TensorNames.gguf()
    /// Which numbers of a head GGUF files rotate together. Where Hugging Face folders differ, files hold the rows of
    /// queries and keys in another order.
    let ggufPairing: RotaryShape.Pairing
    let readGGUF: @Sendable (GGUFKeys) throws -> FamilyConfiguration
    let readHuggingFace: @Sendable (ConfigFields) throws -> FamilyConfiguration

    /// The supported families. A new one is a file of its own and a line here.
    static let all: [Architecture] = [
        .mixtral, .qwen2MoE, .qwen3MoE, .olmoe, .deepSeekV2, .deepSeekV3, .gptOSS, .llama4, .graniteMoE, .glm4MoE,
        .phiMoE,
    ]

    static func forGGUF(_ keys: GGUFKeys) throws -> Architecture {
        // Both generations of DeepSeek are `deepseek2`; sigmoid gating is what distinguishes them.
        if keys.architecture == deepSeekV3.ggufName, try keys.isDeepSeekV3() { return deepSeekV3 }
        return try find(keys.architecture, by: \.ggufName, file: keys.file, key: "general.architecture")
    }

    static func forHuggingFace(_ fields: ConfigFields) throws -> Architecture {
        let name = try fields.string("model_type")
        guard name != SwitchConfiguration.architecture else {
            throw fields.error("model_type", "\"\(name)\" is an encoder with a decoder; here a decoder alone is needed")
        }
        if let other = all.first(where: { $0.otherNames.contains(name) }) { return other }
        return try find(name, by: \.huggingFaceName, file: fields.file, key: "model_type")
    }

    private static func find(_ name: String, by field: KeyPath<Architecture, String>, file: String, key: String)
        throws(ConfigurationError) -> Architecture
    {
        if let found = all.first(where: { $0[keyPath: field] == name }) { return found }
        let supported = Set(all.map { $0[keyPath: field] }).sorted().joined(separator: ", ")
        throw ConfigurationError(
            file: file, key: key, reason: "\"\(name.prefix(80))\" is not supported; supported: \(supported)")
    }
}

/// What a family's file says about its blocks. Sizes that all families write alike are read in one place
/// (`ModelConfiguration.read`).
struct FamilyConfiguration {
    var attention: ModelConfiguration.AttentionShape
    var rotary: RotaryShape
    var experts: ModelConfiguration.ExpertShape
    var blocks: [ModelConfiguration.BlockShape]
    var denseWidth = 0
    var norm = ModelConfiguration.NormShape.Kind.rootMeanSquare
    var multipliers = ModelConfiguration.Multipliers()
    var hasOutputBias = false
    var unusedBlocks = 0
}

extension ModelConfiguration {
    /// The configuration in a GGUF file's metadata, and the family that names its tensors.
    static func read(_ keys: GGUFKeys) throws -> (ModelConfiguration, Architecture) {
        let architecture = try Architecture.forGGUF(keys)
        let family = try architecture.readGGUF(keys)
        let epsilon = "attention.layer_norm\(family.norm == .layer ? "" : "_rms")_epsilon"
        let configuration = try ModelConfiguration(
            architecture: architecture.ggufName, hiddenSize: keys.int("embedding_length"),
            vocabularySize: keys.vocabularySize(), contextLength: keys.int("context_length"),
            normEpsilon: keys.optionalFloat(epsilon) ?? keys.float("attention.layer_norm_rms_epsilon"),
            isTied: nil, family: family
        ).validated(file: keys.file)
        return (configuration, architecture)
    }

    /// The configuration in a Hugging Face folder's `config.json`, and the family that names its tensors.
    static func read(_ fields: ConfigFields, allowed: Set<String>) throws -> (ModelConfiguration, Architecture) {
        let architecture = try Architecture.forHuggingFace(fields)
        try fields.refuseWhatNoFamilySupports()
        let configuration = try ModelConfiguration(
            architecture: architecture.ggufName, hiddenSize: fields.int("hidden_size"),
            vocabularySize: fields.int("vocab_size"), contextLength: fields.int("max_position_embeddings"),
            normEpsilon: fields.float("rms_norm_eps"), isTied: fields.optionalBool("tie_word_embeddings"),
            family: architecture.readHuggingFace(fields)
        ).validated(file: fields.file)
        try fields.refuseUnread(allowed: allowed)
        return (configuration, architecture)
    }

    private init(
        architecture: String, hiddenSize: Int, vocabularySize: Int, contextLength: Int, normEpsilon: Double,
        isTied: Bool?, family: FamilyConfiguration
    ) {
        self.init(
            architecture: architecture, hiddenSize: hiddenSize, vocabularySize: vocabularySize,
            contextLength: contextLength, norm: NormShape(kind: family.norm, epsilon: Float(normEpsilon)),
            attention: family.attention, rotary: family.rotary, experts: family.experts,
            denseWidth: family.blocks.allSatisfy(\.hasExperts) ? 0 : family.denseWidth, blocks: family.blocks,
            multipliers: family.multipliers,
            hasOutputBias: family.hasOutputBias, isTied: isTied, unusedBlocks: family.unusedBlocks)
    }
}
