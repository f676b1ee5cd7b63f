/// The form of a description that GGUF has keys for.
extension VocabularyDescription {
    /// The same tokenizer with rules that readers of GGUF know: merges in place of scores for byte-level vocabularies,
    /// and SentencePiece's space in front as a rule in place of a step before it.
    func writableForm() throws(TokenizerError) -> VocabularyDescription {
        var form = self
        switch algorithm {
        case .byteLevel(var rules):
            if let scores = rules.scores {
                rules.merges = try merges(from: scores)
                rules.scores = nil
            }
            form.algorithm = .byteLevel(rules)
        case .sentencePiece(var rules):
            guard case .sentencePiece(let normalization)? = normalizer.steps.first else { return form }
            guard normalizer.steps.count == 1, normalization.map == nil, !normalization.removesExtraSpaces else {
                throw notWritable("normalizer", "GGUF cannot say it of byte-pair models")
            }
            rules.spacePrefix = normalization.addsSpacePrefix ? .everyStretch : .none
            form.normalizer.steps = []
            form.algorithm = .sentencePiece(rules)
        case .composed: break
        }
        return form
    }

    /// All ways to make a piece of two others, best score first.
    private func merges(from scores: [Float]) throws(TokenizerError) -> [MergeRule] {
        var table = PieceTable(reserving: pieces.count)
        for piece in pieces { table.append(piece.utf8Span.span) }
        let merged = scores.indices.filter { scores[$0] > -.infinity }.sorted { scores[$0] > scores[$1] }
        guard !zip(merged, merged.dropFirst()).contains(where: { scores[$0] == scores[$1] }) else {
            throw notWritable("scores", "two pieces have the same")
        }
        return merged.flatMap { id in
            pieces[id].unicodeScalars.indices.dropFirst().compactMap { cut in
                let (left, right) = (String(pieces[id][..<cut]), String(pieces[id][cut...]))
                guard table.find(left.utf8Span.span) != nil, table.find(right.utf8Span.span) != nil else { return nil }
                return MergeRule(left: left, right: right)
            }
        }
    }

    func notWritable(_ item: String, _ reason: String) -> TokenizerError {
        TokenizerError(source: source, item: item, reason: reason)
    }
}
