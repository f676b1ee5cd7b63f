import Checkpoints
import Tensors

/// Takes tensors out of a checkpoint, checks their shapes, and notices tensors that nothing asked for.
struct SwitchTensors {
    let source: any TensorSource
    private var used: Set<String> = []

    init(_ source: any TensorSource) { self.source = source }

    mutating func matrix(_ name: String, rows: Int, columns: Int) throws -> WeightMatrix {
        try matrix(name, shape: [rows, columns])
    }

    /// A small tensor, converted to float32.
    mutating func vector(_ name: String, shape: [Int]) throws -> [Float] {
        let matrix = try matrix(name, shape: shape)
        return [Float](unsafeUninitializedCapacity: matrix.rows * matrix.columns) { numbers, initialised in
            guard let base = numbers.baseAddress else { return }
            for row in 0..<matrix.rows {
                Kernels.selected.dequantize(matrix, row: row, into: base + row * matrix.columns)
            }
            initialised = matrix.rows * matrix.columns
        }
    }

    /// The tensor `name` of exactly `shape`, all but the last dimension flattened into rows.
    private mutating func matrix(_ name: String, shape: [Int]) throws -> WeightMatrix {
        let view = try source.tensor(name)
        guard view.shape == shape else {
            throw error(view, "shape \(view.shape) should be \(shape) (outermost dimension first)")
        }
        used.insert(name)
        let columns = shape[shape.count - 1]
        let rows = shape.dropLast().reduce(1, *)
        guard let matrix = WeightMatrix(type: view.type, rows: rows, columns: columns, region: view.region) else {
            throw error(view, "\(view.region.count) bytes are not \(rows) rows of \(columns) \(view.type.name) numbers")
        }
        return matrix
    }

    /// A tensor that nothing asked for (a bias, say) would change the result, so it is not passed over in silence.
    func checkNothingIsLeft(ignorable: (String) -> Bool) throws {
        let left = source.tensorNames.filter { !used.contains($0) && !ignorable($0) }.sorted()
        guard let first = left.first else { return }
        throw CheckpointError(
            file: source.location, item: first,
            reason: "this tensor has no place in architecture \(SwitchConfiguration.architecture)"
                + (left.count > 1 ? " (nor have \(left.count - 1) more)" : ""))
    }

    private func error(_ view: TensorView, _ reason: String) -> CheckpointError {
        CheckpointError(file: view.file, item: view.name, offset: view.offset, reason: reason)
    }
}
