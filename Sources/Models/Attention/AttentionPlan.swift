import Tensors

/// How the attention of a micro-batch is cut into pieces of work; the same for all blocks with one mask.
///
/// A softmax is made in chunks of 1,024 positions, from fixed borders on, and chunks are merged in order: so the bits do
/// not depend on how the work is cut. A tile's chunks are one piece, or several whose results are merged afterwards
/// where few tiles would leave threads idle: long contexts in decode.
struct AttentionPlan {
    /// Positions of a chunk; whole pages.
    static let chunk = 1024

    /// Rows of one sequence that attend together.
    struct Tile {
        let sequence: Int
        let rows: Range<Int>
        /// What its rows see, in whole chunks.
        let chunks: Range<Int>
        /// Where the results of its chunks begin among all partial results, in floats; nil: the tile is one piece.
        var partials: Int?
    }

    struct Piece {
        let tile: Int
        let chunks: Range<Int>
    }

    /// A piece for some of the groups of query heads.
    struct Unit {
        let piece: Int
        let groups: Range<Int>
    }

    private(set) var tiles: [Tile] = []
    private(set) var pieces: [Piece] = []
    /// What one thread does at a time. Units of one group of query heads follow each other: they share keys and values.
    private(set) var units: [Unit] = []
    /// Tiles whose chunks are several pieces.
    private(set) var split: [Int] = []
    /// Floats of all partial results.
    private(set) var partialFloats = 0
    private let work: AttentionWork

    init(_ sequences: [MicroBatch.Sequence], mask: AttentionMask, work: AttentionWork, threads: Int) {
        self.work = work
        let height = max(1, Self.queriesPerTile / work.headsPerGroup)
        for (index, sequence) in sequences.enumerated() {
            for first in stride(from: sequence.rows.lowerBound, to: sequence.rows.upperBound, by: height) {
                let rows = first..<min(first + height, sequence.rows.upperBound)
                let start = mask.start(for: sequence.position(of: rows.lowerBound))
                let end = sequence.position(of: rows.upperBound - 1)
                tiles.append(
                    Tile(sequence: index, rows: rows, chunks: start / Self.chunk..<end / Self.chunk + 1))
            }
        }
        let total = tiles.reduce(0) { $0 + $1.chunks.count * $1.rows.count } * work.groups
        let share = threads == 1 ? total : total / (threads * 4)
        cut(share: share)
        makeUnits(share: share)
    }

    /// Several pieces for tiles that are more than a small share of the work.
    private mutating func cut(share: Int) {
        for index in tiles.indices {
            let tile = tiles[index]
            let length = max(1, share / (tile.rows.count * (readsHeadsTogether(tile) ? work.groups : 1)))
            guard tile.chunks.count > length else {
                pieces.append(Piece(tile: index, chunks: tile.chunks))
                continue
            }
            for first in stride(from: tile.chunks.lowerBound, to: tile.chunks.upperBound, by: length) {
                pieces.append(Piece(tile: index, chunks: first..<min(first + length, tile.chunks.upperBound)))
            }
            split.append(index)
            tiles[index].partials = partialFloats
            partialFloats += tile.chunks.count * work.groups * stateFloats(tile)
        }
    }

    /// Whether a unit takes all heads of a page before it goes on to the next page: memory is then read from end to end.
    /// A tile of many rows computes more than it reads, and does better with few sums at a time.
    private func readsHeadsTogether(_ tile: Tile) -> Bool { tile.rows.count == 1 && !work.page.isLatent }

    private mutating func makeUnits(share: Int) {
        let together = pieces.indices.filter { readsHeadsTogether(tiles[pieces[$0].tile]) }
        let apart = pieces.indices.filter { !readsHeadsTogether(tiles[pieces[$0].tile]) }
        for piece in together {
            let count = min(work.groups, max(1, share / pieces[piece].chunks.count))
            for first in stride(from: 0, to: work.groups, by: count) {
                units.append(Unit(piece: piece, groups: first..<min(first + count, work.groups)))
            }
        }
        for group in 0..<work.groups {
            for piece in apart { units.append(Unit(piece: piece, groups: group..<group + 1)) }
        }
    }

    /// Where the result of a tile's chunk for a group of query heads begins among all partial results, in floats.
    func partial(_ tile: Tile, chunk: Int, group: Int) -> Int? {
        tile.partials.map {
            $0 + ((chunk - tile.chunks.lowerBound) * work.groups + group) * stateFloats(tile)
        }
    }

    /// Floats of one group's state.
    func stateFloats(_ tile: Tile) -> Int {
        AttentionState.floats(count: tile.rows.count * work.headsPerGroup, stride: work.page.valueStride)
    }

    /// As many as make good use of keys and values that were read once.
    private static let queriesPerTile = 48
}

/// What attention of one model works on: groups of query heads that share keys and values.
struct AttentionWork {
    let page: KVPageShape
    let queryHeads: Int
    /// Query heads that attend together; the last group may have fewer.
    let headsPerGroup: Int

    init(_ shape: ModelConfiguration.AttentionShape, page: KVPageShape) {
        self.page = page
        queryHeads = shape.queryHeads
        headsPerGroup = shape.headsPerGroup
    }

    var groups: Int { (queryHeads + headsPerGroup - 1) / headsPerGroup }

    func heads(of group: Int) -> Range<Int> {
        group * headsPerGroup..<min((group + 1) * headsPerGroup, queryHeads)
    }

    /// All groups share the one head of a latent cache.
    func cacheHead(of group: Int) -> Int { page.isLatent ? 0 : group }
}
