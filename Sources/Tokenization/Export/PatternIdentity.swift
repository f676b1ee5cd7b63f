/// What a pattern matches, in a form that can be compared: patterns are equal if their identities are.
enum PatternIdentity: Hashable {
    /// Stands for any limit on the digits in a word, where limits change nothing.
    static let anyLimit = 0

    case gpt2, threeDigits, trailingWhitespace, deepSeekV3
    case llama3(digits: Int, word: ScalarClass)
    case casedWord(digits: Int, keepsContractions: Bool)
    case punctuation(symbols: String)
    case run(ScalarClass, atMost: Int, takesSpace: Bool)
    case range([ClosedRange<UInt32>], atMost: Int, takesSpace: Bool)

    /// Nil for patterns that no named pre-tokeniser has.
    init?(_ pattern: any SplitPattern) {
        switch pattern {
        case is GPT2Pattern: self = .gpt2
        case is ThreeDigitsPattern: self = .threeDigits
        case is TrailingWhitespacePattern: self = .trailingWhitespace
        case is DeepSeekV3Pattern: self = .deepSeekV3
        case let pattern as Llama3Pattern: self = .llama3(digits: pattern.digits, word: pattern.word)
        case let pattern as CasedWordPattern:
            self = .casedWord(digits: pattern.digits, keepsContractions: pattern.keepsContractions)
        case let pattern as PunctuationPattern: self = .punctuation(symbols: "\(pattern.symbols)")
        case let pattern as RunPattern:
            self = .run(pattern.classes, atMost: pattern.atMost, takesSpace: pattern.takesSpace)
        case let pattern as RangePattern:
            let ranges = Self.joined(pattern.set.ranges)
            self = .range(ranges, atMost: pattern.atMost, takesSpace: pattern.takesSpace)
        default: return nil
        }
    }

    /// The identities of a chain, or nil if one has none.
    static func chain(_ preTokenizer: PreTokenizer) -> [PatternIdentity]? {
        let chain = preTokenizer.patterns.compactMap { PatternIdentity($0) }
        return chain.count == preTokenizer.patterns.count ? chain : nil
    }

    /// The identity without the limit on how many digits make a word. Patterns that differ in it only cut runs of
    /// numbers differently: no other alternative begins or ends within such a run.
    var withoutDigitLimit: PatternIdentity {
        switch self {
        case .llama3(_, let word): .llama3(digits: Self.anyLimit, word: word)
        case .casedWord(_, let keeps): .casedWord(digits: Self.anyLimit, keepsContractions: keeps)
        case .run(.number, _, takesSpace: false): .run(.number, atMost: Self.anyLimit, takesSpace: false)
        default: self
        }
    }

    /// Ranges that touch as one: files list them as they like.
    private static func joined(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var joined: [ClosedRange<UInt32>] = []
        for range in ranges {
            if let last = joined.last, last.upperBound + 1 == range.lowerBound {
                joined[joined.count - 1] = last.lowerBound...range.upperBound
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}
