import Foundation
import Tensors

/// Cosines and sines of the rotary embedding, made for as many positions as were needed so far.
///
/// In float32 as transformers computes them: frequency, angle, cosine and sine are each rounded to float32.
struct RotaryTable {
    /// Shape [positions × half].
    private(set) var cosines: [Float] = []
    private(set) var sines: [Float] = []
    /// Angles per position: half the rotated numbers of a head.
    let half: Int
    private let layout: RotaryLayout
    private let frequencies: [Float]
    private let magnitude: Float
    fileprivate private(set) var positions = 0

    /// - Parameter capacity: positions that the sequence may reach.
    init(_ shape: RotaryShape, capacity: Int) {
        half = shape.dimensions / 2
        layout = shape.pairing == .halves ? .halves : .pairs
        frequencies = shape.frequencies(positions: capacity).map { Float($0) }
        magnitude = shape.magnitude(positions: capacity)
    }

    /// Makes the table reach `count` positions.
    mutating func reserve(positions count: Int) {
        for position in positions..<max(positions, count) {
            for frequency in frequencies {
                let angle = Double(Float(position) * frequency)
                cosines.append(Float(cos(angle)) * magnitude)
                sines.append(Float(sin(angle)) * magnitude)
            }
        }
        positions = max(positions, count)
    }

    /// Turns the first `2 * half` numbers of each of `count` heads that lie `stride` apart.
    func rotate(
        _ heads: UnsafeMutablePointer<Float>, count: Int, stride: Int, position: Int, kernels: Kernels
    ) {
        cosines.withUnsafeBufferPointer { cosines in
            sines.withUnsafeBufferPointer { sines in
                guard let cosines = cosines.baseAddress, let sines = sines.baseAddress else { return }
                let start = position * half
                for head in 0..<count {
                    kernels.rotate(
                        heads + head * stride, layout, cosines: cosines + start, sines: sines + start, half: half)
                }
            }
        }
    }
}

/// The tables of one model: one, or two where the frequencies depend on how long a sequence may get.
struct RotaryTables {
    private let shape: RotaryShape
    private var short: RotaryTable
    private var long: RotaryTable?

    init(_ shape: RotaryShape) {
        self.shape = shape
        short = RotaryTable(shape, capacity: 0)
        if case .byLength(let lengths) = shape.scaling {
            long = RotaryTable(shape, capacity: lengths.originalContext + 1)
        }
    }

    /// Makes the table for sequences of up to `capacity` positions reach `count` of them, and more of them for next
    /// time. To be called before tables are handed out: a table in use would have to be copied.
    mutating func reserve(capacity: Int, reaching count: Int) {
        let ahead = min(max(count, 2 * count), max(capacity, count))
        if isLong(capacity) {
            if long?.positions ?? count < count { long?.reserve(positions: ahead) }
        } else if short.positions < count {
            short.reserve(positions: ahead)
        }
    }

    /// The table for a sequence of up to `capacity` positions.
    func table(capacity: Int) -> RotaryTable { isLong(capacity) ? long ?? short : short }

    private func isLong(_ capacity: Int) -> Bool {
        guard case .byLength(let lengths) = shape.scaling else { return false }
        return lengths.isLong(capacity)
    }
}
