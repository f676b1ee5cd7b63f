/// Turns tokens into text as they come. The texts of all pushes and of `flush()` in a row are exactly what
/// `Tokenizer.decode` gives for all tokens at once, and no push ends within a character.
public struct IncrementalDetokenizer: Sendable {
    private let tokenizer: Tokenizer
    private let skipSpecial: Bool
    private var dropsSpace: Bool
    /// Start of a character whose other bytes have not come yet; at most 3 bytes.
    private var pending: [UInt8] = []

    /// - Parameters:
    ///   - skipSpecial: leaves special tokens out; otherwise they are spelt.
    ///   - continuesText: text comes before the tokens, as when a prompt is completed. A space at the start then belongs
    ///     to the text and stays, which for `decode` it does not in vocabularies that put one in front.
    public init(tokenizer: Tokenizer, skipSpecial: Bool = true, continuesText: Bool = false) {
        self.tokenizer = tokenizer
        self.skipSpecial = skipSpecial
        dropsSpace = tokenizer.dropsLeadingSpace && !continuesText
    }

    /// The text that is complete with this token; empty while a character is not.
    public mutating func push(_ id: TokenID) -> String {
        pending += bytes(of: id)
        let complete = pending.dropLast(UTF8Tail.length(of: pending))
        let text = String(decoding: complete, as: UTF8.self)
        pending.removeFirst(complete.count)
        return text
    }

    /// What is left: U+FFFD if the last character never became complete, else nothing.
    public mutating func flush() -> String {
        defer { pending = [] }
        return String(decoding: pending, as: UTF8.self)
    }

    /// The bytes that the next token adds to the text.
    mutating func bytes(of id: TokenID) -> [UInt8] {
        guard tokenizer.vocabulary.contains(id), !(skipSpecial && tokenizer.isSpecial(id)) else { return [] }
        var bytes = tokenizer.vocabulary.bytes(of: id)
        if dropsSpace, let first = bytes.first {
            dropsSpace = false
            if first == UInt8(ascii: " ") { bytes.removeFirst() }
        }
        return bytes
    }
}

/// The end of a byte string that may be the start of a character.
enum UTF8Tail {
    /// How many bytes at the end of `bytes` are the start of a well-formed character that lacks bytes: 0 to 3.
    static func length(of bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let lead = bytes[bytes.count - length]
            if lead & 0xC0 == 0x80 { continue }
            return isStart(bytes.suffix(length)) ? length : 0
        }
        return 0
    }

    /// Whether `bytes`, a byte that is no continuation and the continuations after it, begin a well-formed character
    /// without completing it (table 3-7 of the Unicode Standard).
    private static func isStart(_ bytes: ArraySlice<UInt8>) -> Bool {
        let (width, second): (Int, ClosedRange<UInt8>) =
            switch bytes.first ?? 0 {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: (1, 0x80...0xBF)
            }
        return bytes.count < width && (bytes.dropFirst().first.map(second.contains) ?? true)
    }
}
