/// Splits template source into text and the tokens of tags, and applies the white space rules of `trim_blocks`,
/// `lstrip_blocks` and the signs `-` and `+` at the ends of tags.
struct Lexer {
    let source: [UInt8]
    var position = 0
    var line = 1
    private(set) var tokens: [Token] = []

    init(source: String) {
        // Jinja reads every kind of line end as "\n" and drops one at the end of the template.
        var bytes: [UInt8] = []
        var previous: UInt8 = 0
        for byte in source.utf8 {
            if byte == UInt8(ascii: "\r") {
                bytes.append(UInt8(ascii: "\n"))
            } else if byte != UInt8(ascii: "\n") || previous != UInt8(ascii: "\r") {
                bytes.append(byte)
            }
            previous = byte
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        self.source = bytes
    }

    mutating func tokenize() throws(ChatTemplateError) -> [Token] {
        while let start = nextTag() {
            try readTag(at: start)
        }
        emitText(upTo: source.count)
        emit(.end)
        return tokens
    }

    // MARK: Tags

    /// What `{` is followed by.
    private enum Opening: UInt8 {
        case variable = 0x7B
        case block = 0x25
        case comment = 0x23
    }

    /// The sign that may stand at an end of a tag.
    enum Sign: UInt8 {
        /// Strips the white space next to the tag.
        case strip = 0x2D
        /// Keeps it where a setting would strip it.
        case keep = 0x2B
    }

    private func nextTag() -> Int? {
        guard position + 1 < source.count else { return nil }
        return (position..<source.count - 1).first {
            source[$0] == UInt8(ascii: "{") && Opening(rawValue: source[$0 + 1]) != nil
        }
    }

    private mutating func readTag(at start: Int) throws(ChatTemplateError) {
        guard let opening = Opening(rawValue: source[start + 1]) else { return }
        var content = start + 2
        let sign = byte(at: content).flatMap(Sign.init)
        if sign != nil { content += 1 }
        emitText(upTo: start, before: opening, sign: sign)
        move(to: content)
        switch opening {
        case .comment: try skipComment()
        case .variable:
            emit(.variableBegin)
            try readExpressionTokens(closing: UInt8(ascii: "}"))
        case .block:
            if let end = endOfRawTag() {
                move(to: end)
                try readRaw()
            } else {
                emit(.blockBegin)
                try readExpressionTokens(closing: UInt8(ascii: "%"))
            }
        }
    }

    /// Emits the source up to `end` as text, without what the tag that begins there strips.
    private mutating func emitText(upTo end: Int, before opening: Opening? = nil, sign: Sign? = nil) {
        let startsLine = position == 0 || source[position - 1] == UInt8(ascii: "\n")
        var text = Text(utf8: source[position..<end])
        if sign == .strip {
            text = text.stripped(.trailing)
        } else if sign == nil, opening == .block || opening == .comment {
            text = Lexer.withoutIndentation(text, startsLine: startsLine)
        }
        if !text.isEmpty { emit(.data(text)) }
        move(to: end)
    }

    /// `lstrip_blocks`: drops the white space between the beginning of a line and a tag.
    private static func withoutIndentation(_ text: Text, startsLine: Bool) -> Text {
        let lineStart = text.bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        guard lineStart > 0 || startsLine else { return text }
        let isBlank = Text(utf8: text.bytes[lineStart...]).stripped(.leading).isEmpty
        return isBlank ? Text(utf8: text.bytes[..<lineStart]) : text
    }

    private mutating func skipComment() throws(ChatTemplateError) {
        // Jinja does not miss the end of a comment that has not even begun.
        guard position < source.count else { return }
        while position < source.count {
            if let end = endOfTag(closing: UInt8(ascii: "#"), at: position) { return move(to: end) }
            move(to: position + 1)
        }
        throw error("comment without end")
    }

    /// The end of the tag whose closing mark (`%}`, `#}` or `}}`, with its sign) is at `start`, after the white space
    /// that it strips; nil where no such mark is.
    func endOfTag(closing: UInt8, at start: Int) -> Int? {
        var end = start
        let sign = byte(at: end).flatMap(Sign.init)
        let isVariable = closing == UInt8(ascii: "}")
        if sign != nil { end += 1 }
        guard !(isVariable && sign == .keep), byte(at: end) == closing, byte(at: end + 1) == UInt8(ascii: "}") else {
            return nil
        }
        end += 2
        if sign == .strip { return endOfSpace(from: end) }
        // `trim_blocks`: the line end after a block or comment belongs to it.
        return !isVariable && sign == nil && byte(at: end) == UInt8(ascii: "\n") ? end + 1 : end
    }

    // MARK: Raw blocks

    /// The end of `raw %}` at the current position, nil if something else is there.
    private func endOfRawTag() -> Int? {
        guard let end = endOfWord("raw", from: position) else { return nil }
        // Other than at other blocks, neither a line end nor a `+` belongs to this tag.
        if byte(at: end) == UInt8(ascii: "%"), byte(at: end + 1) == UInt8(ascii: "}") { return end + 2 }
        return byte(at: end) == Sign.strip.rawValue ? endOfTag(closing: UInt8(ascii: "%"), at: end) : nil
    }

    private func endOfWord(_ word: String, from start: Int) -> Int? {
        let begin = endOfSpace(from: start)
        guard source[begin...].starts(with: word.utf8) else { return nil }
        return endOfSpace(from: begin + word.utf8.count)
    }

    private mutating func readRaw() throws(ChatTemplateError) {
        var start = position
        while start + 1 < source.count {
            defer { start += 1 }
            guard source[start] == UInt8(ascii: "{"), source[start + 1] == UInt8(ascii: "%") else { continue }
            let sign = byte(at: start + 2).flatMap(Sign.init)
            guard let word = endOfWord("endraw", from: start + (sign == nil ? 2 : 3)),
                let end = endOfTag(closing: UInt8(ascii: "%"), at: word)
            else { continue }
            emitText(upTo: start, before: .block, sign: sign)
            return move(to: end)
        }
        throw error("raw block without end")
    }

    // MARK: Position

    func byte(at index: Int) -> UInt8? { index < source.count ? source[index] : nil }

    mutating func move(to end: Int) {
        line += source[position..<end].count { $0 == UInt8(ascii: "\n") }
        position = end
    }

    func endOfSpace(from start: Int) -> Int {
        var end = start
        while let scalar = scalar(at: end), scalar.isPythonSpace { end += UTF8.width(scalar) }
        return end
    }

    func scalar(at index: Int) -> Unicode.Scalar? {
        guard let first = byte(at: index) else { return nil }
        if first < 0x80 { return Unicode.Scalar(first) }
        return String(decoding: source[index..<min(index + 4, source.count)], as: UTF8.self).unicodeScalars.first
    }

    mutating func emit(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

    func error(_ message: String) -> ChatTemplateError { .syntax(line: line, message: message) }
}
