import Checkpoints
import Experts
import Routing
import Tensors

extension SwitchTransformer {
    /// The model in a Hugging Face folder, with the tensor names of `google/switch-base-8` and its like. Weights stay
    /// in the mapped files.
    ///
    /// - Parameter allowedFields: fields of the configuration that this version does not know and that the user says
    ///   do not matter.
    /// - Throws: `CheckpointError` or `ConfigurationError`, naming file and tensor or field.
    public init(huggingFace folder: HuggingFaceFolder, allowedFields: Set<String> = []) throws {
        let configuration = try SwitchConfiguration.read(folder, allowed: allowedFields)
        var reader = SwitchReader(tensors: TensorReader(folder), configuration: configuration)
        self = try reader.model()
    }
}

/// Puts a Switch Transformer together from a checkpoint's tensors.
private struct SwitchReader {
    let tensors: TensorReader
    let configuration: SwitchConfiguration
    private var sparseBlocks = 0

    init(tensors: TensorReader, configuration: SwitchConfiguration) {
        self.tensors = tensors
        self.configuration = configuration
    }

    /// A tensor that the file has counts, also where the configuration ties it to another: transformers does the same.
    /// The embeddings that are missing are the shared one, tied or not, as in T5; a missing output matrix must be tied.
    mutating func model() throws -> SwitchTransformer {
        let shared = try embedding("shared.weight")
        let inputs = try ["encoder", "decoder"].map { side in
            try storedEmbedding("\(side).embed_tokens.weight")
        }
        let head = try configuration.isTied ? storedEmbedding("lm_head.weight") : embedding("lm_head.weight")
        let model = SwitchTransformer(
            configuration: configuration,
            encoder: try stack("encoder", configuration.encoder, embedding: inputs[0] ?? shared),
            decoder: try stack("decoder", configuration.decoder, embedding: inputs[1] ?? shared),
            output: head ?? shared, storedEmbeddings: [shared] + (inputs + [head]).compactMap { $0 })
        // Checkpoints from T5's own format give cross attention a position bias, which no implementation reads.
        try tensors.checkNothingIsLeft(architecture: SwitchConfiguration.architecture) {
            $0.hasSuffix("EncDecAttention.relative_attention_bias.weight")
        }
        return model
    }

    private func embedding(_ name: String) throws -> WeightMatrix {
        try tensors.matrix(name, rows: configuration.vocabularySize, columns: configuration.hiddenSize)
    }

    private func storedEmbedding(_ name: String) throws -> WeightMatrix? {
        tensors.contains(name) ? try embedding(name) : nil
    }

    private mutating func stack(
        _ side: String, _ shape: SwitchConfiguration.Stack, embedding: WeightMatrix
    ) throws -> SwitchStack {
        let bias = try tensors.matrix(
            "\(side).block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            rows: configuration.positionBuckets, columns: configuration.heads)
        var blocks: [SwitchBlock] = []
        for index in 0..<shape.blocks {
            blocks.append(
                try block("\(side).block.\(index).layer", isDecoder: side == "decoder", isSparse: shape.isSparse(index))
            )
        }
        return SwitchStack(
            embedding: embedding, positionBias: bias.numbers, blocks: blocks,
            finalNorm: try norm("\(side).final_layer_norm.weight"))
    }

    /// The last layer of a block is its feed-forward network, the one before it in the decoder cross attention.
    private mutating func block(_ name: String, isDecoder: Bool, isSparse: Bool) throws -> SwitchBlock {
        let last = "\(name).\(isDecoder ? 2 : 1)"
        return SwitchBlock(
            selfAttention: try attention("\(name).0", kind: "SelfAttention"),
            crossAttention: isDecoder ? try attention("\(name).1", kind: "EncDecAttention") : nil,
            feedForwardNorm: try norm("\(last).layer_norm.weight"),
            feedForward: isSparse ? try sparse("\(last).mlp") : .dense(try experts(["\(last).mlp"])))
    }

    private func attention(_ name: String, kind: String) throws -> SwitchAttention {
        let hidden = configuration.hiddenSize
        let width = configuration.attentionWidth
        return SwitchAttention(
            norm: try norm("\(name).layer_norm.weight"),
            query: try tensors.matrix("\(name).\(kind).q.weight", rows: width, columns: hidden),
            key: try tensors.matrix("\(name).\(kind).k.weight", rows: width, columns: hidden),
            value: try tensors.matrix("\(name).\(kind).v.weight", rows: width, columns: hidden),
            output: try tensors.matrix("\(name).\(kind).o.weight", rows: hidden, columns: width))
    }

    private mutating func sparse(_ name: String) throws -> FeedForward {
        let count = configuration.experts
        let gate = "\(name).router.classifier"
        defer { sparseBlocks += 1 }
        return .experts(
            ExpertLayer(
                index: sparseBlocks,
                gate: Projection(
                    matrix: try tensors.matrix("\(gate).weight", rows: count, columns: configuration.hiddenSize),
                    bias: try tensors.vector("\(gate).bias", count: count, if: configuration.hasRouterBias)),
                router: CapacityRouter(expertCount: count, capacity: configuration.expertCapacity),
                weights: try experts((0..<count).map { "\(name).experts.expert_\($0)" }), shared: nil))
    }

    /// `wo(relu(wi x))`, once per name.
    private func experts(_ names: [String]) throws -> ExpertWeights {
        let (width, hidden) = (configuration.feedForwardWidth, configuration.hiddenSize)
        return ExpertWeights(
            gate: [], up: try names.map { try tensors.matrix("\($0).wi.weight", rows: width, columns: hidden) },
            down: try names.map { try tensors.matrix("\($0).wo.weight", rows: hidden, columns: width) },
            activation: .relu)
    }

    private func norm(_ name: String) throws -> Norm {
        Norm(weight: try tensors.vector(name, count: configuration.hiddenSize))
    }
}
