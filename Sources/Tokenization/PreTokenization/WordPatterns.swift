/// GPT-2's expression, which matches everywhere:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
struct GPT2Pattern: SplitPattern {
    let coversText = true

    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        if let contraction = text.contractionEnd(from: start, to: end, ignoringCase: false) { return contraction }
        let wordStart = text.bytes[start] == UInt8(ascii: " ") && start + 1 < end ? start + 1 : start
        let first = text.scalarClass(at: wordStart).class
        if !first.isDisjoint(with: .letter) { return text.run(of: .letter, from: wordStart, to: end) }
        if first.contains(.number) { return text.run(of: .number, from: wordStart, to: end) }
        if first.contains(.whitespace) { return text.whitespaceEnd(from: start, to: end) }
        return text.run(outside: [.letter, .number, .whitespace], from: wordStart, to: end)
    }
}

/// The expressions of Llama 3 and Qwen 2 and their relatives, which match everywhere:
/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
struct Llama3Pattern: SplitPattern {
    /// Most digits in one piece: 3 for Llama 3, 1 for Qwen 2.
    var digits: Int
    /// What words are made of: letters, or for Qwen 3.5 `[\p{L}\p{M}]`.
    var word: ScalarClass = .letter
    let coversText = true

    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        if let contraction = text.contractionEnd(from: start, to: end, ignoringCase: true) { return contraction }
        let (first, width) = text.scalarClass(at: start)
        if !first.isDisjoint(with: word) { return text.run(of: word, from: start, to: end) }
        if first.contains(.number) { return text.run(of: .number, atMost: digits, from: start, to: end) }
        if start + width < end, !text.isLineBreak(at: start) {
            let wordEnd = text.run(of: word, from: start + width, to: end)
            if wordEnd > start + width { return wordEnd }
        }
        return text.punctuationOrWhitespaceEnd(
            from: start, to: end, outside: word.union([.letter, .number, .whitespace]), tail: "\r\n")
    }
}

/// The expressions of GPT-4o (`o200k_base`) and Mistral's Tekken, which cut words where lower case ends and match
/// everywhere: `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|…)?`, or the same
/// with `+` and `*` exchanged, then `|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
struct CasedWordPattern: SplitPattern {
    /// Most digits in one piece: 3 for GPT-4o, 1 for Tekken.
    var digits: Int
    /// Whether `'s`, `'re`, … stay with the word before them, as in GPT-4o.
    var keepsContractions: Bool
    let coversText = true

    private static let head: ScalarClass = [.upper, .uncased, .mark]
    private static let tail: ScalarClass = [.lower, .uncased, .mark]

    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        let (first, width) = text.scalarClass(at: start)
        if let wordEnd = wordEnd(in: text, from: start, to: end, first, width) {
            guard keepsContractions else { return wordEnd }
            return text.contractionEnd(from: wordEnd, to: end, ignoringCase: true) ?? wordEnd
        }
        if first.contains(.number) { return text.run(of: .number, atMost: digits, from: start, to: end) }
        return text.punctuationOrWhitespaceEnd(
            from: start, to: end, outside: [.letter, .number, .whitespace], tail: "\r\n/")
    }

    /// Both word alternatives, each first with and then without the scalar that may stand before the word: the order
    /// in which a backtracking engine tries them.
    private func wordEnd(
        in text: ScannedText, from start: Int, to end: Int, _ first: ScalarClass, _ width: Int
    ) -> Int? {
        let takesPrefix = first.isDisjoint(with: [.letter, .number]) && !text.isLineBreak(at: start)
        let afterPrefix = takesPrefix && start + width < end ? start + width : nil
        return afterPrefix.flatMap { lowerEnd(in: text, from: $0, to: end) }
            ?? lowerEnd(in: text, from: start, to: end)
            ?? afterPrefix.flatMap { upperEnd(in: text, from: $0, to: end) }
            ?? upperEnd(in: text, from: start, to: end)
    }

    /// `[head]*[tail]+`. If no tail follows the head, the head gives back scalars until one of them can be the tail.
    private func lowerEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        let headEnd = text.run(of: Self.head, from: start, to: end)
        let tailEnd = text.run(of: Self.tail, from: headEnd, to: end)
        if tailEnd > headEnd { return tailEnd }
        var position = headEnd
        while position > start {
            let previous = text.previous(position)
            if !text.scalarClass(at: previous).class.isDisjoint(with: Self.tail) { return position }
            position = previous
        }
        return nil
    }

    /// `[head]+[tail]*` where `[head]*[tail]+` has failed, so that no tail follows the head.
    private func upperEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        let headEnd = text.run(of: Self.head, from: start, to: end)
        return headEnd > start ? headEnd : nil
    }
}

extension ScannedText {
    /// ` ?[^classes]+[tail]*|\s*[\r\n]+|\s+(?!\S)|\s+`, where the scalar at `start` is in none of `classes` but
    /// possibly whitespace.
    fileprivate func punctuationOrWhitespaceEnd(
        from start: Int, to end: Int, outside classes: ScalarClass, tail: StaticString
    ) -> Int {
        let runStart = bytes[start] == UInt8(ascii: " ") ? start + 1 : start
        let runEnd = run(outside: classes, from: runStart, to: end)
        if runEnd > runStart { return run(ofBytes: tail, from: runEnd, to: end) }
        return lineOrWhitespaceEnd(from: start, to: end)
    }
}
