/// Scores under which a SentencePiece vocabulary merges as its list of merges says.
///
/// GGUF has no merges for such vocabularies. A reader merges any two neighbours whose concatenation is a piece, the
/// best score first and of equal ones the leftmost; a score of minus the place in the list repeats the list, if the list
/// has all such pairs and has those that make the same piece side by side. Both are checked for the pairs that can
/// occur. Lists derived from a SentencePiece model are like that, but for pieces that no merge makes at all: older
/// converters lose the piece of score 0. A key of our own has those. What remains are ties: where pairs of one piece
/// overlap (`a|aa|a`), the leftmost goes first and not the first of the list, as in SentencePiece itself.
struct MergeScores {
    /// One for each piece.
    private(set) var scores: [Float]
    /// Pieces that readers would make of others, and that no merge makes. They have the lowest score.
    private(set) var unmade: [TokenID] = []
    private let description: VocabularyDescription
    private let pieces: PieceTable
    /// By piece: whether a symbol that is this piece can occur during merging.
    private var occurs: [Bool]

    private struct Pair: Hashable {
        var left: Int32
        var right: Int32
    }

    init(_ rules: SentencePieceRules, of description: VocabularyDescription) throws(TokenizerError) {
        self.description = description
        var pieces = PieceTable(reserving: description.pieces.count)
        for piece in description.pieces { pieces.append(piece.utf8Span.span) }
        self.pieces = pieces
        occurs = description.pieces.map { $0.unicodeScalars.count == 1 }
        switch rules.merging {
        case .scores(let given): scores = given
        case .ranks(let merges):
            scores = Array(repeating: -Float(merges.count + 1), count: description.pieces.count)
            try checkBytes(rules)
            try readScores(merges)
        }
    }

    private mutating func readScores(_ merges: [MergeRule]) throws(TokenizerError) {
        let listed = try listedPairs(merges)
        // The parts of a piece are shorter than itself, so in this order they are known before it is.
        for (pair, result) in listed.sorted(by: { pieces[$0.result].count < pieces[$1.result].count })
        where occurs[Int(pair.left)] && occurs[Int(pair.right)] {
            occurs[Int(result)] = true
        }
        var place: Float = 0
        var last: Int32?
        var seen: Set<Int32> = []
        for (pair, result) in listed where occurs[Int(pair.left)] && occurs[Int(pair.right)] {
            guard result != last else { continue }
            guard seen.insert(result).inserted else {
                throw error(result, "is made by merges in several places of the list, which scores cannot repeat")
            }
            scores[Int(result)] = -place
            place += 1
            last = result
        }
        try checkComplete(Set(listed.map(\.pair)), made: Set(listed.map(\.result)))
    }

    /// The merges as numbers of pieces; the first of equal ones counts.
    private func listedPairs(_ merges: [MergeRule]) throws(TokenizerError) -> [(pair: Pair, result: Int32)] {
        var seen: Set<Pair> = []
        var pairs: [(pair: Pair, result: Int32)] = []
        for (index, merge) in merges.enumerated() {
            let span = merge.text.utf8Span.span
            let left = span.extracting(0..<merge.leftLength)
            let right = span.extracting((merge.leftLength + 1)..<span.count)
            guard let leftID = pieces.find(left), let rightID = pieces.find(right), let id = pieces.find(left, right)
            else {
                throw TokenizerError(
                    source: description.source, item: "model.merges[\(index)]",
                    reason: "\(merge.text.debugDescription) is not of pieces; scores need a piece for each part")
            }
            let pair = Pair(left: leftID, right: rightID)
            if seen.insert(pair).inserted { pairs.append((pair, id)) }
        }
        return pairs
    }

    /// Checks that the list has every pair that a reader of scores would merge, or none that makes the same piece.
    private mutating func checkComplete(_ listed: Set<Pair>, made: Set<Int32>) throws(TokenizerError) {
        for id in description.pieces.indices where description.kinds[id] != .userDefined {
            let piece = Array(description.pieces[id].utf8)
            for cut in piece.indices.dropFirst() where piece[cut] & 0xC0 != 0x80 {
                guard let left = part(piece[..<cut]), let right = part(piece[cut...]) else { continue }
                let pair = left.id.flatMap { left in right.id.map { Pair(left: left, right: $0) } }
                if let pair, listed.contains(pair) { continue }
                guard made.contains(Int32(id)) else {
                    if unmade.last != TokenID(id) { unmade.append(TokenID(id)) }
                    continue
                }
                throw error(
                    Int32(id), "has parts that the merges leave apart; scores would join them into this piece")
            }
        }
    }

    /// The piece that the part is, if it can occur; a character occurs even without a piece.
    private func part(_ bytes: ArraySlice<UInt8>) -> (id: Int32?, Void)? {
        let id = pieces.find(bytes.span)
        if let id, occurs[Int(id)] { return (id, ()) }
        return bytes.dropFirst().allSatisfy { $0 & 0xC0 == 0x80 } ? (id, ()) : nil
    }

    /// Readers of scores write what has no piece as bytes.
    private func checkBytes(_ rules: SentencePieceRules) throws(TokenizerError) {
        let hasBytes = (0...255).allSatisfy { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            let piece = "<0x" + (digits.count < 2 ? "0" : "") + digits + ">"
            return pieces.find(piece.utf8Span.span) != nil
        }
        guard rules.fallsBackToBytes, hasBytes else {
            throw TokenizerError(
                source: description.source, item: "model.byte_fallback",
                reason: "GGUF needs pieces <0x00> to <0xFF> for what has no piece")
        }
    }

    private func error(_ id: Int32, _ reason: String) -> TokenizerError {
        let piece = description.pieces[Int(id)].debugDescription
        return TokenizerError(source: description.source, item: "model.merges", reason: "piece \(piece) \(reason)")
    }
}
