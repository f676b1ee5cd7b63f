/// Expressions, from the loosest operators to the tightest:
/// `if else`, `or`, `and`, `not`, comparisons, `+ -`, `~`, `* / // %`, `**`, signs, postfixes and filters.
extension Parser {
    mutating func parseExpression() throws(ChatTemplateError) -> Expression {
        try nested { parser throws(ChatTemplateError) in try parser.parseConditionalExpression() }
    }

    /// Expressions parted by commas, which make a tuple, or one alone.
    mutating func parseTuple(
        allowsConditional: Bool = true, isParenthesized: Bool = false, isEnd: (Parser) -> Bool = { _ in false }
    ) throws(ChatTemplateError) -> Expression {
        var items: [Expression] = []
        var isTuple = false
        while !isEndOfTuple, !isEnd(self) {
            items.append(allowsConditional ? try parseExpression() : try nested(Parser.parseOr))
            guard skip(.comma) else { break }
            isTuple = true
        }
        if let only = items.first, !isTuple { return only }
        guard isTuple || isParenthesized else { throw unexpected("an expression") }
        return .tuple(items)
    }

    var isEndOfTuple: Bool { current == .variableEnd || current == .blockEnd || isAt(.rightParenthesis) }

    private mutating func parseConditionalExpression() throws(ChatTemplateError) -> Expression {
        var value = try Parser.parseOr(&self)
        var count = 0
        while skip(name: "if") {
            count += 1
            guard count <= 50 else { throw .limit(what: "conditional expressions in a row") }
            let condition = try Parser.parseOr(&self)
            let otherwise = skip(name: "else") ? try parseExpression() : nil
            value = .conditional(condition: condition, value: value, otherwise: otherwise)
        }
        return value
    }

    private static func parseOr(_ parser: inout Parser) throws(ChatTemplateError) -> Expression {
        var operands = [try parser.parseAnd()]
        while parser.skip(name: "or") { operands.append(try parser.parseAnd()) }
        return operands.count == 1 ? operands[0] : .or(operands)
    }

    private mutating func parseAnd() throws(ChatTemplateError) -> Expression {
        var operands = [try parseNot()]
        while skip(name: "and") { operands.append(try parseNot()) }
        return operands.count == 1 ? operands[0] : .and(operands)
    }

    private mutating func parseNot() throws(ChatTemplateError) -> Expression {
        guard skip(name: "not") else { return try parseComparison() }
        return .not(try nested { parser throws(ChatTemplateError) in try parser.parseNot() })
    }

    private mutating func parseComparison() throws(ChatTemplateError) -> Expression {
        let first = try parseSum()
        var rest: [(operation: ComparisonOperator, operand: Expression)] = []
        while let operation = skipComparisonOperator() { rest.append((operation, try parseSum())) }
        return rest.isEmpty ? first : .comparison(first, rest)
    }

    private mutating func skipComparisonOperator() -> ComparisonOperator? {
        let operations: [Symbol: ComparisonOperator] = [
            .equal: .equal, .notEqual: .notEqual, .less: .less, .lessOrEqual: .lessOrEqual, .greater: .greater,
            .greaterOrEqual: .greaterOrEqual,
        ]
        if case .symbol(let symbol) = current, let operation = operations[symbol] {
            advance()
            return operation
        }
        if skip(name: "in") { return .isIn }
        guard isAt(name: "not"), following == .name("in") else { return nil }
        advance()
        advance()
        return .isNotIn
    }

    // MARK: Arithmetic

    private mutating func parseSum() throws(ChatTemplateError) -> Expression {
        try parseArithmetic([.add: .add, .subtract: .subtract]) { parser throws(ChatTemplateError) in
            try parser.parseConcatenation()
        }
    }

    private mutating func parseConcatenation() throws(ChatTemplateError) -> Expression {
        var operands = [try parseProduct()]
        while skip(.tilde) { operands.append(try parseProduct()) }
        return operands.count == 1 ? operands[0] : .concatenation(operands)
    }

    private mutating func parseProduct() throws(ChatTemplateError) -> Expression {
        let operations: [Symbol: ArithmeticOperator] = [
            .multiply: .multiply, .divide: .divide, .floorDivide: .floorDivide, .modulo: .modulo,
        ]
        return try parseArithmetic(operations) { parser throws(ChatTemplateError) in
            // Jinja, unlike Python, reads powers from left to right.
            try parser.parseArithmetic([.power: .power]) { parser throws(ChatTemplateError) in
                try parser.parseUnary(allowsFilters: true)
            }
        }
    }

    private mutating func parseArithmetic(
        _ operations: [Symbol: ArithmeticOperator],
        operand: (inout Parser) throws(ChatTemplateError) -> Expression
    ) throws(ChatTemplateError) -> Expression {
        let first = try operand(&self)
        var rest: [(operation: ArithmeticOperator, operand: Expression)] = []
        while case .symbol(let symbol) = current, let operation = operations[symbol] {
            advance()
            rest.append((operation, try operand(&self)))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    /// A sign binds tighter than a filter: `-1|abs` is `(-1)|abs`.
    private mutating func parseUnary(allowsFilters: Bool) throws(ChatTemplateError) -> Expression {
        var operand: Expression
        if skip(.subtract) {
            operand = .negated(try parseSigned())
        } else if skip(.add) {
            operand = .plus(try parseSigned())
        } else {
            operand = try parsePrimary()
        }
        var steps = try parsePostfixes()
        if allowsFilters { steps += try parseFiltersAndTests() }
        if !steps.isEmpty { operand = .postfix(operand, steps) }
        return operand
    }

    private mutating func parseSigned() throws(ChatTemplateError) -> Expression {
        try nested { parser throws(ChatTemplateError) in try parser.parseUnary(allowsFilters: false) }
    }
}
