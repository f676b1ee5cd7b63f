/// Integer arithmetic and reading as in Python, within 64 bits.
enum PythonInteger {
    /// `left // right`, rounded towards minus infinity.
    static func floorDivide(_ left: Int, _ right: Int) throws(Fault) -> Int {
        guard right != 0 else { throw .runtime("integer division or modulo by zero") }
        let (quotient, remainder) = try divide(left, right)
        return remainder != 0 && (remainder < 0) != (right < 0) ? quotient - 1 : quotient
    }

    /// `left % right`, which has the sign of `right`.
    static func modulo(_ left: Int, _ right: Int) throws(Fault) -> Int {
        guard right != 0 else { throw .runtime("integer modulo by zero") }
        let remainder = right == -1 ? 0 : left % right
        return remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder
    }

    private static func divide(_ left: Int, _ right: Int) throws(Fault) -> (quotient: Int, remainder: Int) {
        let (quotient, overflow) = left.dividedReportingOverflow(by: right)
        return (try checked(quotient, overflow), right == -1 ? 0 : left % right)
    }

    /// `base ** exponent` for an exponent that is not negative.
    static func power(_ base: Int, _ exponent: Int) throws(Fault) -> Int {
        if base == 0 || base == 1 || exponent == 0 { return exponent == 0 ? 1 : base }
        if base == -1 { return exponent % 2 == 0 ? 1 : -1 }
        var result = 1
        // |base| ≥ 2, so 64 multiplications overflow: the loop is short whatever the exponent.
        for _ in 0..<exponent {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            result = try checked(product, overflow)
        }
        return result
    }

    static func checked(_ value: Int, _ overflow: Bool) throws(Fault) -> Int {
        guard !overflow else { throw .limit("integer beyond 64 bits") }
        return value
    }

    /// `int(text, base)`; base 0 reads the prefix. Nil where Python raises `ValueError`.
    static func parse(_ text: Text, base: Int) throws(Fault) -> Int? {
        guard base == 0 || (2...36).contains(base) else { return nil }
        var body = text.stripped(.both).string.lowercased()[...]
        let isNegative = body.first == "-"
        if isNegative || body.first == "+" { body.removeFirst() }
        var radix = base
        for (prefix, prefixRadix) in [("0x", 16), ("0o", 8), ("0b", 2)] where body.hasPrefix(prefix) {
            guard base == 0 || base == prefixRadix else { continue }
            radix = prefixRadix
            body.removeFirst(2)
            if body.first == "_" { body.removeFirst() }
            break
        }
        guard !body.isEmpty, body.first != "_", body.last != "_", !body.contains("__") else { return nil }
        let digits = body.filter { $0 != "_" }
        if radix == 0 {
            guard digits.first != "0" || digits.allSatisfy({ $0 == "0" }) else { return nil }
            radix = 10
        }
        guard digits.utf8.allSatisfy({ isDigit($0, radix: radix) }) else { return nil }
        guard let value = Int((isNegative ? "-" : "") + digits, radix: radix) else {
            throw .limit("integer beyond 64 bits")
        }
        return value
    }

    private static func isDigit(_ byte: UInt8, radix: Int) -> Bool {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30) < radix
        case 0x61...0x7A: Int(byte - 0x61) + 10 < radix
        default: false
        }
    }
}
