extension VocabularyDescription {
    /// Longest added token, in bytes. Looking for one takes time proportional to its length at every byte of a text.
    private static let longestAddedToken = 1024
    /// Largest sum of squared lengths of pieces with scores, to which the time of deriving merges is proportional. A
    /// vocabulary of 262,144 pieces has some 20 million.
    private static let largestSquares = 1 << 30

    /// Checks what readers of both formats leave to this place: that all ids are in the vocabulary and that indexing it
    /// takes no unreasonable time.
    func checkLimits() throws(TokenizerError) {
        guard !pieces.isEmpty, pieces.count < Int(Int32.max) else {
            throw TokenizerError(source: source, reason: "a vocabulary of \(pieces.count) pieces")
        }
        precondition(kinds.count == pieces.count, "readers give every piece a kind")
        try checkIDs()
        for token in addedTokens { try checkLength(of: token) }
        let scores: [Float]
        switch algorithm {
        case .byteLevel(let rules):
            guard let given = rules.scores else { return }
            scores = given
        case .sentencePiece(let rules):
            guard case .scores(let given) = rules.merging else { return }
            scores = given
        case .composed: return
        }
        precondition(scores.count == pieces.count, "readers give every piece a score")
        guard !scores.contains(where: \.isNaN) else {
            throw TokenizerError(source: source, item: "scores", reason: "a score is not a number")
        }
        let squares = pieces.reduce(0) { sum, piece in
            let length = min(piece.utf8.count, Self.largestSquares)
            return min(sum + length * length, Self.largestSquares + 1)
        }
        guard squares <= Self.largestSquares else {
            throw TokenizerError(source: source, item: "pieces", reason: "are too long to derive merges from scores")
        }
    }

    private func checkIDs() throws(TokenizerError) {
        let ids: [(String, [TokenID])] = [
            ("begin-of-text token", [beginOfText].compactMap { $0 }),
            ("end-of-text token", [endOfText].compactMap { $0 }), ("unknown token", [unknown].compactMap { $0 }),
            ("token before the text", prefix), ("token after the text", suffix),
            ("end-of-generation token", endOfGeneration.sorted()), ("added token", addedTokens.map(\.id)),
        ]
        for (role, ids) in ids {
            guard let bad = ids.first(where: { $0 < 0 || Int($0) >= pieces.count }) else { continue }
            throw TokenizerError(
                source: source, item: role, reason: "id \(bad) is outside the vocabulary of \(pieces.count) pieces")
        }
    }

    private func checkLength(of token: AddedToken) throws(TokenizerError) {
        let length = pieces[Int(token.id)].utf8.count
        guard length > Self.longestAddedToken else { return }
        throw TokenizerError(
            source: source, item: "token \(token.id)",
            reason: "an added token of \(length) bytes; the limit is \(Self.longestAddedToken)")
    }
}
