/// The tokens inside tags.
extension Lexer {
    /// Names are short, so that looking one up costs one step.
    private static let maxNameBytes = 255

    /// Reads tokens up to the closing mark (`%}` or `}}`) and emits its token. Without one the parser finds the end of
    /// the template.
    mutating func readExpressionTokens(closing: UInt8) throws(ChatTemplateError) {
        var brackets: [Symbol] = []
        while true {
            move(to: endOfSpace(from: position))
            guard let byte = byte(at: position) else { return }
            // A closing mark within brackets is part of the expression, as in `{{ {'a': {}} }}`.
            if brackets.isEmpty, let end = endOfTag(closing: closing, at: position) {
                emit(closing == UInt8(ascii: "%") ? .blockEnd : .variableEnd)
                return move(to: end)
            }
            if byte >= 0x30, byte <= 0x39 {
                try readNumber()
            } else if let end = endOfName() {
                guard end - position <= Lexer.maxNameBytes else {
                    throw .limit(what: "a name of \(end - position) bytes")
                }
                emit(.name(String(decoding: source[position..<end], as: UTF8.self)))
                move(to: end)
            } else if let end = endOfString() {
                try readString(upTo: end)
            } else {
                try readSymbol(brackets: &brackets)
            }
        }
    }

    private func endOfName() -> Int? {
        guard let first = scalar(at: position), first == "_" || first.properties.isXIDStart else { return nil }
        var end = position
        while let scalar = scalar(at: end), scalar.properties.isXIDContinue { end += UTF8.width(scalar) }
        return end
    }

    private mutating func readSymbol(brackets: inout [Symbol]) throws(ChatTemplateError) {
        for length in [2, 1] where position + length <= source.count {
            let text = String(decoding: source[position..<position + length], as: UTF8.self)
            guard let symbol = Symbol(rawValue: text) else { continue }
            switch symbol {
            case .leftBrace: brackets.append(.rightBrace)
            case .leftBracket: brackets.append(.rightBracket)
            case .leftParenthesis: brackets.append(.rightParenthesis)
            case .rightBrace, .rightBracket, .rightParenthesis:
                guard brackets.popLast() == symbol else { throw error("unexpected '\(text)'") }
            default: break
            }
            emit(.symbol(symbol))
            return move(to: position + length)
        }
        throw error("unexpected character '\(scalar(at: position).map(String.init) ?? "")'")
    }

    // MARK: Numbers

    private mutating func readNumber() throws(ChatTemplateError) {
        if let end = endOfFloat() {
            guard let value = Double(plainDigits(upTo: end)) else { throw error("not a number") }
            emit(.float(value))
            return move(to: end)
        }
        let (end, radix) = endOfInteger()
        let digits = plainDigits(upTo: end).dropFirst(radix == 10 ? 0 : 2)
        guard let value = Int(digits, radix: radix) else {
            throw ChatTemplateError.unsupported(line: line, what: "integer beyond 64 bits")
        }
        emit(.integer(value))
        move(to: end)
    }

    private func plainDigits(upTo end: Int) -> String {
        String(decoding: source[position..<end].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    }

    /// The end of digits that single underscores may part, from `start`; `start` itself without any.
    private func endOfDigits(from start: Int, radix: Int = 10) -> Int {
        func isDigit(_ index: Int) -> Bool {
            guard let byte = byte(at: index), byte < 0x80 else { return false }
            return Character(Unicode.Scalar(byte)).hexDigitValue.map { $0 < radix } ?? false
        }
        var end = start
        while isDigit(end) || (end > start && byte(at: end) == UInt8(ascii: "_") && isDigit(end + 1)) { end += 1 }
        return end
    }

    /// The end of a float, which needs a fraction or an exponent. After a dot there is none: `a.1.2` are two subscripts.
    private func endOfFloat() -> Int? {
        guard position == 0 || source[position - 1] != UInt8(ascii: ".") else { return nil }
        let whole = endOfDigits(from: position)
        var end = whole
        if byte(at: end) == UInt8(ascii: ".") {
            let fraction = endOfDigits(from: end + 1)
            if fraction > end + 1 { end = fraction }
        }
        if let mark = byte(at: end), mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
            let hasSign = byte(at: end + 1).flatMap(Sign.init) != nil
            let start = end + (hasSign ? 2 : 1)
            let exponent = endOfDigits(from: start)
            if exponent > start { end = exponent }
        }
        return end > whole ? end : nil
    }

    private func endOfInteger() -> (end: Int, radix: Int) {
        guard source[position] == UInt8(ascii: "0") else { return (endOfDigits(from: position), 10) }
        for (letter, radix) in [("x", 16), ("o", 8), ("b", 2)] {
            guard let mark = byte(at: position + 1), mark | 0x20 == letter.utf8.first else { continue }
            let start = position + 2 + (byte(at: position + 2) == UInt8(ascii: "_") ? 1 : 0)
            let end = endOfDigits(from: start, radix: radix)
            if end > start { return (end, radix) }
        }
        return (endOfDigits(from: position, radix: 1), 10)
    }

    // MARK: Strings

    private func endOfString() -> Int? {
        guard let quote = byte(at: position), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            return nil
        }
        var end = position + 1
        while let byte = byte(at: end), byte != quote { end += byte == UInt8(ascii: "\\") ? 2 : 1 }
        return end < source.count ? end + 1 : nil
    }

    private mutating func readString(upTo end: Int) throws(ChatTemplateError) {
        var literal = StringLiteral(body: Text(utf8: source[(position + 1)..<(end - 1)]))
        do throws(Fault) {
            emit(.string(try literal.decode()))
        } catch {
            if case .runtime(let message) = error { throw .syntax(line: line, message: message) }
            throw error.located(line: line)
        }
        move(to: end)
    }
}
