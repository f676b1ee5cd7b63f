import Experts
import Routing
import Tensors

/// The weights of a decoder, ready to run. Immutable; shared by whatever runs it.
public struct TransformerModel: Sendable {
    public let configuration: ModelConfiguration
    /// Shape [vocabulary × hidden].
    public let embedding: WeightMatrix
    let blocks: [TransformerBlock]
    let finalNorm: [Float]
    /// Shape [vocabulary × hidden]; the embedding itself where it is tied.
    public let output: WeightMatrix
    /// Whether the file has no output matrix of its own.
    public let isTied: Bool
}

/// One pre-norm Transformer block.
struct TransformerBlock: Sendable {
    let attention: AttentionWeights
    let feedForwardNorm: [Float]
    let feedForward: FeedForward
}

/// Weights of grouped-query attention. Norm weights are empty where the family has none.
struct AttentionWeights: Sendable {
    let inputNorm: [Float]
    let query: WeightMatrix
    let key: WeightMatrix
    let value: WeightMatrix
    let output: WeightMatrix
    let queryNorm: [Float]
    let keyNorm: [Float]
}

/// What follows attention in a block.
enum FeedForward: Sendable {
    /// A router, and the experts it chooses from. `index` counts MoE blocks.
    case experts(index: Int, gate: WeightMatrix, router: TopKRouter, weights: ExpertWeights)
    /// One network for all tokens: run as a single expert that everything goes to.
    case dense(ExpertWeights)

    var expertWeights: ExpertWeights {
        switch self {
        case .experts(_, _, _, let weights), .dense(let weights): weights
        }
    }
}
