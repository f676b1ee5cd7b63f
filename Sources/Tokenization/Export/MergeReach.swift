/// Tells whether merging reaches every piece of a byte-level vocabulary: whether a word that is a piece becomes that
/// piece. If so, a rule that such words stay whole changes nothing.
enum MergeReach {
    static func isComplete(_ rules: [MergeRule], _ description: VocabularyDescription) -> Bool {
        var pieces = PieceTable(reserving: description.pieces.count)
        for piece in description.pieces { pieces.append(piece.utf8Span.span) }
        let byteSymbols = ByteAlphabet.written.map { pieces.intern($0.span) }
        var merger = WordMerger(table: MergeTable(rules, pieces: &pieces))
        return description.pieces.indices.allSatisfy { index in
            // Added tokens are found before words are; what is not written in bytes is no word.
            guard description.kinds[index] == .normal, let bytes = ByteAlphabet.decoded(pieces[Int32(index)]) else {
                return true
            }
            merger.symbols = bytes.map { byteSymbols[Int($0)] }
            merger.merge()
            return merger.symbols == [Int32(index)]
        }
    }
}
