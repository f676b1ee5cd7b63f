/// Parses the regular expressions of pre-tokenisers: literals, sets, groups, alternatives, repetition and look-ahead, as
/// Oniguruma reads them. What it does not know it refuses: a part that was read differently would cut other words.
struct ExpressionParser {
    struct Failure: Error {
        var reason: String
    }

    private var scalars: [Unicode.Scalar]
    private var position = 0
    private var ignoresCase = false
    private var depth = 0
    private static let deepest = 50
    /// Published expressions have some 400 scalars.
    private static let longest = 2048
    /// Bounds of `{m,n}`: a repetition is compiled as so many copies.
    private static let mostCopies = 100

    init(_ expression: String) { scalars = Array(expression.unicodeScalars) }

    static func parse(_ expression: String) throws(Failure) -> ExpressionTree {
        guard expression.unicodeScalars.count <= longest else { throw Failure(reason: "it is too long") }
        var parser = ExpressionParser(expression)
        let tree = try parser.alternatives()
        guard parser.next == nil else { throw Failure(reason: "a ) without (") }
        guard !tree.mayBeEmpty else { throw Failure(reason: "it may match nothing") }
        guard tree.possessionChangesNothing() else {
            throw Failure(reason: "possessive repetition is not supported here")
        }
        return tree
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func skip(_ text: String) -> Bool {
        guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    private mutating func alternatives() throws(Failure) -> ExpressionTree {
        var branches = [try sequence()]
        while skip("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(Failure) -> ExpressionTree {
        var parts: [ExpressionTree] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let part = try atom()
            parts.append(try repeated(part))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func atom() throws(Failure) -> ExpressionTree {
        guard let scalar = next else { throw Failure(reason: "it ends early") }
        switch scalar {
        case "(": return try group()
        case "[": return .set(try SetParser.set(&scalars, &position, ignoringCase: ignoresCase))
        case "\\": return .set(try SetParser.escape(scalars, &position, ignoringCase: ignoresCase))
        case ".":
            position += 1
            return .set(.complement(.scalar("\n")))
        case "$":
            position += 1
            return .lineEnd
        case "^", "*", "+", "?", "{", "}", "]": throw Failure(reason: "\(scalar) is not supported here")
        default:
            position += 1
            return .set(try SetParser.literal(scalar, ignoringCase: ignoresCase))
        }
    }

    private mutating func group() throws(Failure) -> ExpressionTree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw Failure(reason: "it nests too deep") }
        position += 1
        let outerCase = ignoresCase
        defer { ignoresCase = outerCase }
        var sign: Bool?
        if skip("?=") {
            sign = false
        } else if skip("?!") {
            sign = true
        } else if skip("?i:") {
            ignoresCase = true
        } else if !skip("?:"), next == "?" {
            throw Failure(reason: "this kind of group is not supported")
        }
        let body = try alternatives()
        guard skip(")") else { throw Failure(reason: "a ( without )") }
        return sign.map { .lookAhead(body, isNegative: $0) } ?? body
    }

    private mutating func repeated(_ body: ExpressionTree) throws(Failure) -> ExpressionTree {
        let (least, most): (Int, Int?)
        switch next {
        case "?": (least, most) = (0, 1)
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "{":
            (least, most) = try bounds()
            position -= 1
        default: return body
        }
        let hasBounds = next == "}"
        position += 1
        guard !body.mayBeEmpty else { throw Failure(reason: "a repetition of what may be empty") }
        var greed = ExpressionTree.Greed.greedy
        if skip("?") { greed = .lazy } else if skip("+") { greed = .possessive }
        // In Oniguruma `{1,3}+` repeats the repetition; elsewhere it is possessive.
        guard greed == .greedy || !hasBounds else { throw Failure(reason: "a sign after { }") }
        guard !"?*+{".unicodeScalars.contains(next ?? "a") else {
            throw Failure(reason: "a repetition of a repetition")
        }
        return .repetition(body, least: least, most: most, greed)
    }

    /// `{m}`, `{m,}`, `{m,n}` or `{,n}`; ends after the brace.
    private mutating func bounds() throws(Failure) -> (Int, Int?) {
        position += 1
        let least = number()
        let hasComma = skip(",")
        let most = hasComma ? number() : least
        guard skip("}"), least != nil || most != nil, (least ?? 0) <= (most ?? .max), (most ?? 1) > 0,
            max(least ?? 0, most ?? 0) <= Self.mostCopies
        else { throw Failure(reason: "bounds in { } that are not supported") }
        return (least ?? 0, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar), (value ?? 0) <= Self.mostCopies {
            value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
            position += 1
        }
        return value
    }
}
