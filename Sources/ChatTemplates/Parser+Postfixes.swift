/// What follows an operand.
extension Parser {
    mutating func parsePostfixes() throws(ChatTemplateError) -> [PostfixStep] {
        var steps: [PostfixStep] = []
        while true {
            let line = line
            if skip(.dot) {
                steps.append(PostfixStep(line: line, kind: try parseAttribute()))
            } else if skip(.leftBracket) {
                steps.append(PostfixStep(line: line, kind: try parseSubscript()))
            } else if isAt(.leftParenthesis) {
                steps.append(PostfixStep(line: line, kind: .call(try parseArguments())))
            } else {
                return steps
            }
        }
    }

    private mutating func parseAttribute() throws(ChatTemplateError) -> PostfixStep.Kind {
        switch current {
        case .name(let name):
            advance()
            return .attribute(name)
        case .integer(let index):
            advance()
            return .subscripted(.literal(.integer(index)))
        default: throw unexpected("a name or number")
        }
    }

    private mutating func parseSubscript() throws(ChatTemplateError) -> PostfixStep.Kind {
        var keys: [Expression] = []
        while !isAt(.rightBracket) {
            if !keys.isEmpty { try expect(.symbol(.comma)) }
            let lower = isAt(.colon) ? nil : try parseExpression()
            if isAt(.colon) {
                guard keys.isEmpty else { throw .unsupported(line: line, what: "slice in a tuple of subscripts") }
                return try parseSlice(from: lower)
            }
            if let lower { keys.append(lower) }
        }
        advance()
        guard let first = keys.first else { throw error("expected a subscript") }
        return .subscripted(keys.count == 1 ? first : .tuple(keys))
    }

    private mutating func parseSlice(from lower: Expression?) throws(ChatTemplateError) -> PostfixStep.Kind {
        var bounds: [Expression?] = []
        while bounds.count < 2, skip(.colon) {
            bounds.append(isAt(.rightBracket) || isAt(.colon) ? nil : try parseExpression())
        }
        guard !isAt(.comma) else { throw .unsupported(line: line, what: "slice in a tuple of subscripts") }
        try expect(.symbol(.rightBracket))
        return .slice(lower: lower, upper: bounds[0], step: bounds.count > 1 ? bounds[1] : nil)
    }

    mutating func parseArguments() throws(ChatTemplateError) -> ArgumentList {
        var list = ArgumentList()
        try expect(.symbol(.leftParenthesis))
        var isFirst = true
        while !isAt(.rightParenthesis) {
            if !isFirst {
                try expect(.symbol(.comma))
                if isAt(.rightParenthesis) { break }
            }
            isFirst = false
            try parseArgument(into: &list)
        }
        try expect(.symbol(.rightParenthesis))
        return list
    }

    private mutating func parseArgument(into list: inout ArgumentList) throws(ChatTemplateError) {
        guard list.unpackedMembers == nil else { throw error("argument after '**'") }
        if skip(.multiply) {
            guard list.unpackedItems == nil else { throw error("more than one '*' argument") }
            list.unpackedItems = try parseExpression()
        } else if skip(.power) {
            list.unpackedMembers = try parseExpression()
        } else if case .name(let name) = current, following == .symbol(.assign) {
            advance()
            advance()
            guard !list.keywords.contains(where: { $0.name == name }) else { throw error("argument '\(name)' twice") }
            list.keywords.append((name, try parseExpression()))
        } else {
            guard list.keywords.isEmpty, list.unpackedItems == nil else { throw error("positional argument too late") }
            list.positional.append(try parseExpression())
        }
    }

    // MARK: Filters and tests

    mutating func parseFiltersAndTests() throws(ChatTemplateError) -> [PostfixStep] {
        var steps: [PostfixStep] = []
        while true {
            let line = line
            if isAt(.pipe) {
                steps += try parseFilters()
            } else if skip(name: "is") {
                steps.append(PostfixStep(line: line, kind: try parseTest()))
            } else if isAt(.leftParenthesis) {
                steps.append(PostfixStep(line: line, kind: .call(try parseArguments())))
            } else {
                return steps
            }
        }
    }

    mutating func parseFilters() throws(ChatTemplateError) -> [PostfixStep] {
        var filters: [PostfixStep] = []
        while skip(.pipe) { filters.append(try parseFilter()) }
        return filters
    }

    /// A filter without its `|`.
    mutating func parseFilter() throws(ChatTemplateError) -> PostfixStep {
        let line = line
        let name = try parseDottedName()
        let arguments = isAt(.leftParenthesis) ? try parseArguments() : ArgumentList()
        return PostfixStep(line: line, kind: .filter(name, arguments))
    }

    private mutating func parseDottedName() throws(ChatTemplateError) -> String {
        var name = try expectName()
        while skip(.dot) { name += "." + (try expectName()) }
        return name
    }

    private mutating func parseTest() throws(ChatTemplateError) -> PostfixStep.Kind {
        let isNegated = skip(name: "not")
        let name = try parseDottedName()
        var arguments = ArgumentList()
        if isAt(.leftParenthesis) {
            arguments = try parseArguments()
        } else if startsTestArgument {
            guard !isAt(name: "is") else { throw error("tests cannot be chained with 'is'") }
            let operand = try parsePrimary()
            let steps = try parsePostfixes()
            arguments.positional = [steps.isEmpty ? operand : .postfix(operand, steps)]
        }
        return .test(name, arguments, isNegated: isNegated)
    }

    /// Whether the current token begins the one argument that a test may have without brackets.
    private var startsTestArgument: Bool {
        switch current {
        case .name(let name): !["else", "or", "and"].contains(name)
        case .string, .integer, .float, .symbol(.leftBracket), .symbol(.leftBrace): true
        default: false
        }
    }
}
