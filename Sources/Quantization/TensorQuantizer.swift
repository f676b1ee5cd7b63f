import Synchronization
import Tensors

/// Converts matrices to another type, rows in parallel, and measures what that changes.
struct TensorQuantizer {
    let pool: ComputePool
    private let kernels = Kernels.selected

    init(pool: ComputePool) { self.pool = pool }

    /// Bytes of output that are made before they are written.
    private static let bandBytes = 32 << 20

    /// Calls `write` with the bytes of `matrix` in `type`, in order, in pieces of whole rows.
    ///
    /// - Returns: squared error and squared sum of the numbers.
    func convert<Failure: Error>(
        _ matrix: WeightMatrix, to type: ElementType, write: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> QuantizationDeviation {
        if matrix.type == type {
            try write(UnsafeRawBufferPointer(start: matrix.region.base, count: matrix.region.count))
            return QuantizationDeviation()
        }
        guard let rowBytes = type.byteCount(elements: matrix.columns) else {
            preconditionFailure("rows of \(matrix.columns) do not fill blocks of \(type.name)")
        }
        let bandRows = max(Self.bandBytes / max(rowBytes, 1), 1)
        let band = UnsafeMutableRawPointer.allocate(
            byteCount: max(min(bandRows, matrix.rows) * rowBytes, 1), alignment: 64)
        defer { band.deallocate() }
        var deviation = QuantizationDeviation()
        for start in stride(from: 0, to: matrix.rows, by: bandRows) {
            let rows = start..<min(start + bandRows, matrix.rows)
            deviation.add(fill(band, rowBytes: rowBytes, from: matrix, rows: rows, type: type))
            try write(UnsafeRawBufferPointer(start: band, count: rows.count * rowBytes))
        }
        return deviation
    }

    /// Rows `rows` of `matrix`, as `type`, one after another into `band`.
    private func fill(
        _ band: UnsafeMutableRawPointer, rowBytes: Int, from matrix: WeightMatrix, rows: Range<Int>, type: ElementType
    ) -> QuantizationDeviation {
        let columns = matrix.columns
        // The sum is taken in the order of the rows, so that it does not depend on the threads.
        let deviations = Mutex([QuantizationDeviation](repeating: QuantizationDeviation(), count: rows.count))
        pool.forEach(count: rows.count, grain: 8) { taken, worker in
            let scratch = pool.scratch(worker: worker, bytes: 2 * columns * MemoryLayout<Float>.stride)
            let numbers = scratch.bindMemory(to: Float.self, capacity: 2 * columns)
            for row in taken {
                let output = band + row * rowBytes
                kernels.dequantize(matrix, row: rows.lowerBound + row, into: numbers)
                Quantizer.quantize(numbers, rows: 1, columns: columns, to: type, into: output)
                kernels.dequantize(type, output, count: columns, into: numbers + columns)
                let deviation = QuantizationDeviation(numbers, numbers + columns, count: columns)
                deviations.withLock { $0[row] = deviation }
            }
        }
        return deviations.withLock { $0.reduce(into: QuantizationDeviation()) { $0.add($1) } }
    }
}

/// How far quantised numbers are from the original ones.
public struct QuantizationDeviation: Sendable, Equatable {
    public private(set) var squaredError = 0.0
    public private(set) var squaredSum = 0.0

    init() {}

    init(_ original: UnsafePointer<Float>, _ changed: UnsafePointer<Float>, count: Int) {
        for i in 0..<count {
            let difference = Double(original[i]) - Double(changed[i])
            squaredError += difference * difference
            squaredSum += Double(original[i]) * Double(original[i])
        }
    }

    mutating func add(_ other: QuantizationDeviation) {
        squaredError += other.squaredError
        squaredSum += other.squaredSum
    }

    /// The root of the mean squared error over the root of the mean square.
    public var relativeRMSE: Double { squaredSum > 0 ? (squaredError / squaredSum).squareRoot() : 0 }
}
