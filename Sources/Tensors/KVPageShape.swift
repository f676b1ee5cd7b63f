import CKernels

/// How numbers lie in a KV cache.
public enum KVCacheType: String, Sendable, CaseIterable {
    case f32
    /// Half the memory. Numbers beyond ±65504 become ±65504.
    case f16
    /// Eight bits, and a float32 scale for 64 numbers: 53 % of `f16` where sizes are multiples of 64.
    case q8
}

/// What one block's KV cache holds in a page: the keys and values of 64 positions, one key–value head after the other.
public struct KVPageShape: Sendable, Equatable {
    public let type: KVCacheType
    /// Key–value heads.
    public let heads: Int
    /// Numbers of a head's key.
    public let keySize: Int
    /// Numbers of a head's value.
    public let valueSize: Int
    /// Whether values are the first numbers of keys and not stored apart (multi-head latent attention).
    public let isLatent: Bool

    /// Positions of a page.
    public static let positions = Int(gh_page_positions)

    public init(type: KVCacheType, heads: Int, keySize: Int, valueSize: Int, isLatent: Bool = false) {
        precondition(heads > 0 && keySize > 0 && valueSize > 0, "a cache of nothing")
        precondition(!isLatent || valueSize <= keySize, "values are a part of keys")
        self.type = type
        self.heads = heads
        self.keySize = keySize
        self.valueSize = valueSize
        self.isLatent = isLatent
    }

    /// Bytes of a page.
    public var bytes: Int { heads * headBytes }
    /// Bytes of a head's part of a page.
    public var headBytes: Int { withUnsafePointer(to: layout) { Int(gh_page_head_bytes($0)) } }
    /// Floats from one query's sums to the next query's in `AttentionState`.
    public var valueStride: Int { withUnsafePointer(to: layout) { Int(gh_value_stride($0)) } }

    /// Pages that `count` positions take.
    public static func pages(_ count: Int) -> Int { (count + positions - 1) / positions }

    /// As the kernels know it.
    var layout: gh_page_shape {
        let type: gh_cache_type =
            switch self.type {
            case .f32: gh_cache_f32
            case .f16: gh_cache_f16
            case .q8: gh_cache_q8
            }
        return gh_page_shape(
            type: type, is_latent: isLatent, key_size: Int64(keySize), value_size: Int64(valueSize))
    }
}
