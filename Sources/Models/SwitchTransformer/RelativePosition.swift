import Foundation
import Tensors

/// T5's buckets of relative positions (Raffel et al. 2019, section 2.1; Shaw et al. 2018, arXiv 1803.02155): near
/// distances have a bucket each, farther ones share buckets that widen logarithmically up to `reach`.
package struct RelativePositionBuckets: Equatable {
    package let count: Int
    /// Distances from here on are in the last bucket.
    package let reach: Int
    /// Whether keys behind and ahead have buckets of their own (encoder), or keys ahead count as distance 0 (decoder).
    package let isBidirectional: Bool

    package init(count: Int, reach: Int, isBidirectional: Bool) {
        self.count = count
        self.reach = reach
        self.isBidirectional = isBidirectional
    }

    /// The bucket of a key that is `offset` positions after the query. Rounds in float32 as transformers does.
    package func bucket(offset: Int) -> Int {
        let side = isBidirectional ? count / 2 : count
        let first = isBidirectional && offset > 0 ? side : 0
        let distance = isBidirectional ? abs(offset) : max(-offset, 0)
        let exact = side / 2
        guard distance >= exact else { return first + distance }
        let widening = Float(log(Double(reach) / Double(exact)))
        let step = logf(Float(distance) / Float(exact)) / widening * Float(side - exact)
        return first + min(exact + Int(step), side - 1)
    }
}

/// What is added to attention scores, by head and relative position.
///
/// The biases of a head lie in the order of the offset, so those of one query over consecutive keys are consecutive
/// and are added like a vector. Used by one thread at a time; workers only read between calls of `reserve`.
final class PositionBias {
    private let buckets: RelativePositionBuckets
    private let heads: Int
    /// Learned numbers, shape [buckets × heads].
    private let weights: [Float]
    /// Shape [heads × (2 `distance` + 1)]; offset 0 is in the middle of a row.
    private var lines = FloatBuffer(count: 0)
    private var distance = -1

    init(weights: [Float], buckets: RelativePositionBuckets, heads: Int) {
        precondition(weights.count == buckets.count * heads, "a bias per bucket and head")
        self.weights = weights
        self.buckets = buckets
        self.heads = heads
    }

    /// Makes offsets of -`positions`...`positions` available.
    func reserve(positions: Int) {
        guard positions > distance else { return }
        distance = max(positions, 2 * distance, 64)
        let width = 2 * distance + 1
        lines = FloatBuffer(count: heads * width)
        for offset in -distance...distance {
            let row = buckets.bucket(offset: offset) * heads
            for head in 0..<heads { lines.pointer[head * width + distance + offset] = weights[row + head] }
        }
    }

    /// The bias of a key at `offset` from its query, followed by those of the next keys.
    func line(head: Int, offset: Int) -> UnsafePointer<Float> {
        UnsafePointer(lines.pointer) + head * (2 * distance + 1) + distance + offset
    }
}
