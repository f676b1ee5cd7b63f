/// Which pairs of pieces merge: (left, right) → (rank, result). The lowest rank is merged first.
struct MergeTable: Sendable {
    struct Merge: Sendable {
        var rank: UInt32
        var result: Int32

        /// No merge; ranks after every other.
        static let none = Merge(rank: .max, result: -1)
    }

    private struct Slot: Sendable {
        var key = UInt64.max
        var merge = Merge.none
    }

    /// Open addressing with linear probing. The size is a power of two, at most three quarters full.
    private var slots: [Slot]
    private(set) var count = 0
    /// Random, so that a file cannot be made to collide.
    private let seed = UInt64.random(in: .min ... .max)

    /// `count` is how many merges to make room for.
    init(reserving count: Int) {
        var size = 16
        while size * 3 < count * 4 { size *= 2 }
        slots = Array(repeating: Slot(), count: size)
    }

    /// Adds a merge unless the pair has one: the first of a file wins. Piece numbers are not negative.
    mutating func insert(left: Int32, right: Int32, _ merge: Merge) {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        let key = Self.key(left, right)
        let index = index(of: key)
        guard slots[index].key != key else { return }
        slots[index] = Slot(key: key, merge: merge)
        count += 1
    }

    /// The merge of the pair, or `.none`. Negative numbers (characters without a piece) never merge.
    @inline(__always)
    func merge(left: Int32, right: Int32) -> Merge {
        if left | right < 0 { return .none }
        return slots[index(of: Self.key(left, right))].merge
    }

    /// The results of all merges, in no order; those of several merges come several times.
    var results: some Sequence<Int32> {
        slots.lazy.filter { $0.key != .max }.map(\.merge.result)
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private func index(of key: UInt64) -> Int {
        let mask = slots.count - 1
        var hash = (key ^ seed) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ hash >> 32) &* 0xD6E8_FEB8_6659_FD93
        var index = Int(truncatingIfNeeded: hash ^ hash >> 32) & mask
        while slots[index].key != key, slots[index].key != .max { index = (index + 1) & mask }
        return index
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: 2 * old.count)
        for slot in old where slot.key != .max { slots[index(of: slot.key)] = slot }
    }
}
