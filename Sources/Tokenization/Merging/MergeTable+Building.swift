extension MergeTable {
    /// Merges in the order of a file. Pieces that the vocabulary lacks are added to `pieces`, after its own: merging
    /// goes on through them, and a word that ends in one is written as its bytes. Files that were cut down to fewer
    /// tokens have such merges.
    init(_ rules: [MergeRule], pieces: inout PieceTable) {
        self.init(reserving: rules.count)
        for (rank, rule) in rules.enumerated() {
            let span = rule.text.utf8Span.span
            let left = span.extracting(0..<rule.leftLength)
            let right = span.extracting((rule.leftLength + 1)..<span.count)
            let merge = Merge(rank: UInt32(rank), result: pieces.intern(left, right))
            insert(left: pieces.intern(left), right: pieces.intern(right), merge)
        }
    }

    /// The merges that scores imply: every way to cut a piece in two parts that can occur during merging (pieces and
    /// single characters) is a merge, and pieces of equal score have equal rank, so that the leftmost goes first.
    /// Characters that the vocabulary lacks are added to `pieces`.
    init(scores: [Float], pieces: inout PieceTable) {
        self.init(reserving: scores.count * 4)
        for (id, rank) in Self.ranks(of: scores).enumerated() {
            let piece = Array(pieces[Int32(id)])
            // Of equal pieces only the first is ever found.
            guard scores[id] > -.infinity, pieces.find(piece.span) == Int32(id) else { continue }
            for cut in piece.indices.dropFirst() where piece[cut] & 0xC0 != 0x80 {
                guard let left = Self.part(piece, 0..<cut, of: &pieces),
                    let right = Self.part(piece, cut..<piece.count, of: &pieces)
                else { continue }
                insert(left: left, right: right, Merge(rank: rank, result: Int32(id)))
            }
        }
    }

    private static func part(_ piece: [UInt8], _ range: Range<Int>, of pieces: inout PieceTable) -> Int32? {
        let part = piece.span.extracting(range)
        if let id = pieces.find(part) { return id }
        let isOneScalar = !piece[range].dropFirst().contains { $0 & 0xC0 != 0x80 }
        return isOneScalar ? pieces.intern(part) : nil
    }

    /// For each score how many different scores are above it.
    private static func ranks(of scores: [Float]) -> [UInt32] {
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var ranks = [UInt32](repeating: 0, count: scores.count)
        for (previous, next) in zip(order, order.dropFirst()) {
            ranks[next] = ranks[previous] + (scores[next] < scores[previous] ? 1 : 0)
        }
        return ranks
    }
}
