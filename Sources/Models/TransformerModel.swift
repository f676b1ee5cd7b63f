import Experts
import Routing
import Tensors

/// The weights of a decoder, ready to run. Immutable; shared by whatever runs it.
public struct TransformerModel: Sendable {
    public let configuration: ModelConfiguration
    /// Shape [vocabulary × hidden].
    public let embedding: WeightMatrix
    let blocks: [TransformerBlock]
    let finalNorm: Norm
    let head: Projection
    /// Whether the output matrix is the embedding.
    public let isTied: Bool
    let files: CheckpointFiles

    /// Shape [vocabulary × hidden]; the embedding itself where it is tied.
    public var output: WeightMatrix { head.matrix }
}

/// One pre-norm Transformer block.
struct TransformerBlock: Sendable {
    let attentionNorm: Norm
    let attention: Attention
    let feedForwardNorm: Norm
    let feedForward: FeedForward
}

/// A matrix and what is added to its product; no bias is empty.
struct Projection: Sendable {
    let matrix: WeightMatrix
    var bias: [Float] = []
    /// The same numbers in the layout for rounded inputs, where that was asked for.
    var packed: PackedMatrix?
}

/// Weights of a normalisation. RMSNorm has no bias.
struct Norm: Sendable {
    let weight: [Float]
    var bias: [Float] = []
}

enum Attention: Sendable {
    case grouped(GroupedAttentionWeights)
    case latent(LatentAttentionWeights)
}

/// Weights of grouped-query attention. Norm weights and sinks are empty where the family has none.
struct GroupedAttentionWeights: Sendable {
    let query: Projection
    let key: Projection
    let value: Projection
    let output: Projection
    let queryNorm: [Float]
    let keyNorm: [Float]
    /// One logit per query head.
    let sinks: [Float]
}

/// Weights of multi-head latent attention in its absorbed form: queries are taken to the space of the compressed keys,
/// and values are made from what attention gives there (DeepSeek-V2, arXiv 2405.04434, section 2.1.2).
struct LatentAttentionWeights: Sendable {
    /// From hidden states or from compressed queries, shape [heads × (plain + rotary) × …].
    let query: Projection
    let compression: QueryCompression?
    /// Shape [(rank + rotary) × hidden].
    let latentDown: Projection
    let latentNorm: [Float]
    /// For each head, from a query without position to the compressed space: shape [rank × plain].
    let keyUp: [WeightMatrix]
    /// For each head, from the compressed space to values: shape [value × rank].
    let valueUp: [WeightMatrix]
    let output: Projection

    struct QueryCompression: Sendable {
        /// Shape [query rank × hidden].
        let down: Projection
        let norm: [Float]
    }
}

/// What follows attention in a block.
enum FeedForward: Sendable {
    case experts(ExpertLayer)
    /// One network for all tokens: run as a single expert that everything goes to.
    case dense(ExpertWeights)
}

/// A router, and the experts it chooses from.
struct ExpertLayer: Sendable {
    /// Counts blocks with experts.
    let index: Int
    let gate: Projection
    let router: any Router
    let weights: ExpertWeights
    let shared: SharedExpertWeights?
}

/// An expert that every token goes to.
struct SharedExpertWeights: Sendable {
    let weights: ExpertWeights
    /// Its output is multiplied with the sigmoid of this product, shape [1 × hidden]; nil: with 1.
    let gate: WeightMatrix?
}
