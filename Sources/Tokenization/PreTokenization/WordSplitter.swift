/// The pre-tokeniser of a `tokenizer.json` in its general form: steps that each cut or rewrite the words of the one
/// before. The common ones of byte-level vocabularies have a faster form, `PreTokenizer`.
struct WordSplitter: Sendable {
    enum Step: Sendable {
        case split(any SplitPattern, Behavior, inverted: Bool)
        case metaspace(SentencePieceRules.SpacePrefix, splits: Bool)
        case byteLevel(addsSpacePrefix: Bool, splits: Bool)
    }

    /// What becomes of the matches of a pattern.
    enum Behavior: String, Sendable {
        case removed = "Removed"
        case isolated = "Isolated"
        case mergedWithPrevious = "MergedWithPrevious"
        case mergedWithNext = "MergedWithNext"
        /// Like isolated, with neighbouring matches in one.
        case contiguous = "Contiguous"
    }

    /// A word, and whether it is where the text begins.
    private struct Word {
        var bytes: [UInt8]
        var startsText: Bool
    }

    var steps: [Step] = []

    /// The words of `text`, which is valid UTF-8. `startsText`: nothing stands before it.
    func words(of text: ArraySlice<UInt8>, startsText: Bool) -> [[UInt8]] {
        var words = [Word(bytes: Array(text), startsText: startsText)]
        for step in steps {
            words = words.flatMap { applied(step, to: $0) }.filter { !$0.bytes.isEmpty }
        }
        return words.map(\.bytes)
    }

    private func applied(_ step: Step, to word: Word) -> [Word] {
        switch step {
        case .split(let pattern, let behavior, let inverted):
            return Self.cut(word, Self.parts(of: word.bytes, pattern, behavior, inverted))
        case .metaspace(let prefix, let splits): return Self.metaspace(word, prefix, splits)
        case .byteLevel(let addsSpacePrefix, let splits):
            var word = word
            let space = UInt8(ascii: " ")
            if addsSpacePrefix, word.bytes.first != space { word.bytes.insert(space, at: 0) }
            let words = splits ? Self.cut(word, Self.parts(of: word.bytes, GPT2Pattern(), .isolated, false)) : [word]
            return words.map { word in
                Word(bytes: word.bytes.flatMap { ByteAlphabet.written[Int($0)] }, startsText: word.startsText)
            }
        }
    }

    private static func cut(_ word: Word, _ ranges: [Range<Int>]) -> [Word] {
        ranges.map { Word(bytes: Array(word.bytes[$0]), startsText: word.startsText && $0.lowerBound == 0) }
    }

    private static func metaspace(_ word: Word, _ prefix: SentencePieceRules.SpacePrefix, _ splits: Bool) -> [Word] {
        var marked: [UInt8] = []
        for byte in word.bytes {
            if byte == UInt8(ascii: " ") { marked += SpaceMark.utf8 } else { marked.append(byte) }
        }
        let wantsPrefix =
            switch prefix {
            case .none: false
            case .everyStretch: true
            case .startOfText: word.startsText
            }
        if wantsPrefix, !marked.starts(with: SpaceMark.utf8) { marked = SpaceMark.utf8 + marked }
        let whole = Word(bytes: marked, startsText: word.startsText)
        guard splits else { return [whole] }
        return cut(whole, parts(of: marked, LiteralPattern(text: SpaceMark.utf8), .mergedWithNext, false))
    }

    /// The ranges that a split leaves.
    private static func parts(
        of bytes: [UInt8], _ pattern: any SplitPattern, _ behavior: Behavior, _ inverted: Bool
    ) -> [Range<Int>] {
        let pieces = matches(of: bytes, pattern).map { (range: $0.range, isMatch: $0.isMatch != inverted) }
        var parts: [Range<Int>] = []
        var (lastWasMatch, joinsNext) = (false, false)
        for (range, isMatch) in pieces {
            let joins =
                switch behavior {
                case .removed, .isolated: false
                case .contiguous: !parts.isEmpty && isMatch == lastWasMatch
                case .mergedWithPrevious: !parts.isEmpty && isMatch && !lastWasMatch
                case .mergedWithNext: joinsNext && !isMatch
                }
            if joins {
                parts[parts.count - 1] = parts[parts.count - 1].lowerBound..<range.upperBound
            } else if !(behavior == .removed && isMatch) {
                parts.append(range)
            }
            (lastWasMatch, joinsNext) = (isMatch, isMatch)
        }
        return parts
    }

    private static func matches(
        of bytes: [UInt8], _ pattern: any SplitPattern
    ) -> [(range: Range<Int>, isMatch: Bool)] {
        let text = ScannedText(bytes)
        var pieces: [(range: Range<Int>, isMatch: Bool)] = []
        var position = 0
        while let match = pattern.nextMatch(in: text, from: position, to: bytes.count) {
            if position < match.lowerBound { pieces.append((position..<match.lowerBound, false)) }
            pieces.append((match, true))
            position = match.upperBound
        }
        if position < bytes.count { pieces.append((position..<bytes.count, false)) }
        return pieces
    }
}

extension WordSplitter.Step {
    /// How many times as long the step may make text.
    var growth: Int {
        switch self {
        case .split: 1
        case .metaspace: 3
        case .byteLevel: 2
        }
    }
}

/// Runs of scalars of one of several sets, of the first that has any.
struct SetPattern: SplitPattern {
    private let sets: [IndexedScalarSet]
    private let atMost: Int

    init(alternatives: [ScalarSet], atMost: Int = .max) {
        sets = alternatives.map(IndexedScalarSet.init)
        self.atMost = atMost
    }

    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        guard let set = sets.first(where: { $0.contains(text.scalar(at: start).value) }) else { return nil }
        var (position, count) = (start, 0)
        while position < end, count < atMost {
            let (scalar, width) = text.scalar(at: position)
            guard set.contains(scalar) else { break }
            position += width
            count += 1
        }
        return position
    }
}

/// A text that stands for itself.
struct LiteralPattern: SplitPattern {
    /// Not empty.
    var text: [UInt8]

    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        guard end - start >= self.text.count else { return nil }
        for (offset, byte) in self.text.enumerated() where text.bytes[start + offset] != byte { return nil }
        return start + self.text.count
    }
}
