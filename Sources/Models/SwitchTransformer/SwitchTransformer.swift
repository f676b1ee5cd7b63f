import Tensors

/// The weights of a Switch Transformer, ready to run. Immutable; shared by whatever runs it.
public struct SwitchTransformer: Sendable {
    public let configuration: SwitchConfiguration
    let encoder: SwitchStack
    let decoder: SwitchStack
    /// The output matrix, shape [vocabulary × hidden].
    let output: WeightMatrix
    /// Matrices that are stored, each once: what tied ones share is not counted twice.
    let storedEmbeddings: [WeightMatrix]
}

/// Encoder or decoder.
struct SwitchStack: Sendable {
    /// Shape [vocabulary × hidden].
    let embedding: WeightMatrix
    /// Learned for the first block's self-attention and used by all, shape [buckets × heads].
    let positionBias: [Float]
    let blocks: [SwitchBlock]
    let finalNorm: Norm
}

struct SwitchBlock: Sendable {
    let selfAttention: SwitchAttention
    /// Attention to the encoder's output; nil in the encoder.
    let crossAttention: SwitchAttention?
    let feedForwardNorm: Norm
    /// Blocks with experts are counted encoder first.
    let feedForward: FeedForward
}

/// Multi-head attention and the norm before it.
struct SwitchAttention: Sendable {
    let norm: Norm
    /// Shape of the first three: [heads × head size, hidden].
    let query: WeightMatrix
    let key: WeightMatrix
    let value: WeightMatrix
    let output: WeightMatrix
}
