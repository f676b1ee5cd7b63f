extension Evaluator {
    /// Python's `str(value)`, as printing does.
    func text(of value: Value) throws(Fault) -> Text { try PythonRepresentation.string(value, in: self) }

    /// - Parameter caller: What the outermost call gets as `caller`.
    func evaluate(_ expression: Expression, in scope: Scope, caller: Value? = nil) throws(Fault) -> Value {
        try meter.step()
        switch expression {
        case .literal(let literal): return Evaluator.value(of: literal)
        case .name(let name): return scope[name] ?? .undefined(Missing(.variable(name)))
        default:
            try meter.enter()
            defer { meter.leave() }
            return try evaluateNested(expression, in: scope, caller: caller)
        }
    }

    private static func value(of literal: Literal) -> Value {
        switch literal {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .int(value)
        case .float(let value): .float(value)
        case .string(let text): .string(text)
        }
    }

    /// Expressions that hold others. Each case is a function of its own, to keep the stack frame of this one small.
    private func evaluateNested(_ expression: Expression, in scope: Scope, caller: Value?) throws(Fault) -> Value {
        switch expression {
        case .postfix(let operand, let steps):
            return try evaluatePostfix(operand, steps, in: scope, caller: caller)
        case .conditional(let condition, let value, let otherwise):
            return try evaluateConditional(condition, value, otherwise, in: scope)
        case .and(let operands): return try evaluateJunction(operands, until: false, in: scope)
        case .or(let operands): return try evaluateJunction(operands, until: true, in: scope)
        case .not(let operand): return .bool(try !evaluate(operand, in: scope).isTrue)
        case .comparison(let first, let rest): return try evaluateComparison(first, rest, in: scope)
        case .arithmetic(let first, let rest): return try evaluateArithmetic(first, rest, in: scope)
        case .concatenation(let operands): return try concatenate(try evaluate(operands, in: scope))
        case .negated(let operand): return try Arithmetic.negated(try evaluate(operand, in: scope))
        case .plus(let operand): return try Arithmetic.plus(try evaluate(operand, in: scope))
        case .list(let items): return try list(try evaluate(items, in: scope))
        case .tuple(let items): return try tuple(try evaluate(items, in: scope))
        case .dictionary(let members): return try evaluateDictionary(members, in: scope)
        case .literal, .name: return try evaluate(expression, in: scope)
        }
    }

    private func evaluate(_ expressions: [Expression], in scope: Scope) throws(Fault) -> [Value] {
        try expressions.map { expression throws(Fault) in try evaluate(expression, in: scope) }
    }

    private func evaluateDictionary(_ members: [(key: Expression, value: Expression)], in scope: Scope) throws(Fault)
        -> Value
    {
        try dictionary(
            members.map { member throws(Fault) in
                (try evaluate(member.key, in: scope), try evaluate(member.value, in: scope))
            })
    }

    private func evaluateConditional(
        _ condition: Expression, _ value: Expression, _ otherwise: Expression?, in scope: Scope
    ) throws(Fault) -> Value {
        if try evaluate(condition, in: scope).isTrue { return try evaluate(value, in: scope) }
        guard let otherwise else {
            return .undefined(Missing(reason: "the inline if-expression is false and no else is given"))
        }
        return try evaluate(otherwise, in: scope)
    }

    /// `and` and `or` give the operand that decides, or the last one.
    private func evaluateJunction(_ operands: [Expression], until decisive: Bool, in scope: Scope) throws(Fault)
        -> Value
    {
        for operand in operands.dropLast() {
            let value = try evaluate(operand, in: scope)
            if value.isTrue == decisive { return value }
        }
        guard let last = operands.last else { return .null }
        return try evaluate(last, in: scope)
    }

    /// `a < b < c` is `a < b and b < c`, with `b` evaluated once.
    private func evaluateComparison(
        _ first: Expression, _ rest: [(operation: ComparisonOperator, operand: Expression)], in scope: Scope
    ) throws(Fault) -> Value {
        var left = try evaluate(first, in: scope)
        for (operation, operand) in rest {
            let right = try evaluate(operand, in: scope)
            guard try compare(left, operation, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    func compare(_ left: Value, _ operation: ComparisonOperator, _ right: Value) throws(Fault) -> Bool {
        switch operation {
        case .equal: try Comparison.isEqual(left, right, meter: meter)
        case .notEqual: try !Comparison.isEqual(left, right, meter: meter)
        case .less: try Comparison.isLess(left, right, meter: meter)
        case .lessOrEqual: try Comparison.isLessOrEqual(left, right, meter: meter)
        case .greater: try Comparison.isLess(right, left, meter: meter)
        case .greaterOrEqual: try Comparison.isLessOrEqual(right, left, meter: meter)
        case .isIn: try Comparison.contains(right, left, meter: meter)
        case .isNotIn: try !Comparison.contains(right, left, meter: meter)
        }
    }

    private func evaluateArithmetic(
        _ first: Expression, _ rest: [(operation: ArithmeticOperator, operand: Expression)], in scope: Scope
    ) throws(Fault) -> Value {
        var value = try evaluate(first, in: scope)
        for (operation, operand) in rest {
            value = try Arithmetic.apply(operation, value, try evaluate(operand, in: scope), in: self)
        }
        return value
    }

    /// `~` joins what its operands print.
    private func concatenate(_ values: [Value]) throws(Fault) -> Value {
        let texts = try values.map { value throws(Fault) in try text(of: value) }
        return .string(try join(texts, separator: ""))
    }
}
