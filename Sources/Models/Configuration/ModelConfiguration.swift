import Experts
import Routing

/// The shape and constants of a decoder with Mixture-of-Experts blocks, the same whatever file it came from.
public struct ModelConfiguration: Sendable, Equatable {
    /// The GGUF name of the architecture, for example `qwen3moe`.
    public var architecture: String
    public var hiddenSize: Int
    public var vocabularySize: Int
    /// Positions the model was trained for.
    public var contextLength: Int
    public var norm: NormShape
    public var attention: AttentionShape
    public var rotary: RotaryShape
    public var experts: ExpertShape
    /// Width of the feed-forward network of blocks without experts; 0 if there are none.
    public var denseWidth: Int
    /// The Transformer blocks in order.
    public var blocks: [BlockShape]
    public var multipliers: Multipliers
    /// Whether the output matrix has a bias.
    public var hasOutputBias: Bool
    /// Whether the output matrix is the embedding; nil: it is where the file has no output matrix.
    public var isTied: Bool?

    /// Blocks after the last that a file may hold for predicting several tokens at once, and that are not run.
    public var unusedBlocks: Int

    public var layers: Int { blocks.count }

    /// Blocks with experts, in model order.
    public var moeBlocks: [Int] { blocks.indices.filter { blocks[$0].hasExperts } }

    /// Normalisation before attention, before the feed-forward network and at the end.
    public struct NormShape: Sendable, Equatable {
        public enum Kind: Sendable, Equatable {
            /// Divided by the root of the mean square (Zhang and Sennrich 2019, arXiv 1910.07467).
            case rootMeanSquare
            /// Centred, divided by the standard deviation, with a bias (Ba et al. 2016, arXiv 1607.06450).
            case layer
        }

        public var kind: Kind = .rootMeanSquare
        /// Added to the mean square.
        public var epsilon: Float
    }

    /// What blocks of one model differ in.
    public struct BlockShape: Sendable, Equatable {
        public var mask: AttentionMask = .causal
        /// Whether queries and keys are rotated by their position. Blocks without ("NoPE") may have a temperature.
        public var usesRotary = true
        public var hasExperts = true
    }

    /// Fixed factors (Granite).
    public struct Multipliers: Sendable, Equatable {
        /// Of the embedding's rows.
        public var embedding: Float = 1
        /// Of what attention and feed-forward networks add to the residual stream.
        public var residual: Float = 1
        /// What logits are divided by.
        public var logitDivisor: Float = 1
    }

    /// The Mixture-of-Experts block.
    public struct ExpertShape: Sendable, Equatable {
        /// Routed experts per block.
        public var count: Int
        /// Experts each token goes to (top-k).
        public var perToken: Int
        /// Width of one expert's feed-forward network.
        public var width: Int
        public var routing: RoutingRule
        public var activation: Activation = .gatedSiLU
        /// Whether gate, up and down projections have biases.
        public var hasBiases = false
        /// Whether the router has a bias.
        public var hasRouterBias = false
        /// Whether the router has a bias that counts for the choice only.
        public var hasSelectionBias = false
        /// Whether a token's weight multiplies the expert's input rather than its output.
        public var weighsInput = false
        public var shared: SharedExpert?
    }

    /// How a block chooses experts.
    public enum RoutingRule: Sendable, Equatable {
        case topK(TopKPolicy)
        case sparseMixer(jitter: Float)
    }

    /// An expert that every token goes to. Several shared experts are one wide one.
    public struct SharedExpert: Sendable, Equatable {
        public var width: Int
        /// Whether its output is multiplied with a sigmoid of its own gate.
        public var isGated = false
    }
}

/// A configuration that this version cannot run exactly, or that contradicts itself.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file that says so.
    public let file: String
    /// The key with the value at fault.
    public let key: String
    public let reason: String

    public var description: String { "\(file): \(key): \(reason)" }
}
