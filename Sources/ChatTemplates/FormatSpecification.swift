import Foundation

/// How a value is laid out: what `%` of a string, `str.format` and the padding methods share.
struct FormatSpecification {
    enum Alignment {
        case left
        case right
        case center
        /// Of `str.center`, which puts the odd space elsewhere than `format`.
        case methodCenter
    }

    var fill: Text = " "
    /// Nil: text to the left, numbers to the right.
    var alignment: Alignment?
    /// `+` or a space, written before numbers that are not negative.
    var sign: Text = ""
    /// Zeros between the sign of a number and its digits.
    var padsWithZeros = false
    var width = 0
    /// Text between groups of three digits.
    var groupSeparator: Text?
    var precision: Int?
    /// `s`, `d`, `f`, …; nil: as the value prints.
    var type: Unicode.Scalar?

    static let maxPrecision = 1000

    func format(_ value: Value, in evaluator: Evaluator) throws(Fault) -> Text {
        if let precision, precision > FormatSpecification.maxPrecision { throw .limit("precision of a format") }
        switch (type, value) {
        case (nil, .string(let text)), ("s", .string(let text)): return try layOut(text, evaluator)
        case (nil, .int(let value)), ("d", .int(let value)): return try layOut(number: String(value), evaluator)
        case ("x", .int(let value)): return try layOut(number: String(value, radix: 16), evaluator)
        case ("X", .int(let value)):
            return try layOut(number: String(value, radix: 16, uppercase: true), evaluator)
        case ("o", .int(let value)): return try layOut(number: String(value, radix: 8), evaluator)
        case ("b", .int(let value)): return try layOut(number: String(value, radix: 2), evaluator)
        case (nil, .float(let value)) where precision == nil:
            return try layOut(number: PythonFloat.text(value), evaluator)
        case (let type?, _):
            guard let value = value.number else { break }
            return try layOut(number: try written(value, type), evaluator)
        default: break
        }
        throw .runtime("unknown format code for object of type '\(value.typeName)'")
    }

    private func written(_ value: Double, _ type: Unicode.Scalar) throws(Fault) -> String {
        let digits = precision ?? 6
        switch type {
        case "f", "F": return PythonFloat.fixed(value, decimals: digits)
        case "e", "E", "g", "G": return String(format: "%.\(digits)\(type)", value)
        case "%": return PythonFloat.fixed(value * 100, decimals: digits) + "%"
        default: throw .unsupported("format code '\(type)'")
        }
    }

    private func layOut(_ text: Text, _ evaluator: Evaluator) throws(Fault) -> Text {
        let cut = precision.map { text.slice(0..<min($0, text.count)) } ?? text
        return try FormatSpecification.pad(cut, to: width, with: fill, alignment ?? .left, meter: evaluator.meter)
    }

    private func layOut(number: String, _ evaluator: Evaluator) throws(Fault) -> Text {
        let isNegative = number.hasPrefix("-")
        let sign = isNegative ? "-" : self.sign
        var digits = Text(isNegative ? String(number.dropFirst()) : number)
        if let groupSeparator {
            guard !padsWithZeros else { throw .unsupported("zeros before grouped digits") }
            digits = FormatSpecification.grouped(digits, groupSeparator)
        }
        if padsWithZeros {
            let rest = max(width, 1) - sign.bytes.count
            digits = try FormatSpecification.pad(digits, to: rest, with: "0", .right, meter: evaluator.meter)
        }
        return try FormatSpecification.pad(
            sign + digits, to: width, with: fill, alignment ?? .right, meter: evaluator.meter)
    }

    /// Parts the digits before the point into threes.
    private static func grouped(_ digits: Text, _ separator: Text) -> Text {
        let whole = digits.bytes.prefix { $0 >= 0x30 && $0 <= 0x39 }
        var grouped: [UInt8] = []
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { grouped += separator.bytes }
            grouped.append(digit)
        }
        return Text(utf8: grouped + digits.bytes[whole.endIndex...])
    }

    /// `text` with `fill`, one scalar, at its sides up to `width` scalars.
    static func pad(_ text: Text, to width: Int, with fill: Text, _ alignment: Alignment, meter: Meter) throws(Fault)
        -> Text
    {
        let missing = width - min(text.count, width)
        guard missing > 0 else { return text }
        let (bytes, overflow) = missing.multipliedReportingOverflow(by: fill.bytes.count)
        try meter.allocate(bytes: overflow ? .max / 2 : bytes)
        let before =
            switch alignment {
            case .left: 0
            case .right: missing
            case .center: missing / 2
            case .methodCenter: missing / 2 + (missing & width & 1)
            }
        return fill.repeated(before) + text + fill.repeated(missing - before)
    }
}
