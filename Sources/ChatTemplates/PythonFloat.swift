import Foundation

/// How Python writes and reads floats.
enum PythonFloat {
    /// `repr(value)`: the shortest digits that read back the same, with an exponent below 1e-4 and from 1e16 on.
    static func text(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : (value < 0 ? "-inf" : "inf") }
        let sign = value.sign == .minus ? "-" : ""
        let (digits, point) = shortestDigits(value.magnitude)
        if value == 0 || (point > -4 && point <= 16) { return sign + positional(digits, point: point) }
        let fraction = digits.dropFirst()
        let exponent = point - 1
        let padded = (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
        return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + "e" + (exponent < 0 ? "-" : "+")
            + padded
    }

    /// The significant digits of a finite value and where the decimal point is: 0.d₁d₂… × 10^point.
    private static func shortestDigits(_ value: Double) -> (digits: String, point: Int) {
        // Swift's description has the same shortest digits as Python's; only the layout differs.
        let parts = value.description.split(separator: "e", maxSplits: 1)
        let mantissa = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let whole = String(mantissa[0])
        let all = whole + (mantissa.count > 1 ? mantissa[1] : "")
        let leadingZeros = all.prefix { $0 == "0" }.count
        var digits = all.dropFirst(leadingZeros)
        while digits.last == "0" { digits.removeLast() }
        guard !digits.isEmpty else { return ("0", 1) }
        return (String(digits), whole.count + exponent - leadingZeros)
    }

    private static func positional(_ digits: String, point: Int) -> String {
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
        let whole = digits.prefix(point)
        let fraction = digits.dropFirst(point)
        return whole + String(repeating: "0", count: point - whole.count) + "." + (fraction.isEmpty ? "0" : fraction)
    }

    /// `format(value, ".{decimals}f")`, rounding the exact value half to even.
    static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return text(value) }
        return String(format: "%.\(min(max(decimals, 0), 400))f", value)
    }

    /// `float(text)`: decimal digits with single underscores, an exponent, or a name of infinity or not-a-number.
    static func parse(_ text: Text) -> Double? {
        let bytes = text.stripped(.both).bytes
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "_") {
            guard index > 0, index + 1 < bytes.count, isDigit(bytes[index - 1]), isDigit(bytes[index + 1]) else {
                return nil
            }
        }
        let plain = String(decoding: bytes.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self).lowercased()
        let unsigned = plain.first == "-" || plain.first == "+" ? String(plain.dropFirst()) : plain
        switch unsigned {
        case "inf", "infinity": return plain.first == "-" ? -.infinity : .infinity
        case "nan": return .nan
        default:
            // Swift also reads hexadecimal floats and "nan(…)", Python does not.
            guard unsigned.utf8.allSatisfy({ isDigit($0) || ".e+-".utf8.contains($0) }) else { return nil }
            return Double(padded(unsigned)).map { plain.first == "-" ? -$0 : $0 }
        }
    }

    /// Gives a digit to both sides of the point, which Python does not ask for (`.5`, `5.`).
    private static func padded(_ text: String) -> String {
        guard let point = text.firstIndex(of: ".") else { return text }
        let fraction = text[text.index(after: point)...]
        let hasDigits = text.utf8.contains(where: isDigit)
        guard hasDigits, text.startIndex != point || fraction.utf8.first.map(isDigit) == true else { return text }
        let before = text.startIndex == point ? "0" : ""
        return before + text[...point] + (fraction.utf8.first.map(isDigit) == true ? "" : "0") + fraction
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
