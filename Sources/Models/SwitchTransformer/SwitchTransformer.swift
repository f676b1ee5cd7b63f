import Checkpoints
import Experts
import Routing
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
    let finalNorm: [Float]
}

struct SwitchBlock: Sendable {
    let selfAttention: SwitchAttention
    /// Attention to the encoder's output; nil in the encoder.
    let crossAttention: SwitchAttention?
    let feedForwardNorm: [Float]
    let feedForward: SwitchFeedForward
}

/// Multi-head attention with the norm before it.
struct SwitchAttention: Sendable {
    let norm: [Float]
    /// Shape of the first three: [heads × head size, hidden].
    let query: WeightMatrix
    let key: WeightMatrix
    let value: WeightMatrix
    let output: WeightMatrix
}

enum SwitchFeedForward: Sendable {
    /// One network for all tokens: run as a single expert that everything goes to.
    case dense(ExpertWeights)
    /// A gate, and the experts it chooses from. `index` counts sparse blocks, encoder first. No gate bias is empty.
    case sparse(index: Int, gate: WeightMatrix, gateBias: [Float], weights: ExpertWeights)

    var expertWeights: ExpertWeights {
        switch self {
        case .dense(let weights), .sparse(_, _, _, let weights): weights
        }
    }
}
