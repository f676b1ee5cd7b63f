import Randomness
import Tensors

/// Packed matrices that together are larger than any cache, so that a product finds its weights in memory, as the
/// experts of a model do.
struct Weights {
    let matrices: [PackedMatrix]
    /// Bytes of the matrices together, as products read them.
    let bytes: Int
    /// What their products' inputs are rounded to.
    var form: RoundedForms { matrices.first?.form ?? .int8 }
    private static let distinctRows = 32

    /// As many `rows` × `columns` matrices as fill `bytes`, all of the same few quantised rows.
    init?(_ type: ElementType, rows: Int, columns: Int, filling bytes: Int) {
        guard let rowBytes = type.byteCount(elements: columns), PackedMatrix.canPack(type, columns: columns),
            let size = PackedMatrix.byteCount(type, rows: rows, columns: columns)
        else { return nil }
        let source = Self.quantizedRows(type, columns: columns, rowBytes: rowBytes)
        let arena = WeightArena()
        matrices = (0..<max(bytes / size, 1)).compactMap { _ in
            PackedMatrix(type: type, rows: rows, columns: columns, arena: arena) { range, buffer in
                for (i, row) in range.enumerated() {
                    let first = row % Self.distinctRows * rowBytes
                    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[i * rowBytes..<(i + 1) * rowBytes])
                    part.copyBytes(from: source[first..<first + rowBytes])
                }
            }
        }
        self.bytes = matrices.count * size
    }

    private static func quantizedRows(_ type: ElementType, columns: Int, rowBytes: Int) -> [UInt8] {
        var random = SplitMix64(seed: 1)
        let numbers = (0..<distinctRows * columns).map { _ in Float.random(in: -1...1, using: &random) }
        var result = [UInt8](repeating: 0, count: distinctRows * rowBytes)
        result.withUnsafeMutableBytes { bytes in
            numbers.withUnsafeBufferPointer { numbers in
                guard let source = numbers.baseAddress, let output = bytes.baseAddress else { return }
                Quantizer.quantize(source, rows: distinctRows, columns: columns, to: type, into: output)
            }
        }
        return result
    }
}

/// Products of one matrix after another with the same inputs, going on where the last ones ended: what was multiplied
/// a moment ago has left the caches when its turn comes again.
struct Products {
    private let weights: Weights
    private let activations: RoundedActivations
    private let output: FloatBuffer
    private let tokens: Int
    private var next = 0

    init(_ weights: Weights, tokens: Int) {
        self.weights = weights
        self.tokens = tokens
        let columns = weights.matrices.first?.columns ?? 32, rows = weights.matrices.first?.rows ?? 0
        activations = RoundedActivations(capacity: tokens, columns: columns, forms: weights.form)
        output = FloatBuffer(count: tokens * rows)
        var random = SplitMix64(seed: 2)
        let numbers = FloatBuffer(count: tokens * columns)
        for i in 0..<numbers.count { numbers[i] = Float.random(in: -1...1, using: &random) }
        Kernels.selected.round(numbers.pointer, inputStride: columns, to: activations, tokens: 0..<tokens)
    }

    /// `count` products: the bytes of weights that were read, and multiplications and additions.
    mutating func run(_ count: Int, _ pool: ComputePool) -> (bytes: Int, operations: Int) {
        var bytes = 0, operations = 0
        for _ in 0..<count {
            let matrix = weights.matrices[next % weights.matrices.count]
            next += 1
            pool.multiply(packed: matrix, activations: activations, tokens: 0..<tokens, output: output.pointer)
            bytes += matrix.region.count
            operations += 2 * matrix.rows * matrix.columns * tokens
        }
        return (bytes, operations)
    }
}
