/// One regular expression of a pre-tokeniser, as a hand-written scanner. Its matches become pieces of their own, and
/// so do the stretches between them.
///
/// Patterns see nothing outside the range they are given: `$` and look-ahead stop at its end, as in a chain of
/// splits, where each expression is applied to the pieces of the one before.
protocol SplitPattern: Sendable {
    /// End of the match that starts at `start`, or nil if none does. `start < end`; a match is never empty.
    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int?

    /// Whether there is a match at every position, so that matches leave no gaps.
    var coversText: Bool { get }

    /// The first match that starts at `start` or later.
    func nextMatch(in text: ScannedText, from start: Int, to end: Int) -> Range<Int>?
}

extension SplitPattern {
    var coversText: Bool { false }

    func nextMatch(in text: ScannedText, from start: Int, to end: Int) -> Range<Int>? {
        var position = start
        while position < end {
            if let matchEnd = matchEnd(in: text, from: position, to: end) { return position..<matchEnd }
            position += text.scalar(at: position).width
        }
        return nil
    }
}

/// A chain of patterns that cuts text into the words that are encoded one by one.
package struct PreTokenizer: Sendable {
    let patterns: [any SplitPattern]

    /// Calls `body` with the words of `range`, in order. They are not empty and cover the range.
    func forEachWord(in text: ScannedText, range: Range<Int>, _ body: (Range<Int>) -> Void) {
        split(text, range, with: 0, body)
    }

    /// The words of `text`.
    package func words(of text: String) -> [String] {
        let text = ScannedText(Array(text.utf8))
        var words: [String] = []
        forEachWord(in: text, range: 0..<text.bytes.count) { word in
            words.append(String(decoding: text.bytes[word], as: UTF8.self))
        }
        return words
    }

    /// Applies the patterns from number `index` on. The depth of the recursion is the number of patterns, at most six.
    private func split(_ text: ScannedText, _ range: Range<Int>, with index: Int, _ body: (Range<Int>) -> Void) {
        guard index < patterns.count else { return body(range) }
        var position = range.lowerBound
        while position < range.upperBound {
            guard let match = patterns[index].nextMatch(in: text, from: position, to: range.upperBound) else {
                return split(text, position..<range.upperBound, with: index + 1, body)
            }
            if position < match.lowerBound { split(text, position..<match.lowerBound, with: index + 1, body) }
            split(text, match, with: index + 1, body)
            position = match.upperBound
        }
    }
}
