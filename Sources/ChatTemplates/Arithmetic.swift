import Foundation

/// Python's arithmetic operators.
enum Arithmetic {
    static func apply(_ operation: ArithmeticOperator, _ left: Value, _ right: Value, in evaluator: Evaluator)
        throws(Fault) -> Value
    {
        if case .string(let format) = left, operation == .modulo {
            return .string(try PercentFormat.format(format, right, in: evaluator))
        }
        if operation == .add, let sum = try Markup.sum(left, right, meter: evaluator.meter) { return sum }
        for operand in [left, right] {
            if case .undefined(let missing) = operand { throw .runtime(missing.message) }
            if operand.markup != nil, operation != .add { throw .unsupported("an operator on a text marked safe") }
        }
        if let left = left.integer, let right = right.integer { return try integers(operation, left, right) }
        if let left = left.number, let right = right.number { return try numbers(operation, left, right) }
        if let result = try sequences(operation, left, right, in: evaluator) { return result }
        throw .runtime("unsupported operand types: '\(left.typeName)' and '\(right.typeName)'")
    }

    private static func integers(_ operation: ArithmeticOperator, _ left: Int, _ right: Int) throws(Fault) -> Value {
        switch operation {
        case .add: return .int(try checked(left.addingReportingOverflow(right)))
        case .subtract: return .int(try checked(left.subtractingReportingOverflow(right)))
        case .multiply: return .int(try checked(left.multipliedReportingOverflow(by: right)))
        case .floorDivide: return .int(try PythonInteger.floorDivide(left, right))
        case .modulo: return .int(try PythonInteger.modulo(left, right))
        case .power where right >= 0: return .int(try PythonInteger.power(left, right))
        case .divide, .power: return try numbers(operation, Double(left), Double(right))
        }
    }

    private static func checked(_ result: (partialValue: Int, overflow: Bool)) throws(Fault) -> Int {
        try PythonInteger.checked(result.partialValue, result.overflow)
    }

    private static func numbers(_ operation: ArithmeticOperator, _ left: Double, _ right: Double) throws(Fault) -> Value
    {
        switch operation {
        case .add: return .float(left + right)
        case .subtract: return .float(left - right)
        case .multiply: return .float(left * right)
        case .power: return .float(try power(left, right))
        case .divide, .floorDivide, .modulo:
            guard right != 0 else { throw .runtime("float division by zero") }
            if operation == .divide { return .float(left / right) }
            let (quotient, remainder) = floorDivision(left, right)
            return .float(operation == .modulo ? remainder : quotient)
        }
    }

    private static func power(_ base: Double, _ exponent: Double) throws(Fault) -> Double {
        guard base != 0 || exponent >= 0 else { throw .runtime("zero cannot be raised to a negative power") }
        guard base >= 0 || exponent.rounded() == exponent || !base.isFinite || !exponent.isFinite else {
            throw .unsupported("complex numbers")
        }
        let result = Foundation.pow(base, exponent)
        guard !result.isInfinite || base.isInfinite || exponent.isInfinite else { throw .runtime("result too large") }
        return result
    }

    /// Quotient rounded down, and the remainder, which has the sign of `right`.
    private static func floorDivision(_ left: Double, _ right: Double) -> (quotient: Double, remainder: Double) {
        var remainder = left.truncatingRemainder(dividingBy: right)
        var quotient = (left - remainder) / right
        if remainder != 0, (remainder < 0) != (right < 0) {
            remainder += right
            quotient -= 1
        } else if remainder == 0 {
            remainder = Double(signOf: right, magnitudeOf: 0)
        }
        guard quotient != 0 else { return (Double(signOf: left / right, magnitudeOf: 0), remainder) }
        let floored = quotient.rounded(.down)
        return (quotient - floored > 0.5 ? floored + 1 : floored, remainder)
    }

    /// Strings, lists and tuples: `+`, and `*` with an integer. Nil for other operands.
    private static func sequences(
        _ operation: ArithmeticOperator, _ left: Value, _ right: Value, in evaluator: Evaluator
    ) throws(Fault) -> Value? {
        switch (operation, left, right) {
        case (.add, .string(let left), .string(let right)):
            try evaluator.meter.allocate(bytes: left.bytes.count + right.bytes.count)
            return .string(left + right)
        case (.add, .list(let left), .list(let right)): return try evaluator.list(left.items + right.items)
        case (.add, .tuple(let left), .tuple(let right)): return try evaluator.tuple(left.items + right.items)
        case (.multiply, _, _):
            if let count = right.integer { return try repeated(left, count, in: evaluator) }
            return try left.integer.flatMap { count throws(Fault) in try repeated(right, count, in: evaluator) }
        default: return nil
        }
    }

    private static func repeated(_ value: Value, _ count: Int, in evaluator: Evaluator) throws(Fault) -> Value? {
        let count = max(count, 0)
        switch value {
        case .string(let text):
            let (bytes, overflow) = text.bytes.count.multipliedReportingOverflow(by: count)
            try evaluator.meter.allocate(bytes: overflow ? .max / 2 : bytes)
            return .string(text.repeated(text.isEmpty ? 0 : count))
        case .list(let list), .tuple(let list):
            let (items, overflow) = list.items.count.multipliedReportingOverflow(by: count)
            try evaluator.meter.allocate(items: overflow ? .max / 2 : items)
            let all = list.items.isEmpty ? [] : Array(repeatElement(list.items, count: count).joined())
            if case .tuple = value { return try evaluator.tuple(all) }
            return try evaluator.list(all)
        default: return nil
        }
    }

    static func negated(_ value: Value) throws(Fault) -> Value {
        if let integer = value.integer { return .int(try checked(Int(0).subtractingReportingOverflow(integer))) }
        if case .float(let number) = value { return .float(-number) }
        throw badOperand(value)
    }

    static func plus(_ value: Value) throws(Fault) -> Value {
        if let integer = value.integer { return .int(integer) }
        if case .float = value { return value }
        throw badOperand(value)
    }

    private static func badOperand(_ value: Value) -> Fault {
        if case .undefined(let missing) = value { return .runtime(missing.message) }
        return .runtime("bad operand type for a sign: '\(value.typeName)'")
    }
}
