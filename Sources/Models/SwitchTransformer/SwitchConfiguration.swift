/// The shape and constants of a Switch Transformer (Fedus, Zoph and Shazeer 2021, arXiv 2101.03961): a T5 encoder and
/// decoder (Raffel et al. 2019, arXiv 1910.10683) in which the feed-forward networks of some blocks are top-1 routed
/// experts with a capacity.
public struct SwitchConfiguration: Sendable, Equatable {
    public var vocabularySize: Int
    public var hiddenSize: Int
    public var heads: Int
    /// Numbers of a head; heads × head size need not be the hidden size.
    public var headSize: Int
    /// Width of the dense networks and of each expert.
    public var feedForwardWidth: Int
    public var encoder: Stack
    public var decoder: Stack
    /// Experts of each sparse block.
    public var experts: Int
    /// Tokens of one sequence that one expert takes; later ones are dropped.
    public var expertCapacity: Int
    /// Whether gates have a bias.
    public var hasRouterBias: Bool
    /// Added to the mean square in RMSNorm.
    public var normEpsilon: Float
    /// Buckets of relative positions, and the distance from which all share the last one.
    public var positionBuckets: Int
    public var positionReach: Int
    /// Whether embedding and output matrix are one; the decoder's output is then scaled by hiddenSize^-0.5.
    public var isTied: Bool
    /// What the decoder begins an answer with.
    public var startToken: Int32
    /// Tokens that end an answer.
    public var endTokens: Set<Int32>

    /// The name of the architecture in messages and reports.
    public static let architecture = "switch_transformers"

    /// Relative positions have no end; this bounds memory.
    public static let contextLength = 1 << 20

    /// The blocks of encoder or decoder.
    public struct Stack: Sendable, Equatable {
        public var blocks: Int
        /// Every how many blocks one has experts, the second one first; 1: all have; 0 or less: none.
        public var sparseStep: Int

        /// Blocks with experts, in order.
        public var sparseBlocks: [Int] { (0..<blocks).filter(isSparse) }

        func isSparse(_ block: Int) -> Bool { sparseStep == 1 || sparseStep > 1 && block % sparseStep == 1 }
    }

    /// Numbers of all heads together.
    public var attentionWidth: Int { heads * headSize }

    /// Blocks with experts, encoder first; the decoder's blocks are counted on from the encoder's.
    public var moeBlocks: [Int] { encoder.sparseBlocks + decoder.sparseBlocks.map { encoder.blocks + $0 } }
}
