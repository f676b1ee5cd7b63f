import Checkpoints
import Tensors

/// A model that answers prompts, of either kind.
public enum LanguageModel: Sendable {
    /// A decoder that continues its prompt.
    case decoder(TransformerModel)
    /// An encoder that reads the prompt, and a decoder that answers it.
    case encoderDecoder(SwitchTransformer)

    /// The model in the GGUF file or Hugging Face folder at `path`; see `TransformerModel.init(path:allowedFields:)`.
    public init(path: String, allowedFields: Set<String> = []) throws {
        switch try CheckpointKind.detect(path: path) {
        case .gguf: self = .decoder(try TransformerModel(gguf: GGUFFile(path: path), allowedFields: allowedFields))
        case .huggingFace: try self.init(huggingFace: HuggingFaceFolder(path: path), allowedFields: allowedFields)
        }
    }

    /// The model in a Hugging Face folder, of the kind that its `model_type` names.
    public init(huggingFace folder: HuggingFaceFolder, allowedFields: Set<String> = []) throws {
        self =
            folder.config["model_type"]?.stringValue == SwitchConfiguration.architecture
            ? .encoderDecoder(try SwitchTransformer(huggingFace: folder, allowedFields: allowedFields))
            : .decoder(try TransformerModel(huggingFace: folder, allowedFields: allowedFields))
    }

    /// The model with weights laid out for inputs of that precision. Encoders with decoders run as they are.
    /// See `TransformerModel.packed(pool:cache:progress:)`.
    public func laidOut(
        for activations: ActivationPrecision, threads: Int, cache: PackedCache? = nil,
        progress: (LayoutStep, _ share: Double) -> Void = { _, _ in }
    ) -> LanguageModel {
        guard activations == .int8, case .decoder(let model) = self else { return self }
        return .decoder(model.packed(pool: ComputePool(threads: threads), cache: cache, progress: progress))
    }

    /// Whether `laidOut` has anything to lay out for rounded inputs.
    public var canRoundActivations: Bool {
        guard case .decoder(let model) = self else { return false }
        return model.packedByteCount > 0
    }

    /// What all models have, in numbers.
    public struct Outline: Sendable, Equatable {
        public var architecture: String
        public var vocabularySize: Int
        /// Positions the model is good for.
        public var contextLength: Int
        /// Transformer blocks, of encoder and decoder together.
        public var layers: Int
        /// Blocks with experts, in model order.
        public var moeBlocks: [Int]
        /// Routed experts of a block.
        public var experts: Int
        /// Experts each token goes to (top-k).
        public var expertsPerToken: Int
    }

    public var outline: Outline {
        switch self {
        case .decoder(let model):
            let configuration = model.configuration
            return Outline(
                architecture: configuration.architecture, vocabularySize: configuration.vocabularySize,
                contextLength: configuration.contextLength, layers: configuration.layers,
                moeBlocks: configuration.moeBlocks, experts: configuration.experts.count,
                expertsPerToken: configuration.experts.perToken)
        case .encoderDecoder(let model):
            let configuration = model.configuration
            return Outline(
                architecture: SwitchConfiguration.architecture, vocabularySize: configuration.vocabularySize,
                contextLength: SwitchConfiguration.contextLength,
                layers: configuration.encoder.blocks + configuration.decoder.blocks,
                moeBlocks: configuration.moeBlocks, experts: configuration.experts, expertsPerToken: 1)
        }
    }
}
