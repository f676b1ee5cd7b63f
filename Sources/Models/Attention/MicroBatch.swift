/// New tokens of one sequence that go through the model together with those of others.
public struct SequencePart {
    /// At least one; ids within the vocabulary.
    public var tokens: ArraySlice<Int32>
    /// Has room for the tokens; each cache may be in a micro-batch once.
    public var cache: KVCache
    public var logits: ModelRunner.LogitsRequest

    public init(tokens: ArraySlice<Int32>, cache: KVCache, logits: ModelRunner.LogitsRequest) {
        self.tokens = tokens
        self.cache = cache
        self.logits = logits
    }
}

/// The rows of a micro-batch: which sequence and position each belongs to.
struct MicroBatch {
    struct Sequence {
        let cache: KVCache
        /// Rows of the micro-batch, in order of position.
        let rows: Range<Int>
        /// Position of the first row.
        let first: Int
        let table: RotaryTable

        func position(of row: Int) -> Int { first + row - rows.lowerBound }
    }

    /// Rows of one sequence that attend together.
    struct Tile {
        let sequence: Int
        let rows: Range<Int>
    }

    let sequences: [Sequence]
    /// For each row the index of its sequence.
    let sequenceOfRow: [Int]

    /// The rows in tiles of one sequence each.
    let tiles: [Tile]

    var rows: Int { sequenceOfRow.count }

    /// - Parameter queriesPerRow: query heads of one row that attend to the same keys together.
    init(_ parts: [SequencePart], queriesPerRow: Int, table: (SequencePart) -> RotaryTable) {
        var sequences: [Sequence] = []
        var owners: [Int] = []
        for part in parts {
            let rows = owners.count..<owners.count + part.tokens.count
            owners.append(contentsOf: repeatElement(sequences.count, count: rows.count))
            sequences.append(
                Sequence(cache: part.cache, rows: rows, first: part.cache.count, table: table(part)))
        }
        self.sequences = sequences
        sequenceOfRow = owners
        tiles = Self.tiles(sequences, queriesPerRow: queriesPerRow)
    }

    func sequence(of row: Int) -> Sequence { sequences[sequenceOfRow[row]] }

    /// Tiles so large that `queries` query vectors a row make good use of a key that
    /// was read once, and so small that the scores of a tile stay in the cache.
    private static func tiles(_ sequences: [Sequence], queriesPerRow queries: Int) -> [Tile] {
        sequences.indices.flatMap { index in
            let sequence = sequences[index]
            let length = sequence.first + sequence.rows.count
            let height = max(1, min(queriesPerTile / queries, scoresPerTile / (queries * length)))
            return stride(from: sequence.rows.lowerBound, to: sequence.rows.upperBound, by: height).map {
                Tile(sequence: index, rows: $0..<min($0 + height, sequence.rows.upperBound))
            }
        }
    }

    private static let queriesPerTile = 32
    private static let scoresPerTile = 1 << 18
}

/// One block's attention for one micro-batch.
struct AttentionStep {
    let block: Int
    let shape: ModelConfiguration.BlockShape
    let batch: MicroBatch

    /// The positions that a row sees.
    func visible(to row: Int) -> Range<Int> {
        let position = batch.sequence(of: row).position(of: row)
        return shape.mask.start(for: position)..<position + 1
    }
}
