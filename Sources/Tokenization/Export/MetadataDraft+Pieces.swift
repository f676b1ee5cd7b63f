import Checkpoints

/// Pieces and their kinds.
extension MetadataDraft {
    /// Adds `tokenizer.ggml.tokens` and `tokenizer.ggml.token_type`. Ids without a piece get `[PAD<id>]`, as in files
    /// of llama.cpp's converter.
    mutating func addPieces(of description: VocabularyDescription) throws(TokenizerError) {
        var pieces = description.pieces
        for index in pieces.indices where pieces[index].isEmpty { pieces[index] = "[PAD\(index)]" }
        try Self.checkDistinct(pieces, description.source)
        add("tokenizer.ggml.tokens", .array(.strings(pieces)))
        add("tokenizer.ggml.token_type", .array(.ints(Self.kinds(of: description).map { Int64($0.rawValue) })))
    }

    /// The kinds as readers of GGUF take them: they look for every unknown token in the text, as the folder does only
    /// for added ones. In unigram models the kind keeps the token from being made of text.
    private static func kinds(of description: VocabularyDescription) -> [VocabularyDescription.Kind] {
        var kinds = description.kinds
        if case .composed = description.algorithm { return kinds }
        for index in kinds.indices where kinds[index] == .unknown { kinds[index] = .normal }
        guard let unknown = description.unknown.map({ Int($0) }) else { return kinds }
        if kinds[unknown] == .control { kinds[unknown] = .unknown }
        return kinds
    }

    /// llama.cpp aborts at a piece that occurs twice.
    private static func checkDistinct(_ pieces: [String], _ source: String) throws(TokenizerError) {
        var table = PieceTable(reserving: pieces.count)
        for (index, piece) in pieces.enumerated() {
            let span = piece.utf8Span.span
            if let first = table.find(span) {
                throw TokenizerError(
                    source: source, item: "token \(index)",
                    reason: "is spelt \(piece.debugDescription) like token \(first), which GGUF does not allow")
            }
            table.append(span)
        }
    }
}
