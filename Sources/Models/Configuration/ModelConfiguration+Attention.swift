import Tensors

/// Which earlier positions a position sees, itself always among them.
public enum AttentionMask: Sendable, Equatable {
    /// All of them.
    case causal
    /// The last so many, itself included (sliding window, Beltagy et al. 2020, arXiv 2004.05150).
    case window(Int)
    /// Those of its own chunk of so many positions (Llama-4).
    case chunk(Int)

    /// The first position that `position` sees.
    func start(for position: Int) -> Int {
        switch self {
        case .causal: 0
        case .window(let size): max(0, position - size + 1)
        case .chunk(let size): position / size * size
        }
    }

    /// The same, as kernels know it.
    var reach: AttentionReach {
        switch self {
        case .causal: .all
        case .window(let size): .window(size)
        case .chunk(let size): .chunk(size)
        }
    }
}

extension ModelConfiguration {
    /// Attention of all blocks: grouped-query (Ainslie et al. 2023, arXiv 2305.13245) or, with `latent`, multi-head
    /// latent attention.
    public struct AttentionShape: Sendable, Equatable {
        public var queryHeads: Int
        /// Key and value heads; each serves `queryHeads / keyValueHeads` query heads.
        public var keyValueHeads: Int
        /// Numbers of a query and key head, and without `latent` of a value head.
        public var headSize: Int
        /// What the products of queries and keys are multiplied with.
        public var scale: Float
        public var queryKeyNorm = QueryKeyNorm.none
        /// Whether the projections of queries, keys and values have biases; with `latent`, the two down-projections.
        public var hasInputBiases = false
        public var hasOutputBias = false
        /// Queries, keys and values are clamped to ±this (OLMoE's `clip_qkv`); nil: not.
        public var clip: Float?
        /// Whether each query head has a learned logit that takes part in the softmax and is then dropped (GPT-OSS).
        public var hasSinks = false
        /// In blocks without rotary embedding.
        public var temperature: Temperature?
        public var latent: LatentShape?

        public var queryWidth: Int { queryHeads * headSize }
        public var keyValueWidth: Int { keyValueHeads * headSize }
        /// Numbers of one position's keys in a block.
        public var cachedKeyWidth: Int { latent?.cacheWidth ?? keyValueWidth }
        /// Numbers of one position's values; latent attention has none apart from its keys.
        public var cachedValueWidth: Int { latent == nil ? keyValueWidth : 0 }
        /// Query heads that attend to the same keys in one piece of work. With `latent` all heads share keys, and are
        /// cut into even groups of 48 at most.
        var headsPerGroup: Int {
            guard latent != nil else { return queryHeads / keyValueHeads }
            let groups = (queryHeads + 47) / 48
            return (queryHeads + groups - 1) / groups
        }
        /// What a page of a block's KV cache holds.
        func page(_ type: KVCacheType) -> KVPageShape {
            if let latent {
                return KVPageShape(
                    type: type, heads: 1, keySize: latent.cacheWidth, valueSize: latent.rank, isLatent: true)
            }
            return KVPageShape(type: type, heads: keyValueHeads, keySize: headSize, valueSize: headSize)
        }
        /// Numbers of one position's attention output before its projection.
        public var attendedWidth: Int { queryHeads * (latent?.valueSize ?? headSize) }
    }

    /// Normalisation of queries and keys.
    public enum QueryKeyNorm: Sendable, Equatable {
        case none
        /// Each head on its own, with one weight vector for all, before the rotary embedding (Qwen3, GLM-4.5).
        case perHead
        /// All heads together, before the rotary embedding (OLMoE).
        case wholeWidth
        /// Each head on its own, without weights, after the rotary embedding and only in blocks that have it (Llama-4).
        case afterRotary
    }

    /// Queries of position p are multiplied with 1 + factor · log(1 + floor((p + 1) / interval)) (Llama-4, after
    /// Nakanishi 2025, arXiv 2501.19399).
    public struct Temperature: Sendable, Equatable {
        public var interval: Float
        public var factor: Float
    }

    /// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1).
    public struct LatentShape: Sendable, Equatable {
        /// Width of the compressed queries; nil: queries are not compressed (DeepSeek-V2-Lite).
        public var queryRank: Int?
        /// Width of the compressed keys and values.
        public var rank: Int
        /// Numbers of a head without position.
        public var plainSize: Int
        /// Numbers of a head that are rotated; one key of this size serves all heads.
        public var rotarySize: Int
        /// Numbers of a value head.
        public var valueSize: Int
        /// Of the norms between down- and up-projection: a constant of transformers, whatever `rms_norm_eps` says.
        public var epsilon: Float = 1e-6

        /// What the cache holds of a position: the compressed keys and values, and the rotated key.
        public var cacheWidth: Int { rank + rotarySize }
    }
}
