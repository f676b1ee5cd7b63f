/// Parses what stands for one scalar in an expression: literals, escapes and bracketed sets.
enum SetParser {
    typealias Failure = ExpressionParser.Failure

    /// `a`, or with `(?i:…)` all that folds to the same.
    static func literal(_ scalar: Unicode.Scalar, ignoringCase: Bool) throws(Failure) -> ScalarSet {
        guard ignoringCase else { return .scalar(scalar) }
        guard scalar.isASCII else { throw Failure(reason: "a letter outside ASCII whose case does not count") }
        let lower = scalar.value | 0x20
        guard (0x61...0x7A).contains(lower) else { return .scalar(scalar) }
        var ranges = [lower - 0x20...lower - 0x20, lower...lower]
        // The long s and the Kelvin sign fold to ASCII letters.
        if lower == 0x73 { ranges.append(0x17F...0x17F) }
        if lower == 0x6B { ranges.append(0x212A...0x212A) }
        return .ranges(ScalarRanges(ranges))
    }

    /// `\s`, `\p{L}`, `\n`, `\.`; `position` is at the backslash and then after the escape.
    static func escape(
        _ scalars: [Unicode.Scalar], _ position: inout Int, ignoringCase: Bool
    ) throws(Failure) -> ScalarSet {
        guard position + 1 < scalars.count else { throw Failure(reason: "it ends with a backslash") }
        let scalar = scalars[position + 1]
        position += 2
        switch scalar {
        case "s": return .classes(.whitespace)
        case "S": return .complement(.classes(.whitespace))
        case "d": return .property(.category(.decimalNumber))
        case "D": return .complement(.property(.category(.decimalNumber)))
        case "w": return .property(.word)
        case "W": return .complement(.property(.word))
        case "p", "P":
            let set = try property(scalars, &position)
            return scalar == "P" ? .complement(set) : set
        default: return try literal(try character(scalar, scalars, &position), ignoringCase: ignoringCase)
        }
    }

    /// The scalar of an escape that stands for one.
    private static func character(
        _ escaped: Unicode.Scalar, _ scalars: [Unicode.Scalar], _ position: inout Int
    ) throws(Failure) -> Unicode.Scalar {
        switch escaped {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "f": return "\u{0C}"
        case "v": return "\u{0B}"
        case "u", "x":
            let digits = scalars[position...].prefix(escaped == "u" ? 4 : 2)
            guard digits.count == (escaped == "u" ? 4 : 2),
                let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16), escaped == "u" || value < 0x80,
                let scalar = Unicode.Scalar(value)
            else { throw Failure(reason: "\\\(escaped) with these digits") }
            position += digits.count
            return scalar
        default:
            guard escaped.isASCII, !escaped.properties.isAlphabetic, !("0"..."9").contains(escaped) else {
                throw Failure(reason: "\\\(escaped) is not supported")
            }
            return escaped
        }
    }

    private static func property(_ scalars: [Unicode.Scalar], _ position: inout Int) throws(Failure) -> ScalarSet {
        guard position < scalars.count, scalars[position] == "{",
            let close = scalars[position...].firstIndex(of: "}"), close - position < 40
        else { throw Failure(reason: "\\p without {…}") }
        var name = scalars[(position + 1)..<close]
        position = close + 1
        let isNegative = name.first == "^"
        if isNegative { name = name.dropFirst() }
        let text = String(String.UnicodeScalarView(name))
        guard let set = ScalarSet(property: text) else { throw Failure(reason: "\\p{\(text)} is not supported") }
        return isNegative ? .complement(set) : set
    }

    /// `[…]`; `position` is at the bracket and then after the closing one.
    static func set(
        _ scalars: inout [Unicode.Scalar], _ position: inout Int, ignoringCase: Bool, depth: Int = 0
    ) throws(Failure) -> ScalarSet {
        guard depth < 10 else { throw Failure(reason: "sets nest too deep") }
        position += 1
        let isNegative = position < scalars.count && scalars[position] == "^"
        if isNegative { position += 1 }
        var members: [ScalarSet] = []
        var left: ScalarSet?
        while true {
            guard position < scalars.count else { throw Failure(reason: "a [ without ]") }
            let scalar = scalars[position]
            if scalar == "]", !members.isEmpty { break }
            if scalar == "[" {
                if position + 1 < scalars.count, scalars[position + 1] == ":" {
                    throw Failure(reason: "[:…:] is not supported")
                }
                members.append(try set(&scalars, &position, ignoringCase: ignoringCase, depth: depth + 1))
            } else if scalar == "&", position + 1 < scalars.count, scalars[position + 1] == "&" {
                guard !members.isEmpty else { throw Failure(reason: "&& without a left side") }
                left = left.map { .intersection($0, .union(members)) } ?? .union(members)
                members = []
                position += 2
            } else {
                members.append(try member(scalars, &position, ignoringCase: ignoringCase))
            }
        }
        position += 1
        let right = ScalarSet.union(members)
        let set = left.map { ScalarSet.intersection($0, right) } ?? right
        return isNegative ? .complement(set) : set
    }

    /// One scalar, a class or a range of scalars within brackets.
    private static func member(
        _ scalars: [Unicode.Scalar], _ position: inout Int, ignoringCase: Bool
    ) throws(Failure) -> ScalarSet {
        guard let low = try single(scalars, &position) else {
            return try escape(scalars, &position, ignoringCase: ignoringCase)
        }
        guard position + 1 < scalars.count, scalars[position] == "-", scalars[position + 1] != "]" else {
            return try literal(low, ignoringCase: ignoringCase)
        }
        position += 1
        guard let high = try single(scalars, &position), low <= high, !ignoringCase else {
            throw Failure(reason: "a range that is not supported")
        }
        return .ranges(ScalarRanges([low.value...high.value]))
    }

    /// A scalar written as itself or by an escape; nil, and `position` as it was, for an escape that is a class.
    private static func single(_ scalars: [Unicode.Scalar], _ position: inout Int) throws(Failure) -> Unicode.Scalar? {
        guard position < scalars.count else { throw Failure(reason: "a [ without ]") }
        let scalar = scalars[position]
        guard scalar == "\\" else {
            position += 1
            return scalar
        }
        guard position + 1 < scalars.count, !"sSdDwWpP".unicodeScalars.contains(scalars[position + 1]) else {
            return nil
        }
        position += 2
        return try character(scalars[position - 1], scalars, &position)
    }
}
