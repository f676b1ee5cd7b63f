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

    let sequences: [Sequence]
    /// For each row the index of its sequence.
    let sequenceOfRow: [Int]

    var rows: Int { sequenceOfRow.count }

    init(_ parts: [SequencePart], table: (SequencePart) -> RotaryTable) {
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
    }

    func sequence(of row: Int) -> Sequence { sequences[sequenceOfRow[row]] }
}

/// One block's attention for one micro-batch.
struct AttentionStep {
    let block: Int
    let shape: ModelConfiguration.BlockShape
    let batch: MicroBatch
    /// For the block's mask.
    let plan: AttentionPlan
}
