/// Vocabularies in general: text is cut into words, and a model makes pieces of each word. Exact for every combination
/// of pre-tokeniser and model, and slower than the encoders for one family each.
final class ComposedEncoder: StretchEncoder {
    let vocabulary: Vocabulary
    let table: MergeTable
    private let rules: ComposedRules
    private let unigram: UnigramModel?
    private let bytes: [TokenID?]
    private let unknown: TokenID?

    init(_ rules: ComposedRules, pieces: inout PieceTable, kinds: [VocabularyDescription.Kind], unknown: TokenID?) {
        self.rules = rules
        self.unknown = unknown
        switch rules.model {
        case .merges(let merges, _):
            table = MergeTable(merges, pieces: &pieces)
            unigram = nil
        case .unigram(let scores, let tokens, let lowest):
            table = MergeTable(reserving: 0)
            unigram = UnigramModel(scores: scores, lowest: lowest, tokens: tokens, pieces: pieces)
        }
        vocabulary = Vocabulary(pieces: pieces, kinds: kinds, writing: rules.writing)
        bytes = SentencePieceEncoder.byteTokens(in: vocabulary)
    }

    func encode(_ text: ScannedText, _ range: Range<Int>, with merger: inout WordMerger, into output: inout [TokenID]) {
        for word in rules.splitter.words(of: text.bytes[range], startsText: text.startsText && range.lowerBound == 0) {
            if let unigram {
                for segment in unigram.segments(of: word[...]) { append(segment, of: word, to: &output) }
            } else {
                encode(word, with: &merger, into: &output)
            }
        }
    }

    private func append(_ segment: UnigramModel.Segment, of word: [UInt8], to output: inout [TokenID]) {
        if let token = segment.token { return output.append(token) }
        if !appendBytes(word[segment.range], to: &output), let unknown { output.append(unknown) }
    }

    private func encode(_ word: [UInt8], with merger: inout WordMerger, into output: inout [TokenID]) {
        if case .merges(_, ignoresMerges: true) = rules.model, let token = vocabulary.id(of: word.span) {
            return output.append(token)
        }
        merger.symbols.removeAll(keepingCapacity: true)
        let text = ScannedText(word)
        var position = 0
        while position < word.count {
            let (scalar, width) = text.scalar(at: position)
            let piece = word.span.extracting(position..<(position + width))
            // A character without a piece keeps its scalar value, as a negative number that never merges.
            merger.symbols.append(vocabulary.pieces.find(piece) ?? -1 - Int32(scalar))
            position += width
        }
        merger.merge()
        var followsUnknown = false
        for symbol in merger.symbols {
            if vocabulary.contains(symbol) {
                output.append(symbol)
                followsUnknown = false
            } else if !appendBytes(spelling(of: symbol)[...], to: &output) {
                if let unknown, !(rules.fusesUnknown && followsUnknown) { output.append(unknown) }
                followsUnknown = true
            }
        }
    }

    private func spelling(of symbol: Int32) -> [UInt8] {
        guard symbol < 0 else { return Array(vocabulary.pieces[symbol]) }
        return Unicode.Scalar(UInt32(-1 - symbol)).map { Array(String($0).utf8) } ?? []
    }

    private func appendBytes(_ text: ArraySlice<UInt8>, to output: inout [TokenID]) -> Bool {
        guard rules.fallsBackToBytes else { return false }
        let tokens = text.compactMap { bytes[Int($0)] }
        guard tokens.count == text.count else { return false }
        output += tokens
        return true
    }
}
