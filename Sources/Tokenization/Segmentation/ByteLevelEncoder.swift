/// Byte-level BPE: text is cut into words, the bytes of each word are merged.
final class ByteLevelEncoder: StretchEncoder {
    let vocabulary: Vocabulary
    let table: MergeTable
    private let preTokenizer: PreTokenizer
    private let ignoresMerges: Bool
    private let addsSpacePrefix: Bool
    /// The symbol of each byte. Those that are not in the vocabulary have numbers beyond it.
    private let byteSymbols: [Int32]
    /// What a byte without a piece becomes; nothing if nil.
    private let unknown: TokenID?

    init(_ rules: ByteLevelRules, pieces: inout PieceTable, kinds: [VocabularyDescription.Kind], unknown: TokenID?) {
        byteSymbols = ByteAlphabet.written.map { pieces.intern($0.span) }
        if let scores = rules.scores {
            table = MergeTable(scores: scores, pieces: &pieces)
        } else {
            table = MergeTable(rules.merges, pieces: &pieces)
        }
        vocabulary = Vocabulary(pieces: pieces, kinds: kinds, writing: .byteAlphabet)
        preTokenizer = rules.preTokenizer
        ignoresMerges = rules.ignoresMerges
        addsSpacePrefix = rules.addsSpacePrefix
        self.unknown = unknown
    }

    func encode(_ text: ScannedText, _ range: Range<Int>, with merger: inout WordMerger, into output: inout [TokenID]) {
        if addsSpacePrefix, text.bytes[range.lowerBound] != UInt8(ascii: " ") {
            let spaced = ScannedText([UInt8(ascii: " ")] + text.bytes[range])
            return encodeWords(of: spaced, 0..<spaced.bytes.count, with: &merger, into: &output)
        }
        encodeWords(of: text, range, with: &merger, into: &output)
    }

    private func encodeWords(
        of text: ScannedText, _ range: Range<Int>, with merger: inout WordMerger, into output: inout [TokenID]
    ) {
        preTokenizer.forEachWord(in: text, range: range) { word in
            if ignoresMerges, let token = token(of: text.bytes[word]) { return output.append(token) }
            merger.symbols.removeAll(keepingCapacity: true)
            for position in word { merger.symbols.append(byteSymbols[Int(text.bytes[position])]) }
            merger.merge()
            for symbol in merger.symbols { append(symbol, to: &output) }
        }
    }

    /// The token that is the whole word.
    private func token(of word: ArraySlice<UInt8>) -> TokenID? {
        guard word.count <= vocabulary.longestPiece else { return nil }
        var written: [UInt8] = []
        written.reserveCapacity(2 * word.count)
        for byte in word { written += ByteAlphabet.written[Int(byte)] }
        return vocabulary.id(of: written.span)
    }

    private func append(_ symbol: Int32, to output: inout [TokenID]) {
        if vocabulary.contains(symbol) { return output.append(symbol) }
        for byte in vocabulary.bytes(of: symbol) {
            let byteSymbol = byteSymbols[Int(byte)]
            if vocabulary.contains(byteSymbol) {
                output.append(byteSymbol)
            } else if let unknown {
                output.append(unknown)
            }
        }
    }
}
