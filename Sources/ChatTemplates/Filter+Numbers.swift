/// Filters of numbers.
extension Filter {
    static let numeric: [String: Filter] = [
        "int": Filter(["default", "base"], integer),
        "float": Filter(["default"]) { call throws(Fault) in
            if case .undefined(let missing) = call.input { throw .runtime(missing.message) }
            let number = call.input.number ?? call.input.text.flatMap(PythonFloat.parse)
            return number.map { .float($0) } ?? call.bound[0] ?? .float(0)
        },
        "abs": Filter { call throws(Fault) in
            if case .float(let number) = call.input { return .float(number.magnitude) }
            if let integer = call.input.integer, integer < 0 { return try Arithmetic.negated(.int(integer)) }
            return try Arithmetic.plus(call.input)
        },
        "round": Filter(["precision", "method"], round),
        "sum": Filter(["attribute", "start"]) { call throws(Fault) in
            let getter = try AttributePath(call.bound[0])
            var sum = call.bound[1] ?? .int(0)
            guard sum.text == nil else { throw .runtime("sum() can't sum strings") }
            for item in try call.inputItems() {
                try call.evaluator.meter.step()
                let value = try getter.value(of: item, in: call.evaluator)
                sum = try Arithmetic.apply(.add, sum, value, in: call.evaluator)
            }
            return sum
        },
    ]

    /// Python's `int(input, base)`, through a float where that fails; the default where both do.
    @Sendable private static func integer(_ call: FilterCall) throws(Fault) -> Value {
        let fallback = call.bound[0] ?? .int(0)
        switch call.input {
        case .undefined(let missing): throw .runtime(missing.message)
        case .string(let text):
            try call.evaluator.meter.touch(bytes: text.bytes.count)
            let base = try call.integer(1, otherwise: 10)
            if let value = try PythonInteger.parse(text, base: base) { return .int(value) }
            guard let number = PythonFloat.parse(text), number.isFinite else { return fallback }
            return .int(try truncated(number))
        case .float(let number):
            guard !number.isNaN else { return fallback }
            guard number.isFinite else { throw .runtime("cannot convert float infinity to integer") }
            return .int(try truncated(number))
        default: return call.input.integer.map { .int($0) } ?? fallback
        }
    }

    private static func truncated(_ number: Double) throws(Fault) -> Int {
        guard let integer = Int(exactly: number.rounded(.towardZero)) else { throw .limit("integer beyond 64 bits") }
        return integer
    }

    @Sendable private static func round(_ call: FilterCall) throws(Fault) -> Value {
        if case .undefined(let missing) = call.input { throw .runtime(missing.message) }
        let precision = try call.integer(0, otherwise: 0)
        guard abs(precision) <= 300 else { throw .unsupported("precision of round") }
        guard let number = call.input.number else { throw .runtime("type \(call.input.typeName) cannot be rounded") }
        let scale = PythonFloat.parse(Text("1e\(abs(precision))")) ?? 1
        switch try call.text(1, otherwise: "common") {
        case "common":
            if let integer = call.input.integer, precision >= 0 { return .int(integer) }
            if precision < 0 {
                let rounded = (number / scale).rounded(.toNearestOrEven) * scale
                return call.input.integer == nil ? .float(rounded) : .int(try truncated(rounded))
            }
            guard number.isFinite else { return .float(number) }
            return .float(Double(PythonFloat.fixed(number, decimals: precision)) ?? number)
        case "ceil": return .float(scaled(number, scale, precision) { $0.rounded(.up) })
        case "floor": return .float(scaled(number, scale, precision) { $0.rounded(.down) })
        default: throw .runtime("method must be common, ceil or floor")
        }
    }

    private static func scaled(
        _ number: Double, _ scale: Double, _ precision: Int, _ body: (Double) -> Double
    ) -> Double {
        // A whole number in between, as in Python, so that no zero is negative.
        precision < 0 ? body(number / scale) * scale + 0 : body(number * scale) / scale + 0
    }
}
