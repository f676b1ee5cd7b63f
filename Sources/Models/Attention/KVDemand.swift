import Tensors

/// How many pages a sequence holds at most: a pure function of its length.
///
/// Blocks that see all positions hold all pages. A block with a window or chunk holds those that the first position of
/// a micro-batch still sees, and those of the micro-batch.
public struct KVDemand: Sendable, Equatable {
    /// For each block the pages it holds at most, however long the sequence is; nil: no such limit.
    private let limits: [Int?]

    init(masks: [AttentionMask], maxBatch: Int) {
        limits = masks.map { mask in
            switch mask {
            case .causal: nil
            case .window(let size), .chunk(let size): KVPageShape.pages(size + maxBatch) + 1
            }
        }
    }

    /// Pages of a sequence of `count` positions while it grows to that length.
    public func pages(_ count: Int) -> Int {
        let pages = KVPageShape.pages(count)
        return limits.reduce(0) { $0 + min(pages, $1 ?? pages) }
    }

    /// The longest sequence that `pages` pages hold, `limit` at most.
    public func positions(pages: Int, limit: Int) -> Int {
        var (fitting, tooMany) = (0, KVPageShape.pages(limit) + 1)
        while tooMany - fitting > 1 {
            let middle = (fitting + tooMany) / 2
            if self.pages(middle * KVPageShape.positions) <= pages { fitting = middle } else { tooMany = middle }
        }
        return min(fitting * KVPageShape.positions, limit)
    }
}
