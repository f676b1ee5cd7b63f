/// The shape and constants of a decoder with Mixture-of-Experts blocks, the same whatever file it came from.
public struct ModelConfiguration: Sendable, Equatable {
    /// The GGUF name of the architecture, for example `qwen3moe`.
    public var architecture: String
    /// Transformer blocks.
    public var layers: Int
    public var hiddenSize: Int
    public var vocabularySize: Int
    /// Positions the model was trained for.
    public var contextLength: Int
    /// Added to the mean square in RMSNorm.
    public var normEpsilon: Float
    public var attention: AttentionShape
    public var rotary: RotaryShape
    public var experts: ExpertShape
    /// Width of the feed-forward network of blocks without experts.
    public var denseWidth: Int = 0
    /// Blocks without experts.
    public var denseBlocks: Set<Int> = []

    /// Blocks with experts, in model order.
    public var moeBlocks: [Int] { (0..<layers).filter { !denseBlocks.contains($0) } }

    /// Grouped-query attention (Ainslie et al. 2023).
    public struct AttentionShape: Sendable, Equatable {
        public var queryHeads: Int
        /// Key and value heads; each serves `queryHeads / keyValueHeads` query heads.
        public var keyValueHeads: Int
        public var headSize: Int
        public var queryKeyNorm: QueryKeyNorm
        /// Queries, keys and values are clamped to ±this (OLMoE's `clip_qkv`); nil: not.
        public var clip: Float?

        public var queryWidth: Int { queryHeads * headSize }
        public var keyValueWidth: Int { keyValueHeads * headSize }
    }

    /// RMSNorm of queries and keys before the rotary embedding.
    public enum QueryKeyNorm: Sendable, Equatable {
        case none
        /// Each head on its own, with one weight vector for all (Qwen3).
        case perHead
        /// All heads together (OLMoE).
        case wholeWidth
    }

    /// Rotary position embedding (Su et al. 2021).
    public struct RotaryShape: Sendable, Equatable {
        public var base: Double
        public var pairing: Pairing

        /// Which two numbers of a head are rotated together.
        public enum Pairing: Sendable, Equatable {
            /// `i` and `i + headSize / 2` (NeoX, Hugging Face).
            case halves
            /// `2 i` and `2 i + 1` (the original; GGUF files of Llama-like models).
            case neighbours
        }
    }

    /// The Mixture-of-Experts block.
    public struct ExpertShape: Sendable, Equatable {
        /// Routed experts per block.
        public var count: Int
        /// Experts each token goes to (top-k).
        public var perToken: Int
        /// Width of one expert's feed-forward network.
        public var width: Int
        /// Whether a token's expert weights are divided by their sum.
        public var normalisesWeights: Bool
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

extension ModelConfiguration {
    /// Checks that the numbers fit together and are of a size that a real model can have, so that no later product
    /// overflows and no buffer is absurd.
    func validated(file: String) throws(ConfigurationError) -> ModelConfiguration {
        func require(_ condition: Bool, _ key: String, _ reason: String) throws(ConfigurationError) {
            guard condition else { throw ConfigurationError(file: file, key: key, reason: reason) }
        }
        func inRange(_ value: Int, _ range: ClosedRange<Int>, _ key: String) throws(ConfigurationError) {
            try require(range.contains(value), key, "\(value) is outside \(range.lowerBound)…\(range.upperBound)")
        }
        try inRange(layers, 1...1024, "layers")
        try inRange(hiddenSize, 1...(1 << 17), "hidden size")
        try inRange(vocabularySize, 1...(1 << 22), "vocabulary size")
        try inRange(contextLength, 1...(1 << 27), "context length")
        try inRange(attention.queryHeads, 1...1024, "attention heads")
        try inRange(attention.keyValueHeads, 1...attention.queryHeads, "key-value heads")
        try inRange(attention.headSize, 2...1024, "head size")
        try require(
            attention.queryHeads.isMultiple(of: attention.keyValueHeads), "key-value heads",
            "\(attention.keyValueHeads) does not divide \(attention.queryHeads) attention heads")
        try require(attention.headSize.isMultiple(of: 2), "head size", "\(attention.headSize) is odd")
        try inRange(experts.count, 1...4096, "experts")
        try inRange(experts.perToken, 1...experts.count, "experts per token")
        try inRange(experts.width, 1...(1 << 17), "expert width")
        try inRange(denseWidth, 0...(1 << 20), "dense feed-forward width")
        try require(denseBlocks.isEmpty || denseWidth > 0, "dense feed-forward width", "missing for dense blocks")
        try require(normEpsilon >= 0 && normEpsilon < 1, "norm epsilon", "\(normEpsilon) is outside 0..<1")
        try require(rotary.base > 0 && rotary.base.isFinite, "rotary base", "\(rotary.base) is not positive")
        return self
    }
}
