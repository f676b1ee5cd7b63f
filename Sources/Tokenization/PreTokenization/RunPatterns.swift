/// Runs of one class of scalars, after at most one whitespace where `takesSpace`: `\p{N}{1,3}`, `\s?\p{L}+`, …
struct RunPattern: SplitPattern {
    /// Must not hold whitespace where `takesSpace`.
    var classes: ScalarClass
    var atMost = Int.max
    var takesSpace = false

    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        let wordStart = takesSpace ? text.afterWhitespace(at: start, before: end) ?? start : start
        let runEnd = text.run(of: classes, atMost: atMost, from: wordStart, to: end)
        return runEnd > wordStart ? runEnd : nil
    }
}

/// `[\p{P}…]+`: runs of punctuation and some ASCII symbols.
struct PunctuationPattern: SplitPattern {
    var symbols: StaticString

    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        var position = start
        while position < end {
            let punctuationEnd = text.run(of: .punctuation, from: position, to: end)
            let runEnd = text.run(ofBytes: symbols, from: punctuationEnd, to: end)
            if runEnd == position { break }
            position = runEnd
        }
        return position > start ? position : nil
    }
}

/// Runs of scalars in listed ranges, after at most one whitespace where `takesSpace`.
struct RangePattern: SplitPattern {
    var set: ScalarRanges
    var atMost = Int.max
    var takesSpace = false

    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        // The class may hold whitespace itself (U+3000), so the space is tried first, as a greedy `\s?` is.
        if takesSpace, let afterSpace = text.afterWhitespace(at: start, before: end) {
            let spacedEnd = runEnd(in: text, from: afterSpace, to: end)
            if spacedEnd > afterSpace { return spacedEnd }
        }
        let runEnd = runEnd(in: text, from: start, to: end)
        return runEnd > start ? runEnd : nil
    }

    private func runEnd(in text: ScannedText, from start: Int, to end: Int) -> Int {
        var position = start
        var count = 0
        while position < end, count < atMost {
            let (scalar, width) = text.scalar(at: position)
            guard set.contains(scalar) else { break }
            position += width
            count += 1
        }
        return position
    }
}

/// `[0-9][0-9][0-9]`: exactly three digits.
struct ThreeDigitsPattern: SplitPattern {
    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        guard start + 3 <= end else { return nil }
        return text.run(ofBytes: "0123456789", from: start, to: start + 3) == start + 3 ? start + 3 : nil
    }
}

/// `\s+$`: the whitespace that ends the range.
struct TrailingWhitespacePattern: SplitPattern {
    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        let runEnd = text.run(of: .whitespace, from: start, to: end)
        return runEnd == end ? end : nil
    }

    /// Looks back from the end: trying every position would take quadratic time on text with long runs of whitespace.
    func nextMatch(in text: ScannedText, from start: Int, to end: Int) -> Range<Int>? {
        var position = end
        while position > start {
            let previous = text.previous(position)
            guard text.scalarClass(at: previous).class.contains(.whitespace) else { break }
            position = previous
        }
        return position < end ? position..<end : nil
    }
}

/// DeepSeek-V3's last expression. Unlike the others it leaves gaps, for instance at control characters:
/// `[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
struct DeepSeekV3Pattern: SplitPattern {
    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        let (first, width) = text.scalarClass(at: start)
        if text.bytes[start] < 0x80, !first.isDisjoint(with: [.punctuation, .symbol]) {
            let lettersEnd = asciiLettersEnd(in: text, from: start + 1, to: end)
            if lettersEnd > start + 1 { return lettersEnd }
        }
        if let wordEnd = wordEnd(in: text, from: start, to: end, first, width) { return wordEnd }
        let runStart = text.bytes[start] == UInt8(ascii: " ") ? start + 1 : start
        let runEnd = text.run(of: [.punctuation, .symbol], from: runStart, to: end)
        if runEnd > runStart { return text.run(ofBytes: "\r\n", from: runEnd, to: end) }
        return first.contains(.whitespace) ? text.lineOrWhitespaceEnd(from: start, to: end) : nil
    }

    private func wordEnd(
        in text: ScannedText, from start: Int, to end: Int, _ first: ScalarClass, _ width: Int
    ) -> Int? {
        if !first.isDisjoint(with: [.letter, .mark]) { return text.run(of: [.letter, .mark], from: start, to: end) }
        guard first.isDisjoint(with: [.punctuation, .symbol]), !text.isLineBreak(at: start) else { return nil }
        let wordEnd = text.run(of: [.letter, .mark], from: start + width, to: end)
        return wordEnd > start + width ? wordEnd : nil
    }

    private func asciiLettersEnd(in text: ScannedText, from start: Int, to end: Int) -> Int {
        var position = start
        while position < end, text.bytes[position] < 0x80,
            !text.scalarClass(at: position).class.isDisjoint(with: .letter)
        {
            position += 1
        }
        return position
    }
}

extension ScannedText {
    /// The position after the whitespace at `start`, if there is one and text follows it.
    fileprivate func afterWhitespace(at start: Int, before end: Int) -> Int? {
        let (first, width) = scalarClass(at: start)
        return first.contains(.whitespace) && start + width < end ? start + width : nil
    }
}
