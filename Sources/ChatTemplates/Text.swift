/// A string as Python has it: a sequence of Unicode scalars, equal only to the same sequence.
///
/// Swift's `String` compares by canonical equivalence and counts grapheme clusters, which a template must not see.
/// The bytes are always valid UTF-8; comparing them compares the scalars, in the same order.
struct Text: Hashable, Sendable, ExpressibleByStringLiteral {
    private(set) var bytes: [UInt8]

    init(_ string: String) { bytes = Array(string.utf8) }

    init(stringLiteral value: String) { self.init(value) }

    init(_ scalar: Unicode.Scalar) { bytes = Array(UTF8.encode(scalar).map(Array.init) ?? []) }

    init(_ scalars: some Sequence<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(String(view))
    }

    /// - Precondition: `utf8` is valid UTF-8, such as a part of another text that was cut between scalars.
    init(utf8: some Sequence<UInt8>) { bytes = Array(utf8) }

    var string: String { String(decoding: bytes, as: UTF8.self) }

    var scalars: String.UnicodeScalarView { string.unicodeScalars }

    var isEmpty: Bool { bytes.isEmpty }

    /// Number of scalars, Python's `len`.
    var count: Int { bytes.reduce(0) { $0 + (Text.isContinuation($1) ? 0 : 1) } }

    static func + (left: Text, right: Text) -> Text { Text(utf8: left.bytes + right.bytes) }

    static func < (left: Text, right: Text) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

    mutating func append(_ other: Text) { bytes.append(contentsOf: other.bytes) }

    func hasPrefix(_ prefix: Text) -> Bool { bytes.starts(with: prefix.bytes) }

    func hasSuffix(_ suffix: Text) -> Bool {
        bytes.count >= suffix.bytes.count && bytes[(bytes.count - suffix.bytes.count)...].elementsEqual(suffix.bytes)
    }

    static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// Byte offset of the scalar at `index`, the byte count for `index == count`.
    func offset(ofScalar index: Int) -> Int {
        var remaining = index
        for (offset, byte) in bytes.enumerated() where !Text.isContinuation(byte) {
            if remaining == 0 { return offset }
            remaining -= 1
        }
        return bytes.count
    }

    /// Index of the scalar that begins at byte `offset`.
    func scalarIndex(ofOffset offset: Int) -> Int { Text(utf8: bytes[..<offset]).count }

    /// The scalars of `range`, counted in scalars.
    func slice(_ range: Range<Int>) -> Text {
        let start = offset(ofScalar: range.lowerBound)
        let rest = Text(utf8: bytes[start...])
        return Text(utf8: rest.bytes[..<rest.offset(ofScalar: range.count)])
    }

    /// The texts joined, `self` between them.
    func joining(_ parts: [Text]) -> Text {
        var joined: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { joined.append(contentsOf: bytes) }
            joined.append(contentsOf: part.bytes)
        }
        return Text(utf8: joined)
    }

    func repeated(_ count: Int) -> Text {
        guard count > 0, let first = bytes.first else { return "" }
        var all = [UInt8](repeating: first, count: bytes.count == 1 ? count : 0)
        if bytes.count > 1 {
            all.reserveCapacity(bytes.count * count)
            for _ in 0..<count { all += bytes }
        }
        return Text(utf8: all)
    }

    /// Eight bytes at a time: hashing an array of bytes takes them one by one.
    func hash(into hasher: inout Hasher) {
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            word = word << 8 | UInt64(byte)
            if index & 7 == 7 { hasher.combine(word) }
        }
        hasher.combine(word)
        hasher.combine(bytes.count)
    }
}
