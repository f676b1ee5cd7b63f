import CKernels

/// Queries of consecutive positions that attend to one key–value head together; query `row * heads + head` belongs to
/// row `row`.
public struct AttentionQueries {
    /// Scaled, [count × key size].
    public var vectors: UnsafePointer<Float>
    public var rows: Int
    /// Query heads of a row.
    public var heads: Int
    /// Of the first row.
    public var position: Int
    public var mask: AttentionReach

    public init(
        vectors: UnsafePointer<Float>, rows: Int, heads: Int, position: Int, mask: AttentionReach
    ) {
        precondition(rows > 0 && heads > 0 && position >= 0, "no queries")
        self.vectors = vectors
        self.rows = rows
        self.heads = heads
        self.position = position
        self.mask = mask
    }

    public var count: Int { rows * heads }
}

/// How far back positions see: all, the last so many, or the beginning of their chunk of so many.
public enum AttentionReach: Sendable, Equatable {
    case all
    case window(Int)
    case chunk(Int)
}

/// What a call of `attend` is part of.
public struct AttentionCourse: Sendable {
    /// The state has the softmax of earlier positions, and goes on from there.
    public var continues = false
    /// The page's next head is attended to next, so that memory is read from end to end.
    public var nextHeadFollows = false

    public init(continues: Bool = false, nextHeadFollows: Bool = false) {
        self.continues = continues
        self.nextHeadFollows = nextHeadFollows
    }
}

/// An unfinished softmax: for each query the largest score, the sum of exponentials and the weighted values.
public struct AttentionState {
    let parts: gh_attention_state

    /// - Parameter storage: `floats(count:stride:)` floats, aligned to 64. They need no values.
    public init(_ storage: UnsafeMutablePointer<Float>, count: Int) {
        let padded = Self.padded(count)
        parts = gh_attention_state(maxima: storage, totals: storage + padded, sums: storage + 2 * padded)
    }

    /// Floats for `count` queries with `stride` floats of sums each; a multiple of 16.
    public static func floats(count: Int, stride: Int) -> Int { 2 * padded(count) + count * stride }

    private static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}

/// Attention over a KV cache in pages. Pointers must be valid for what the shape says; pages are `KVPageShape.bytes`,
/// aligned to 64, and need no values at first.
extension Kernels {
    /// Puts the keys of one position (all heads, densely) and its values (nil if latent) into place `slot` of a page.
    public func store(
        _ shape: KVPageShape, page: UnsafeMutableRawPointer, slot: Int, keys: UnsafePointer<Float>,
        values: UnsafePointer<Float>?
    ) {
        precondition(slot >= 0 && slot < KVPageShape.positions, "no such place")
        let headBytes = shape.headBytes
        withUnsafePointer(to: shape.layout) { layout in
            for head in 0..<shape.heads {
                table.pointee.attention.pointee.store(
                    layout, page + head * headBytes, Int64(slot), keys + head * shape.keySize,
                    values.map { $0 + head * shape.valueSize })
            }
        }
    }

    /// The softmax over those of `positions` that each query sees.
    ///
    /// - Parameters:
    ///   - pages: of the context in order; those with positions that a query sees must be there.
    ///   - positions: begin with a page; end with one or after all that is seen.
    ///   - course: what came before and what comes next.
    ///   - scratch: `attentionScratch(_:count:)` floats, aligned to 64.
    public func attend(
        _ shape: KVPageShape, head: Int, queries: AttentionQueries,
        pages: UnsafePointer<UnsafeRawPointer?>, positions: Range<Int>,
        course: AttentionCourse = AttentionCourse(), scratch: UnsafeMutablePointer<Float>, state: AttentionState
    ) {
        precondition(positions.lowerBound.isMultiple(of: KVPageShape.positions), "positions begin inside of a page")
        var job = gh_attention(
            shape: shape.layout, pages: pages, head_offset: Int64(head * shape.headBytes), queries: queries.vectors,
            count: Int64(queries.count), heads: Int64(queries.heads), first_position: Int64(queries.position),
            window: 0, chunk: 0, scratch: scratch, continues: course.continues,
            next_head_follows: course.nextHeadFollows)
        switch queries.mask {
        case .all: break
        case .window(let size): job.window = Int64(size)
        case .chunk(let size): job.chunk = Int64(size)
        }
        withUnsafePointer(to: state.parts) {
            table.pointee.attention.pointee.attend(
                &job, Int64(positions.lowerBound), Int64(positions.upperBound), $0)
        }
    }

    /// Adds the softmax of later positions to that of earlier ones.
    public func merge(_ part: AttentionState, into whole: AttentionState, _ shape: KVPageShape, count: Int) {
        withUnsafePointer(to: shape.layout) { layout in
            withUnsafePointer(to: part.parts) { part in
                withUnsafePointer(to: whole.parts) { whole in
                    table.pointee.attention.pointee.merge(layout, Int64(count), part, whole)
                }
            }
        }
    }

    /// Writes the weighted means of values, `output[row * rowStride + head * valueSize...]`; zeros for a query that saw
    /// nothing.
    ///
    /// - Parameter sinks: for each head a logit that takes part in the softmax and whose share is lost; nil: none.
    public func finish(
        _ state: AttentionState, _ shape: KVPageShape, rows: Int, heads: Int, sinks: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>, rowStride: Int
    ) {
        let output = gh_attention_output(sinks: sinks, values: output, row_stride: Int64(rowStride))
        withUnsafePointer(to: shape.layout) { layout in
            withUnsafePointer(to: state.parts) { state in
                withUnsafePointer(to: output) {
                    table.pointee.attention.pointee.finish(layout, Int64(rows * heads), Int64(heads), state, $0)
                }
            }
        }
    }

    /// Floats of scratch memory that `attend` needs for `count` queries.
    public static func attentionScratch(_ shape: KVPageShape, count: Int) -> Int {
        withUnsafePointer(to: shape.layout) { Int(gh_attention_scratch($0, Int64(count))) }
    }
}
