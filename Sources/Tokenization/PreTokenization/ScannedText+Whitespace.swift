/// The parts that the word patterns share.
extension ScannedText {
    /// `\s+(?!\S)|\s+`: a run of whitespace without its last scalar if a word follows, so that the word keeps one space.
    /// There must be whitespace at `start`.
    func whitespaceEnd(from start: Int, to end: Int) -> Int {
        let runEnd = run(of: .whitespace, from: start, to: end)
        if runEnd == end { return end }
        let last = previous(runEnd)
        return last > start ? last : runEnd
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`: up to the last line break of a run of whitespace if there is one. There must be
    /// whitespace at `start`.
    func lineOrWhitespaceEnd(from start: Int, to end: Int) -> Int {
        let runEnd = run(of: .whitespace, from: start, to: end)
        var position = runEnd
        while position > start {
            if isLineBreak(at: position - 1) { return position }
            position -= 1
        }
        return whitespaceEnd(from: start, to: end)
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d`, or nil. With `ignoringCase` as `(?i:…)`, under which `ſ` (U+017F) is an `s`.
    func contractionEnd(from start: Int, to end: Int, ignoringCase: Bool) -> Int? {
        guard start + 1 < end, bytes[start] == UInt8(ascii: "'") else { return nil }
        let caseBit: UInt8 = ignoringCase ? 0x20 : 0
        let first = bytes[start + 1] | caseBit
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        case 0xC5 | caseBit where ignoringCase:
            return start + 2 < end && bytes[start + 1] == 0xC5 && bytes[start + 2] == 0xBF ? start + 3 : nil
        default: break
        }
        guard start + 2 < end else { return nil }
        switch (first, bytes[start + 2] | caseBit) {
        case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
            (UInt8(ascii: "l"), UInt8(ascii: "l")):
            return start + 3
        default: return nil
        }
    }
}
