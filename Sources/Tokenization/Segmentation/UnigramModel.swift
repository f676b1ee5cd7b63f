/// A unigram language model over pieces (Kudo 2018): the segmentation of a word whose pieces have the largest sum of
/// scores, found by Viterbi's algorithm.
struct UnigramModel: Sendable {
    /// A stretch of the word, and its piece or nil for characters that no piece covers.
    struct Segment {
        var range: Range<Int>
        var token: TokenID?
    }

    private struct Path {
        var score = -Double.infinity
        var start = -1
        /// -1: unknown.
        var token: Int32 = -1
    }

    private let trie: PieceTrie
    /// One a piece: logarithms of probabilities.
    private let scores: [Double]
    private let unknownScore: Double
    /// How much less than any piece an unknown character scores.
    private static let unknownPenalty = 10.0

    /// `tokens` are the pieces that text may become; `scores` has one element for every piece of the vocabulary;
    /// `lowest` is the score that unknown characters fall short of.
    init(scores: [Double], lowest: Double, tokens: [TokenID], pieces: PieceTable) {
        self.scores = scores
        unknownScore = lowest - Self.unknownPenalty
        trie = PieceTrie(tokens, pieces: pieces)
    }

    /// The best segmentation of `word`, which is valid UTF-8. Neighbouring unknown characters are one segment.
    func segments(of word: ArraySlice<UInt8>) -> [Segment] {
        let start = word.startIndex
        var paths = [Path](repeating: Path(), count: word.count + 1)
        paths[0].score = 0
        var position = start
        while position < word.endIndex {
            let score = paths[position - start].score
            let width = Self.width(of: word[position])
            var coversCharacter = false
            trie.forEachPrefix(of: word[position...]) { token, length in
                improve(&paths[position - start + length], score + scores[Int(token)], position - start, token)
                if length == width { coversCharacter = true }
            }
            if !coversCharacter {
                improve(&paths[position - start + width], score + unknownScore, position - start, -1)
            }
            position += width
        }
        return Self.segments(paths, start: start)
    }

    private func improve(_ path: inout Path, _ score: Double, _ start: Int, _ token: Int32) {
        if path.start < 0 || score > path.score { path = Path(score: score, start: start, token: token) }
    }

    private static func segments(_ paths: [Path], start: Int) -> [Segment] {
        var segments: [Segment] = []
        var end = paths.count - 1
        while end > 0 {
            let path = paths[end]
            let range = (start + path.start)..<(start + end)
            if path.token < 0, let last = segments.last, last.token == nil {
                segments[segments.count - 1].range = range.lowerBound..<last.range.upperBound
            } else {
                segments.append(Segment(range: range, token: path.token < 0 ? nil : path.token))
            }
            end = path.start
        }
        return segments.reversed()
    }

    private static func width(of first: UInt8) -> Int {
        first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    }
}

/// Finds the pieces that a text begins with.
struct PieceTrie: Sendable {
    /// node << 8 | byte → child. Nodes are numbered from 0, the root.
    private var children: [UInt64: Int32] = [:]
    /// The piece that ends at each node, or -1.
    private var tokens: [TokenID] = [-1]

    /// Of equal pieces the last is found.
    init(_ ids: [TokenID], pieces: PieceTable) {
        for id in ids where !pieces[id].isEmpty {
            var node: Int32 = 0
            for byte in pieces[id] { node = child(of: node, byte) }
            tokens[Int(node)] = id
        }
    }

    private mutating func child(of node: Int32, _ byte: UInt8) -> Int32 {
        let key = UInt64(node) << 8 | UInt64(byte)
        if let child = children[key] { return child }
        let child = Int32(tokens.count)
        children[key] = child
        tokens.append(-1)
        return child
    }

    /// Calls `body` with the pieces that `text` begins with and their lengths, shortest first.
    func forEachPrefix(of text: ArraySlice<UInt8>, _ body: (TokenID, Int) -> Void) {
        var node: Int32 = 0
        for (count, byte) in text.enumerated() {
            guard let child = children[UInt64(node) << 8 | UInt64(byte)] else { return }
            node = child
            if tokens[Int(node)] >= 0 { body(tokens[Int(node)], count + 1) }
        }
    }
}
