/// SentencePiece's table of character replacements (`precompiled_charsmap`): a double-array trie of byte strings whose
/// values are places in a block of texts that end with a zero byte.
struct CharacterMap: Sendable {
    private let units: [UInt32]
    private let texts: [UInt8]
    /// No Unicode mapping is longer than 33 bytes; a limit keeps tables from making much of little text.
    private static let largestText = 256
    /// Bytes of the longest replacement.
    let longestText: Int

    /// Reads the table: the trie's size in bytes as 32 bits little-endian, the trie, the texts. Nil if it does not have
    /// this form or a text is not UTF-8.
    init?(_ bytes: [UInt8]) {
        func word(at offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
        }
        guard bytes.count >= 4 else { return nil }
        let size = Int(word(at: 0))
        guard size > 0, size % 4 == 0, size <= bytes.count - 4 else { return nil }
        units = stride(from: 4, to: 4 + size, by: 4).map(word)
        texts = Array(bytes[(4 + size)...])
        longestText = texts.split(separator: 0).map(\.count).max() ?? 0
        guard longestText <= Self.largestText, String(validating: texts, as: UTF8.self) != nil else { return nil }
    }

    /// The table as `init(_:)` reads it.
    var bytes: [UInt8] {
        let words = [UInt32(4 * units.count)] + units
        return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } } + texts
    }

    /// Replaces grapheme clusters of fewer than six bytes if the table has a prefix of them, and else scalars: what the
    /// `tokenizers` library does, where the shortest prefix decides.
    func appliedByCluster(to text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for character in String(decoding: text, as: UTF8.self) {
            let cluster = Array(String(character).utf8)
            if cluster.count < 6, let replacement = shortestMatch(in: cluster[...])?.text {
                result += replacement
                continue
            }
            for scalar in character.unicodeScalars {
                let bytes = Array(String(scalar).utf8)
                result += shortestMatch(in: bytes[...])?.text ?? bytes[...]
            }
        }
        return result
    }

    /// Replaces the longest prefix that the table has, from left to right: what SentencePiece does.
    func appliedByPrefix(to text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var rest = text
        while let first = rest.first {
            if let match = longestMatch(in: rest) {
                result += match.text
                rest = rest.dropFirst(match.length)
            } else {
                let width = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
                result += rest.prefix(width)
                rest = rest.dropFirst(width)
            }
        }
        return result
    }

    private typealias Match = (length: Int, text: ArraySlice<UInt8>)

    private func shortestMatch(in bytes: ArraySlice<UInt8>) -> Match? {
        var found: Match?
        forEachMatch(in: bytes) { match in
            found = match
            return false
        }
        return found
    }

    private func longestMatch(in bytes: ArraySlice<UInt8>) -> Match? {
        var found: Match?
        forEachMatch(in: bytes) { match in
            // A text that ends within a character cannot be cut there.
            let end = bytes.startIndex + match.length
            if end == bytes.endIndex || bytes[end] & 0xC0 != 0x80 { found = match }
            return true
        }
        return found
    }

    /// Calls `body` with the prefixes of `bytes` in the table, shortest first, until it returns false.
    ///
    /// A unit of the trie holds a label (low byte), whether a value hangs below (bit 8), and the distance to its
    /// children (from bit 10, times 256 where bit 9 is set); a value has bit 31 set.
    private func forEachMatch(in bytes: ArraySlice<UInt8>, _ body: (Match) -> Bool) {
        var node = Self.offset(units[0])
        for (count, byte) in bytes.enumerated() {
            node ^= Int(byte)
            guard byte != 0, node < units.count, units[node] & 0x8000_00FF == UInt32(byte) else { return }
            let unit = units[node]
            node ^= Self.offset(unit)
            guard unit >> 8 & 1 == 1 else { continue }
            guard node < units.count, let text = text(at: Int(units[node] & 0x7FFF_FFFF)) else { return }
            guard body((count + 1, text)) else { return }
        }
    }

    private static func offset(_ unit: UInt32) -> Int {
        Int(unit >> 10) << Int((unit & 1 << 9) >> 6)
    }

    private func text(at start: Int) -> ArraySlice<UInt8>? {
        guard start < texts.count, texts[start] & 0xC0 != 0x80 else { return nil }
        return texts[start...].prefix { $0 != 0 }
    }
}
