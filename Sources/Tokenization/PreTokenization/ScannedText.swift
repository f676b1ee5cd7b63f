/// Text under a scanner: valid UTF-8, positions are byte offsets on scalar boundaries.
struct ScannedText: Sendable {
    let bytes: [UInt8]
    /// Whether the first byte is where the whole text starts: this may be a part of it, normalised.
    let startsText: Bool
    private let classes = ScalarClasses.shared

    /// `bytes` must be valid UTF-8; all callers take them from a `String`.
    init(_ bytes: [UInt8], startsText: Bool = true) {
        self.bytes = bytes
        self.startsText = startsText
    }

    /// The scalar at `position` and how many bytes it takes.
    @inline(__always)
    func scalar(at position: Int) -> (value: UInt32, width: Int) {
        let first = UInt32(bytes[position])
        if first < 0x80 { return (first, 1) }
        let second = UInt32(bytes[position + 1] & 0x3F)
        if first < 0xE0 { return ((first & 0x1F) << 6 | second, 2) }
        let third = UInt32(bytes[position + 2] & 0x3F)
        if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, 3) }
        let fourth = UInt32(bytes[position + 3] & 0x3F)
        return ((first & 0x07) << 18 | second << 12 | third << 6 | fourth, 4)
    }

    /// The class of the scalar at `position` and how many bytes it takes.
    @inline(__always)
    func scalarClass(at position: Int) -> (class: ScalarClass, width: Int) {
        let byte = bytes[position]
        if byte < 0x80 { return (classes.ascii(byte), 1) }
        let (value, width) = scalar(at: position)
        return (classes[value], width)
    }

    /// Where the scalar before `position` starts.
    func previous(_ position: Int) -> Int {
        var start = position - 1
        while bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    /// End of the run of scalars from `start` that are in any of `classes`.
    func run(of classes: ScalarClass, from start: Int, to end: Int) -> Int {
        var position = start
        while position < end {
            let (found, width) = scalarClass(at: position)
            if found.isDisjoint(with: classes) { break }
            position += width
        }
        return position
    }

    /// End of the run of at most `limit` scalars from `start` that are in any of `classes`.
    func run(of classes: ScalarClass, atMost limit: Int, from start: Int, to end: Int) -> Int {
        var position = start
        var count = 0
        while position < end, count < limit {
            let (found, width) = scalarClass(at: position)
            if found.isDisjoint(with: classes) { break }
            position += width
            count += 1
        }
        return position
    }

    /// End of the run of scalars from `start` that are in none of `classes`.
    func run(outside classes: ScalarClass, from start: Int, to end: Int) -> Int {
        var position = start
        while position < end {
            let (found, width) = scalarClass(at: position)
            if !found.isDisjoint(with: classes) { break }
            position += width
        }
        return position
    }

    /// End of the run of bytes from `start` that are in the ASCII string `set`.
    func run(ofBytes set: StaticString, from start: Int, to end: Int) -> Int {
        set.withUTF8Buffer { set in
            var position = start
            while position < end, set.contains(bytes[position]) { position += 1 }
            return position
        }
    }

    @inline(__always)
    func isLineBreak(at position: Int) -> Bool {
        bytes[position] == UInt8(ascii: "\n") || bytes[position] == UInt8(ascii: "\r")
    }
}
