/// Byte-pair merging of one word at a time: as long as any neighbours merge, the pair of lowest rank does, the leftmost
/// first. Keeps its buffers between words.
struct WordMerger {
    private let table: MergeTable
    /// The word: set it, call `merge()`, read it. Piece numbers, or negative numbers that never merge.
    var symbols: [Int32] = []

    /// `merges[i]` is the merge of symbol `i` and the symbol after it.
    private var merges: [MergeTable.Merge] = []
    /// For long words: the neighbours of each symbol that is still there, -1 beyond the ends.
    private var next: [Int32] = []
    private var previous: [Int32] = []
    private var queue = PairQueue()

    /// Up to this length looking for the lowest rank again and again is faster than a queue.
    private static let longestScanned = 48

    init(table: MergeTable) {
        self.table = table
    }

    mutating func merge() {
        guard symbols.count > 1 else { return }
        merges.removeAll(keepingCapacity: true)
        for index in 1..<symbols.count {
            merges.append(table.merge(left: symbols[index - 1], right: symbols[index]))
        }
        if symbols.count <= Self.longestScanned { mergeByScanning() } else { mergeByQueue() }
    }

    /// Takes quadratic time, with a small constant.
    private mutating func mergeByScanning() {
        while let best = indexOfLowestRank() {
            symbols[best] = merges[best].result
            symbols.remove(at: best + 1)
            merges.remove(at: best)
            if best > 0 { merges[best - 1] = table.merge(left: symbols[best - 1], right: symbols[best]) }
            if best < merges.count { merges[best] = table.merge(left: symbols[best], right: symbols[best + 1]) }
        }
    }

    private func indexOfLowestRank() -> Int? {
        var lowest = UInt32.max
        var best: Int?
        for index in merges.indices where merges[index].rank < lowest {
            lowest = merges[index].rank
            best = index
        }
        return best
    }

    /// Takes n log n time: symbols form a linked list, pairs wait in a priority queue.
    private mutating func mergeByQueue() {
        linkSymbols()
        while let (rank, left) = queue.popLowest() {
            // The pair has changed since it was queued; the new one is in the queue too if it merges.
            guard merges[left].rank == rank else { continue }
            let right = Int(next[left])
            symbols[left] = merges[left].result
            next[left] = next[right]
            if next[right] >= 0 { previous[Int(next[right])] = Int32(left) }
            merges[right] = .none
            update(left)
            if previous[left] >= 0 { update(Int(previous[left])) }
        }
        keepLinkedSymbols()
    }

    private mutating func linkSymbols() {
        let count = Int32(symbols.count)
        merges.append(.none)
        next = Array(1...count)
        next[Int(count) - 1] = -1
        previous = Array(-1..<(count - 1))
        queue.replaceContents(with: merges)
    }

    /// Looks up the merge of the symbol at `left` and its neighbour, and queues it.
    private mutating func update(_ left: Int) {
        let right = Int(next[left])
        merges[left] = right < 0 ? .none : table.merge(left: symbols[left], right: symbols[right])
        if merges[left].rank != .max { queue.push(rank: merges[left].rank, position: left) }
    }

    private mutating func keepLinkedSymbols() {
        var kept = 0
        var index = 0
        while index >= 0 {
            symbols[kept] = symbols[index]
            kept += 1
            index = Int(next[index])
        }
        symbols.removeLast(symbols.count - kept)
    }
}

/// A binary heap of pairs, lowest rank first and among equal ranks leftmost first.
private struct PairQueue {
    /// Rank in the high half, position in the low half.
    private var heap: [UInt64] = []

    mutating func replaceContents(with merges: [MergeTable.Merge]) {
        heap.removeAll(keepingCapacity: true)
        for (position, merge) in merges.enumerated() where merge.rank != .max {
            heap.append(Self.entry(merge.rank, position))
        }
        for root in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(root) }
    }

    mutating func push(rank: UInt32, position: Int) {
        heap.append(Self.entry(rank, position))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popLowest() -> (rank: UInt32, position: Int)? {
        guard let lowest = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return (UInt32(lowest >> 32), Int(lowest & 0xFFFF_FFFF))
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while 2 * parent + 1 < heap.count {
            var child = 2 * parent + 1
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            if heap[parent] <= heap[child] { return }
            heap.swapAt(parent, child)
            parent = child
        }
    }

    private static func entry(_ rank: UInt32, _ position: Int) -> UInt64 {
        UInt64(rank) << 32 | UInt64(position)
    }
}
