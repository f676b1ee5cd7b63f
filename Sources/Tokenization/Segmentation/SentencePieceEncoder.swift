/// SentencePiece BPE: characters are merged, with `▁` for a space; what has no piece is written as bytes.
final class SentencePieceEncoder: StretchEncoder {
    /// Where text may be cut into words that merge separately.
    private enum Cutting {
        case never
        /// Before every `▁`.
        case atSpaces
        /// Before a `▁` that follows another character.
        case afterWords
    }

    let vocabulary: Vocabulary
    let table: MergeTable
    private let rules: SentencePieceRules
    private let cutting: Cutting
    /// The symbol of each ASCII character, with `▁` for the space.
    private let asciiSymbols: [Int32]
    private let spaceSymbol: Int32
    /// The tokens `<0x00>` to `<0xFF>`, nil where the vocabulary lacks one.
    private let byteTokens: [TokenID?]
    private let unknown: TokenID?

    init(
        _ rules: SentencePieceRules, pieces: inout PieceTable, kinds: [VocabularyDescription.Kind], unknown: TokenID?
    ) {
        switch rules.merging {
        case .scores(let scores): table = MergeTable(scores: scores, pieces: &pieces)
        case .ranks(let merges): table = MergeTable(merges, pieces: &pieces)
        }
        self.rules = rules
        self.unknown = unknown
        vocabulary = Vocabulary(pieces: pieces, kinds: kinds, writing: .sentencePiece)
        spaceSymbol = pieces.find(SpaceMark.utf8.span) ?? Self.symbol(withoutPiece: SpaceMark.scalar)
        let space = spaceSymbol
        asciiSymbols = (0..<0x80).map { (byte: UInt8) in
            if byte == UInt8(ascii: " ") { return space }
            return pieces.find([byte].span) ?? Self.symbol(withoutPiece: UInt32(byte))
        }
        byteTokens = Self.byteTokens(in: vocabulary)
        cutting = rules.splitsAtSpaces ? .atSpaces : Self.safeCutting(table, pieces, space)
    }

    func encode(_ text: ScannedText, _ range: Range<Int>, with merger: inout WordMerger, into output: inout [TokenID]) {
        merger.symbols.removeAll(keepingCapacity: true)
        if getsSpacePrefix(text, range) { merger.symbols.append(spaceSymbol) }
        var position = range.lowerBound
        while position < range.upperBound {
            let (symbol, width) = symbol(in: text, at: position)
            if symbol == spaceSymbol, isCut(after: merger.symbols.last) { finishWord(with: &merger, into: &output) }
            merger.symbols.append(symbol)
            position += width
        }
        finishWord(with: &merger, into: &output)
    }

    private func getsSpacePrefix(_ text: ScannedText, _ range: Range<Int>) -> Bool {
        switch rules.spacePrefix {
        case .none: return false
        case .startOfText where range.lowerBound > 0 || !text.startsText: return false
        case .everyStretch, .startOfText:
            return !rules.keepsLeadingSpace || symbol(in: text, at: range.lowerBound).symbol != spaceSymbol
        }
    }

    private func isCut(after last: Int32?) -> Bool {
        guard let last else { return false }
        switch cutting {
        case .never: return false
        case .atSpaces: return true
        case .afterWords: return last != spaceSymbol
        }
    }

    private func finishWord(with merger: inout WordMerger, into output: inout [TokenID]) {
        merger.merge()
        var followsUnknown = false
        for symbol in merger.symbols {
            if vocabulary.contains(symbol) {
                output.append(symbol)
                followsUnknown = false
            } else if !appendBytes(of: symbol, to: &output) {
                if let unknown, !(rules.fusesUnknown && followsUnknown) { output.append(unknown) }
                followsUnknown = true
            }
        }
        merger.symbols.removeAll(keepingCapacity: true)
    }

    private func appendBytes(of symbol: Int32, to output: inout [TokenID]) -> Bool {
        guard rules.fallsBackToBytes else { return false }
        let bytes =
            symbol < 0
            ? Unicode.Scalar(UInt32(-1 - symbol)).map { Array(String($0).utf8) } ?? []
            : Array(vocabulary.pieces[symbol])
        let tokens = bytes.compactMap { byteTokens[Int($0)] }
        guard tokens.count == bytes.count else { return false }
        output += tokens
        return true
    }

    private func symbol(in text: ScannedText, at position: Int) -> (symbol: Int32, width: Int) {
        let byte = text.bytes[position]
        if byte < 0x80 { return (asciiSymbols[Int(byte)], 1) }
        let (scalar, width) = text.scalar(at: position)
        let piece = text.bytes.span.extracting(position..<(position + width))
        return (vocabulary.pieces.find(piece) ?? Self.symbol(withoutPiece: scalar), width)
    }

    /// A character without a piece keeps its scalar value, as a negative number that never merges.
    private static func symbol(withoutPiece scalar: UInt32) -> Int32 {
        -1 - Int32(scalar)
    }

    /// Byte tokens as `<0x0A>`, or where those are missing as the one-byte piece.
    static func byteTokens(in vocabulary: Vocabulary) -> [TokenID?] {
        (0...UInt8.max).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            let written = "<0x" + (digits.count < 2 ? "0" : "") + digits + ">"
            return vocabulary.id(of: written.utf8Span.span) ?? vocabulary.id(of: [byte].span)
        }
    }

    /// If no merge makes a piece that has a `▁` after another character, no merge ever crosses such a place, and words
    /// can be merged one by one. Short words merge much faster than a whole text.
    private static func safeCutting(_ table: MergeTable, _ pieces: PieceTable, _ space: Int32) -> Cutting {
        guard space >= 0 else { return .never }
        for result in Set(table.results) {
            let characters = String(decoding: pieces[result], as: UTF8.self).unicodeScalars
            let afterSpaces = characters.drop { $0.value == SpaceMark.scalar }
            if afterSpaces.contains(where: { $0.value == SpaceMark.scalar }) { return .never }
        }
        return .afterWords
    }
}
