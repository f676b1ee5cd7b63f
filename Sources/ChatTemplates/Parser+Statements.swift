extension Parser {
    mutating func parseStatement() throws(ChatTemplateError) -> Statement.Kind {
        let line = line
        let tag = try expectName()
        switch tag {
        case "if": return .conditional(try parseConditional())
        case "for": return .loop(try parseLoop())
        case "set": return try parseSet()
        case "print": return .output(try parsePrint())
        case "macro": return try parseMacro()
        case "call": return try parseCallBlock()
        case "filter": return try parseFilterBlock()
        case "with": return try parseWith()
        case "generation": return .generation(try parseSeparateBody(until: "endgeneration"))
        case "break", "continue":
            guard isInLoop else { throw error("'\(tag)' outside of a loop") }
            return tag == "break" ? .breakLoop : .continueLoop
        case "include", "import", "from", "extends", "block", "autoescape":
            throw .unsupported(line: line, what: "tag '\(tag)'")
        default: throw .syntax(line: line, message: "unknown tag '\(tag)'")
        }
    }

    private mutating func parseConditional() throws(ChatTemplateError) -> Conditional {
        var conditional = Conditional()
        var end = "elif"
        while end == "elif" {
            let condition = try parseTuple(allowsConditional: false)
            try expect(.blockEnd)
            let (body, next) = try parseBody(until: ["elif", "else", "endif"])
            conditional.branches.append((condition, body))
            end = next
        }
        if end == "else" {
            try expect(.blockEnd)
            (conditional.otherwise, _) = try parseBody(until: ["endif"])
        }
        return conditional
    }

    private mutating func parseLoop() throws(ChatTemplateError) -> Loop {
        let target = try parseTargetTuple { $0.isAt(name: "in") }
        try expect(.name("in"))
        let items = try parseTuple(allowsConditional: false) { $0.isAt(name: "recursive") }
        let condition = skip(name: "if") ? try parseExpression() : nil
        let isRecursive = skip(name: "recursive")
        try expect(.blockEnd)
        let wasInLoop = isInLoop
        isInLoop = true
        let (body, end) = try parseBody(until: ["else", "endfor"])
        isInLoop = wasInLoop
        var otherwise: [Statement] = []
        if end == "else" {
            try expect(.blockEnd)
            (otherwise, _) = try parseBody(until: ["endfor"])
        }
        return Loop(
            target: target, items: items, condition: condition, isRecursive: isRecursive, body: body,
            otherwise: otherwise)
    }

    private mutating func parseSet() throws(ChatTemplateError) -> Statement.Kind {
        let target = try parseTargetTuple(allowsAttributes: true)
        if skip(.assign) { return .assign(target, try parseTuple()) }
        let filters = try parseFilters()
        try expect(.blockEnd)
        let (body, _) = try parseBody(until: ["endset"])
        return .assignBlock(target, filters: filters, body: body)
    }

    private mutating func parsePrint() throws(ChatTemplateError) -> [Expression] {
        var expressions: [Expression] = []
        while current != .blockEnd {
            if !expressions.isEmpty { try expect(.symbol(.comma)) }
            expressions.append(try parseExpression())
        }
        return expressions
    }

    private mutating func parseFilterBlock() throws(ChatTemplateError) -> Statement.Kind {
        let first = try parseFilter()
        let filters = [first] + (try parseFilters())
        try expect(.blockEnd)
        let (body, _) = try parseBody(until: ["endfilter"])
        return .filterBlock(filters, body: body)
    }

    private mutating func parseWith() throws(ChatTemplateError) -> Statement.Kind {
        var assignments: [(target: AssignmentTarget, value: Expression)] = []
        while current != .blockEnd {
            if !assignments.isEmpty { try expect(.symbol(.comma)) }
            let target = try parseTargetTuple { $0.isAt(.assign) }
            try expect(.symbol(.assign))
            assignments.append((target, try parseExpression()))
        }
        try expect(.blockEnd)
        let (body, _) = try parseBody(until: ["endwith"])
        return .with(assignments, body: body)
    }

    /// A body that is compiled to a function of its own in Jinja: a loop around it cannot be left from inside.
    private mutating func parseSeparateBody(until end: String) throws(ChatTemplateError) -> [Statement] {
        try expect(.blockEnd)
        let wasInLoop = isInLoop
        isInLoop = false
        defer { isInLoop = wasInLoop }
        return try parseBody(until: [end]).body
    }

    // MARK: Macros

    private mutating func parseMacro() throws(ChatTemplateError) -> Statement.Kind {
        let name = try expectName()
        return .macro(name: name, try parseDefinition(parameters: try parseParameters(), until: "endmacro"))
    }

    private mutating func parseCallBlock() throws(ChatTemplateError) -> Statement.Kind {
        let parameters = isAt(.leftParenthesis) ? try parseParameters() : []
        let call = try parseExpression()
        guard case .postfix(_, let steps) = call, case .call = steps.last?.kind else { throw unexpected("a call") }
        return .call(call, caller: try parseDefinition(parameters: parameters, until: "endcall"))
    }

    private mutating func parseDefinition(
        parameters: [(name: String, fallback: Expression?)], until end: String
    ) throws(ChatTemplateError) -> MacroDefinition {
        specialNames.append([])
        let body = try parseSeparateBody(until: end)
        let names = specialNames.popLast() ?? []
        return MacroDefinition(parameters: parameters, body: body, specialNames: names)
    }

    private mutating func parseParameters() throws(ChatTemplateError) -> [(name: String, fallback: Expression?)] {
        var parameters: [(name: String, fallback: Expression?)] = []
        try expect(.symbol(.leftParenthesis))
        while !isAt(.rightParenthesis) {
            if !parameters.isEmpty { try expect(.symbol(.comma)) }
            let name = try expectName()
            if skip(.assign) {
                parameters.append((name, try parseExpression()))
            } else {
                guard parameters.last?.fallback == nil else { throw error("parameter without a default after others") }
                parameters.append((name, nil))
            }
        }
        try expect(.symbol(.rightParenthesis))
        return parameters
    }

    // MARK: Targets

    /// One target, or several parted by commas.
    private mutating func parseTargetTuple(
        allowsAttributes: Bool = false, isEnd: (Parser) -> Bool = { _ in false }
    ) throws(ChatTemplateError) -> AssignmentTarget {
        var targets: [AssignmentTarget] = []
        var isTuple = false
        while true {
            if !targets.isEmpty, isEndOfTuple || isEnd(self) || isAt(.assign) { break }
            targets.append(try parseTarget(allowsAttributes: allowsAttributes))
            guard skip(.comma) else { break }
            isTuple = true
        }
        return isTuple ? .tuple(targets) : targets[0]
    }

    private mutating func parseTarget(allowsAttributes: Bool) throws(ChatTemplateError) -> AssignmentTarget {
        if skip(.leftParenthesis) {
            let target = try nested { parser throws(ChatTemplateError) in
                try parser.parseTargetTuple(allowsAttributes: allowsAttributes)
            }
            try expect(.symbol(.rightParenthesis))
            return target
        }
        let name = try expectName()
        guard Parser.constant(name) == nil else { throw error("cannot assign to '\(name)'") }
        guard allowsAttributes, skip(.dot) else { return .name(name) }
        return .attribute(namespace: name, try expectName())
    }
}
