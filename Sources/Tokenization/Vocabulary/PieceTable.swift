/// Byte strings numbered from zero and findable by content.
///
/// Strings are kept as bytes because `String` compares by canonical equivalence, under which two different pieces of
/// a vocabulary (`é` as one scalar and as two) would be the same key.
struct PieceTable: Sendable {
    private var bytes: [UInt8] = []
    /// `ends[i]` is where piece `i` ends in `bytes`, and where piece `i + 1` starts.
    private var ends: [Int] = []
    /// Open addressing with linear probing: piece number, or -1. The size is a power of two, at most half full.
    private var slots: [Int32]
    /// Start of every hash: not known beforehand, so a file cannot be made to collide.
    private let seed = UInt64.random(in: .min ... .max)

    /// `count` is how many pieces to make room for.
    init(reserving count: Int) {
        slots = Array(repeating: -1, count: Self.slotCount(for: count))
        ends.reserveCapacity(count)
    }

    var count: Int { ends.count }
    /// Bytes of the longest piece.
    private(set) var longest = 0

    /// Where the bytes of piece `id` lie.
    private func range(_ id: Int32) -> Range<Int> {
        (id == 0 ? 0 : ends[Int(id) - 1])..<ends[Int(id)]
    }

    /// The bytes of piece `id`, which must be below `count`.
    subscript(id: Int32) -> ArraySlice<UInt8> {
        bytes[range(id)]
    }

    /// Adds a piece under the next number. Pieces that are empty or already there get a number but are not found: the
    /// first of equal pieces is.
    mutating func append(_ piece: Span<UInt8>) {
        append(piece, Span())
    }

    /// The number of the piece, which is added if it is new.
    mutating func intern(_ head: Span<UInt8>, _ tail: Span<UInt8> = Span()) -> Int32 {
        if let id = find(head, tail) { return id }
        append(head, tail)
        return Int32(count - 1)
    }

    /// The number of the piece `head + tail`.
    func find(_ head: Span<UInt8>, _ tail: Span<UInt8> = Span()) -> Int32? {
        let id = slots[slot(of: head, tail)]
        return id < 0 ? nil : id
    }

    private mutating func append(_ head: Span<UInt8>, _ tail: Span<UInt8>) {
        for index in head.indices { bytes.append(head[index]) }
        for index in tail.indices { bytes.append(tail[index]) }
        ends.append(bytes.count)
        longest = max(longest, head.count + tail.count)
        if Self.slotCount(for: count) > slots.count { rebuild() }
        let slot = slot(of: head, tail)
        if slots[slot] < 0, head.count + tail.count > 0 { slots[slot] = Int32(count - 1) }
    }

    private mutating func rebuild() {
        slots = Array(repeating: -1, count: 2 * slots.count)
        for id in 0..<Int32(count - 1) where !range(id).isEmpty {
            let slot = slot(of: bytes.span.extracting(range(id)), Span())
            if slots[slot] < 0 { slots[slot] = id }
        }
    }

    /// The slot that holds the piece or, if it is not there, the free one where it belongs.
    private func slot(of head: Span<UInt8>, _ tail: Span<UInt8>) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash(head, tail)) & mask
        while slots[slot] >= 0, !isEqual(slots[slot], head, tail) { slot = (slot + 1) & mask }
        return slot
    }

    /// FNV-1a from a random start, with the high bits folded in.
    private func hash(_ head: Span<UInt8>, _ tail: Span<UInt8>) -> UInt64 {
        var hash = seed
        for index in head.indices { hash = (hash ^ UInt64(head[index])) &* 0x100_0000_01B3 }
        for index in tail.indices { hash = (hash ^ UInt64(tail[index])) &* 0x100_0000_01B3 }
        return hash ^ hash >> 32
    }

    private func isEqual(_ id: Int32, _ head: Span<UInt8>, _ tail: Span<UInt8>) -> Bool {
        let range = range(id)
        guard range.count == head.count + tail.count else { return false }
        for index in head.indices where bytes[range.lowerBound + index] != head[index] { return false }
        let tailStart = range.lowerBound + head.count
        for index in tail.indices where bytes[tailStart + index] != tail[index] { return false }
        return true
    }

    private static func slotCount(for count: Int) -> Int {
        var size = 16
        while size < 2 * count { size *= 2 }
        return size
    }
}
