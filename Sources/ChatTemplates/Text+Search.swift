/// Searching in time linear in both texts, whatever they hold: a hostile template must not find a slow case.
extension Text {
    /// Byte offset of the first occurrence of `needle` at or after byte `start`, nil if there is none.
    func firstOffset(of needle: Text, from start: Int = 0) -> Int? {
        let pattern = needle.bytes
        guard !pattern.isEmpty else { return start <= bytes.count ? start : nil }
        guard bytes.count - start >= pattern.count else { return nil }
        let borders = Text.borders(of: pattern)
        var matched = 0
        for offset in start..<bytes.count {
            while matched > 0, bytes[offset] != pattern[matched] { matched = borders[matched - 1] }
            if bytes[offset] == pattern[matched] { matched += 1 }
            if matched == pattern.count { return offset - matched + 1 }
        }
        return nil
    }

    /// Byte offset of the last occurrence of `needle` that ends at or before byte `end`, nil if there is none.
    func lastOffset(of needle: Text, before end: Int? = nil) -> Int? {
        let end = end ?? bytes.count
        let reversedSelf = Text(utf8: bytes[..<end].reversed())
        let reversedNeedle = Text(utf8: needle.bytes.reversed())
        guard let offset = reversedSelf.firstOffset(of: reversedNeedle) else { return nil }
        return end - offset - needle.bytes.count
    }

    /// Byte offsets of the occurrences of the non-empty `needle` that do not overlap, from the left; at most `limit`.
    func offsets(of needle: Text, limit: Int = .max) -> [Int] {
        let pattern = needle.bytes
        guard !pattern.isEmpty, bytes.count >= pattern.count, limit > 0 else { return [] }
        let borders = Text.borders(of: pattern)
        var found: [Int] = []
        var matched = 0
        for (offset, byte) in bytes.enumerated() {
            while matched > 0, byte != pattern[matched] { matched = borders[matched - 1] }
            if byte == pattern[matched] { matched += 1 }
            if matched == pattern.count {
                found.append(offset - matched + 1)
                matched = 0
                if found.count == limit { break }
            }
        }
        return found
    }

    func contains(_ needle: Text) -> Bool { firstOffset(of: needle) != nil }

    /// For each prefix of `pattern`, the length of its longest proper prefix that is also its suffix
    /// (Knuth, Morris and Pratt, 1977).
    private static func borders(of pattern: [UInt8]) -> [Int] {
        var borders = [Int](repeating: 0, count: pattern.count)
        var length = 0
        for index in pattern.indices.dropFirst() {
            while length > 0, pattern[index] != pattern[length] { length = borders[length - 1] }
            if pattern[index] == pattern[length] { length += 1 }
            borders[index] = length
        }
        return borders
    }

    /// Python's `str.replace`: an empty `old` stands between all scalars, a negative `limit` for no limit.
    func replacing(_ old: Text, with new: Text, limit: Int, meter: Meter) throws(Fault) -> Text {
        let limit = limit < 0 ? Int.max : limit
        try meter.allocate(bytes: 8 * (bytes.count / max(old.bytes.count, 1)))
        let places = old.isEmpty ? Array(scalarOffsets.prefix(limit)) : offsets(of: old, limit: limit)
        let (added, overflow) = new.bytes.count.multipliedReportingOverflow(by: places.count)
        try meter.allocate(bytes: overflow ? .max / 2 : added)
        try meter.allocate(bytes: bytes.count)
        var replaced: [UInt8] = []
        var start = 0
        for place in places {
            replaced += bytes[start..<place]
            replaced += new.bytes
            start = place + old.bytes.count
        }
        return Text(utf8: replaced + bytes[start...])
    }

    /// The byte offset of every scalar, and of the end.
    private var scalarOffsets: [Int] { bytes.indices.filter { !Text.isContinuation(bytes[$0]) } + [bytes.count] }
}
