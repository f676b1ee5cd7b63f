import Foundation
import Randomness
import Tensors

/// Random keys, values and queries of one key–value head among several, with the answer in Float64.
struct AttentionScene {
    let shape: KVPageShape
    let heads: Int
    let rows: Int
    /// Positions of the context; the rows are the last of them.
    let positions: Int
    let reach: AttentionReach
    let sinks: [Float]?
    private var keys: [[Float]]
    private var values: [[Float]]
    private let queries: [Float]
    /// Of the key–value heads of a page.
    private let head: Int

    /// Chunk borders of these tests.
    static let chunk = 192

    init(seed: UInt64, type: KVCacheType, isLatent: Bool) {
        var random = SplitMix64(seed: seed)
        let sizes = [64, 128, 80, 7, 24, 256, 16, 1]
        let key = sizes.randomElement(using: &random) ?? 1
        let value = isLatent ? Int.random(in: 1...key, using: &random) : sizes.randomElement(using: &random) ?? 1
        shape = KVPageShape(
            type: type, heads: isLatent ? 1 : 3, keySize: key, valueSize: value, isLatent: isLatent)
        head = Int.random(in: 0..<shape.heads, using: &random)
        heads = Int.random(in: 1...8, using: &random)
        rows = Int.random(in: 1...20, using: &random)
        positions = rows + Int.random(in: 0...400, using: &random)
        let size = Int.random(in: 1...150, using: &random)
        reach = [.all, .window(size), .chunk(size)].randomElement(using: &random) ?? .all
        sinks = Bool.random(using: &random) ? (0..<heads).map { _ in Float.random(in: -2...2, using: &random) } : nil
        func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -2...2, using: &random) } }
        let widths = (shape.heads * key, shape.heads * value)
        keys = (0..<positions).map { _ in numbers(widths.0) }
        values = (0..<positions).map { _ in numbers(widths.1) }
        queries = numbers(rows * heads * key).map { $0 / Float(key).squareRoot() }
    }

    /// The same with keys and values of one position that are not numbers.
    func withoutNumbers(at position: Int) -> AttentionScene {
        var scene = self
        scene.keys[position] = keys[position].map { _ in .nan }
        scene.values[position] = values[position].map { _ in .nan }
        return scene
    }

    /// Which rows see a position.
    func sees(_ row: Int, _ position: Int) -> Bool {
        let last = positions - rows + row
        return (firstSeen(from: last)...last).contains(position)
    }

    /// Rounding to eight bits moves a number by half of 2 / 127 at most, a score by as much for each dimension.
    var tolerance: Double {
        switch shape.type {
        case .f32: 1e-5
        case .f16: 4e-3
        case .q8: 8e-2
        }
    }

    /// Shape [rows × heads × value size].
    ///
    /// - Parameter step: positions of one call, a chunk or pages that divide one.
    func run(_ kernels: Kernels, rows taken: Range<Int>? = nil, step: Int = chunk) -> [Float] {
        let taken = taken ?? 0..<rows
        let pages = storedPages(kernels)
        let table = pages.map { UnsafeRawPointer($0.pointer) } as [UnsafeRawPointer?]
        let count = taken.count * heads
        let scratch = Self.filled(Kernels.attentionScratch(shape, count: count))
        let storage = (0..<2).map { _ in Self.filled(AttentionState.floats(count: count, stride: shape.valueStride)) }
        let (whole, part) = (
            AttentionState(storage[0].pointer, count: count), AttentionState(storage[1].pointer, count: count)
        )
        let output = FloatBuffer(count: count * shape.valueSize)
        defer { withExtendedLifetime((pages, scratch, storage)) {} }
        queries.withUnsafeBufferPointer { vectors in
            guard let base = vectors.baseAddress else { return }
            let rows = AttentionQueries(
                vectors: base + taken.lowerBound * heads * shape.keySize, rows: taken.count, heads: heads,
                position: positions - self.rows + taken.lowerBound, mask: reach)
            for start in stride(from: 0, to: positions, by: step) {
                let isFirst = start < Self.chunk
                let course = AttentionCourse(
                    continues: !start.isMultiple(of: Self.chunk), nextHeadFollows: step < Self.chunk)
                kernels.attend(
                    shape, head: head, queries: rows, pages: table, positions: start..<start + step,
                    course: course, scratch: scratch.pointer, state: isFirst ? whole : part)
                let isLast = (start + step).isMultiple(of: Self.chunk) || start + step >= positions
                if isLast, !isFirst { kernels.merge(part, into: whole, shape, count: count) }
            }
        }
        kernels.finish(
            whole, shape, rows: taken.count, heads: heads, sinks: sinks, output: output.pointer,
            rowStride: heads * shape.valueSize)
        return Array(output.elements)
    }

    /// The same in Float64, of numbers that were not rounded.
    func exact() -> [Double] {
        var result: [Double] = []
        for row in 0..<rows {
            let position = positions - rows + row
            let seen = firstSeen(from: position)...position
            for query in 0..<heads {
                let start = (row * heads + query) * shape.keySize
                let scores = seen.map { other in
                    (0..<shape.keySize).reduce(0.0) {
                        $0 + Double(queries[start + $1]) * Double(keys[other][head * shape.keySize + $1])
                    }
                }
                let sink = sinks.map { Double($0[query]) }
                let largest = max(scores.max() ?? 0, sink ?? -.infinity)
                let weights = scores.map { exp($0 - largest) }
                let total = weights.reduce(0, +) + (sink.map { exp($0 - largest) } ?? 0)
                for d in 0..<shape.valueSize {
                    result.append(
                        zip(seen, weights).reduce(0.0) { $0 + $1.1 / total * Double(value(of: $1.0, d)) })
                }
            }
        }
        return result
    }

    private func value(of position: Int, _ d: Int) -> Float {
        shape.isLatent ? keys[position][d] : values[position][head * shape.valueSize + d]
    }

    private func firstSeen(from position: Int) -> Int {
        switch reach {
        case .all: 0
        case .window(let size): max(0, position - size + 1)
        case .chunk(let size): position / size * size
        }
    }

    private func storedPages(_ kernels: Kernels) -> [FloatBuffer] {
        let pages = (0..<KVPageShape.pages(positions) + 3).map { _ in Self.filled(shape.bytes / 4) }
        for position in 0..<positions {
            let (page, slot) = position.quotientAndRemainder(dividingBy: KVPageShape.positions)
            kernels.store(
                shape, page: pages[page].pointer, slot: slot, keys: keys[position],
                values: shape.isLatent ? nil : values[position])
        }
        return pages
    }

    private static func filled(_ count: Int) -> FloatBuffer {
        let buffer = FloatBuffer(count: count)
        buffer.elements.update(repeating: .nan)
        return buffer
    }

    /// One query's attention to the first `positions` of one page.
    static func attend(
        _ kernels: Kernels, _ shape: KVPageShape, page: FloatBuffer, queries: FloatBuffer, positions: Int
    ) -> [Float] {
        let scratch = filled(Kernels.attentionScratch(shape, count: 1))
        let storage = filled(AttentionState.floats(count: 1, stride: shape.valueStride))
        let output = FloatBuffer(count: shape.valueSize)
        let state = AttentionState(storage.pointer, count: 1)
        defer { withExtendedLifetime((page, queries, scratch, storage)) {} }
        kernels.attend(
            shape, head: 0,
            queries: AttentionQueries(
                vectors: queries.pointer, rows: 1, heads: 1, position: positions - 1, mask: .all),
            pages: [UnsafeRawPointer(page.pointer)], positions: 0..<64, scratch: scratch.pointer, state: state)
        kernels.finish(
            state, shape, rows: 1, heads: 1, sinks: nil, output: output.pointer, rowStride: shape.valueSize)
        return Array(output.elements)
    }
}
