/// A regular expression, parsed.
indirect enum ExpressionTree: Sendable {
    case set(ScalarSet)
    case sequence([ExpressionTree])
    case alternatives([ExpressionTree])
    /// `most` nil: without bound.
    case repetition(ExpressionTree, least: Int, most: Int?, Greed)
    /// `(?=…)` and `(?!…)`.
    case lookAhead(ExpressionTree, isNegative: Bool)
    case lineEnd

    enum Greed: Sendable {
        case greedy, lazy
        /// Keeps what it has taken: no backtracking into it.
        case possessive
    }

    /// Whether the expression may match without taking a scalar.
    var mayBeEmpty: Bool {
        switch self {
        case .set: false
        case .sequence(let parts): parts.allSatisfy(\.mayBeEmpty)
        case .alternatives(let branches): branches.contains(where: \.mayBeEmpty)
        case .repetition(let body, let least, _, _): least == 0 || body.mayBeEmpty
        case .lookAhead, .lineEnd: true
        }
    }

    /// The sets of scalars with which a match may begin.
    var firstSets: [ScalarSet] {
        switch self {
        case .set(let set): [set]
        case .sequence(let parts): Self.firstSets(of: parts[...])
        case .alternatives(let branches): branches.flatMap(\.firstSets)
        case .repetition(let body, _, _, _): body.firstSets
        case .lookAhead, .lineEnd: []
        }
    }

    static func firstSets(of parts: ArraySlice<ExpressionTree>) -> [ScalarSet] {
        var sets: [ScalarSet] = []
        for part in parts {
            sets += part.firstSets
            if !part.mayBeEmpty { break }
        }
        return sets
    }

    var hasAssertion: Bool {
        switch self {
        case .set: false
        case .sequence(let parts), .alternatives(let parts): parts.contains(where: \.hasAssertion)
        case .repetition(let body, _, _, _): body.hasAssertion
        case .lookAhead, .lineEnd: true
        }
    }

    /// Whether every possessive repetition is the same as a greedy one: what comes after it in its sequence cannot begin
    /// with anything that it takes. `after` is what follows the expression.
    func possessionChangesNothing(before after: ArraySlice<ExpressionTree> = []) -> Bool {
        switch self {
        case .set, .lineEnd: return true
        case .lookAhead(let body, _): return body.possessionChangesNothing()
        case .alternatives(let branches): return branches.allSatisfy { $0.possessionChangesNothing(before: after) }
        case .sequence(let parts):
            return parts.indices.allSatisfy { index in
                parts[index].possessionChangesNothing(before: parts[(index + 1)...] + after)
            }
        case .repetition(let body, _, _, let greed):
            // Of a repeated group the start may come after the end.
            guard greed == .possessive else { return body.possessionChangesNothing(before: [self] + after) }
            guard case .set(let taken) = body else { return false }
            guard !after.contains(where: \.hasAssertion) else { return false }
            let next = Self.firstSets(of: after).map(IndexedScalarSet.init)
            return !(0..<0x20000).contains { scalar in taken.contains(scalar) && next.contains { $0.contains(scalar) } }
        }
    }
}
