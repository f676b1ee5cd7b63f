/// Operands: names, literals, containers and brackets.
extension Parser {
    static func constant(_ name: String) -> Literal? {
        switch name {
        case "true", "True": .bool(true)
        case "false", "False": .bool(false)
        case "none", "None": Literal.null
        default: nil
        }
    }

    mutating func parsePrimary() throws(ChatTemplateError) -> Expression {
        switch current {
        case .name(let name):
            advance()
            return Parser.constant(name).map { .literal($0) } ?? reference(name)
        case .string: return .literal(.string(parseStrings()))
        case .integer(let value):
            advance()
            return .literal(.integer(value))
        case .float(let value):
            advance()
            return .literal(.float(value))
        case .symbol(.leftParenthesis):
            advance()
            let inner = try parseTuple(isParenthesized: true)
            try expect(.symbol(.rightParenthesis))
            return inner
        case .symbol(.leftBracket): return .list(try parseList())
        case .symbol(.leftBrace): return .dictionary(try parseDictionary())
        default: throw unexpected("an expression")
        }
    }

    private mutating func reference(_ name: String) -> Expression {
        if ["caller", "varargs", "kwargs"].contains(name) {
            for index in specialNames.indices { specialNames[index].insert(name) }
        }
        return .name(name)
    }

    /// Strings side by side are one.
    private mutating func parseStrings() -> Text {
        var whole: Text = ""
        while case .string(let text) = current {
            whole.append(text)
            advance()
        }
        return whole
    }

    private mutating func parseList() throws(ChatTemplateError) -> [Expression] {
        advance()
        var items: [Expression] = []
        while !isAt(.rightBracket) {
            if !items.isEmpty {
                try expect(.symbol(.comma))
                if isAt(.rightBracket) { break }
            }
            items.append(try parseExpression())
        }
        advance()
        return items
    }

    private mutating func parseDictionary() throws(ChatTemplateError) -> [(key: Expression, value: Expression)] {
        advance()
        var entries: [(key: Expression, value: Expression)] = []
        while !isAt(.rightBrace) {
            if !entries.isEmpty {
                try expect(.symbol(.comma))
                if isAt(.rightBrace) { break }
            }
            let key = try parseExpression()
            try expect(.symbol(.colon))
            entries.append((key, try parseExpression()))
        }
        advance()
        return entries
    }
}
