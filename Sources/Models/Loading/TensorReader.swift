import Checkpoints
import Tensors

/// Takes tensors out of a checkpoint, checks their shapes, and notices tensors that nothing asked for.
final class TensorReader {
    let source: any TensorSource
    /// Rows and columns that share a scale in checkpoints of eight-bit floats; nil: the file does not say.
    let scaleBlock: (rows: Int, columns: Int)?
    private let entries: [String: TensorEntry]
    private var used: Set<String> = []

    init(_ source: any TensorSource, scaleBlock: (rows: Int, columns: Int)? = nil) {
        self.source = source
        self.scaleBlock = scaleBlock
        entries = Dictionary(source.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func contains(_ name: String) -> Bool { entries[name] != nil }

    /// Counts a tensor as understood.
    func pass(_ name: String) { used.insert(name) }

    /// What the file says of the tensor, whatever its type.
    func entry(_ name: String, shape: [Int]) throws -> TensorEntry {
        guard let entry = entries[name] else {
            throw CheckpointError(file: source.location, item: name, reason: "no such tensor")
        }
        used.insert(name)
        guard entry.shape == shape else {
            throw error(entry, "shape \(entry.shape) should be \(shape) (outermost dimension first)")
        }
        return entry
    }

    func matrix(_ name: String, rows: Int, columns: Int) throws -> WeightMatrix {
        try matrix(name, shape: [rows, columns])
    }

    /// The tensor `name` of exactly `shape`, all but the last dimension flattened into rows.
    func matrix(_ name: String, shape: [Int]) throws -> WeightMatrix {
        let entry = try entry(name, shape: shape)
        if entry.typeName == "F8_E4M3" { return try blockScaled(entry, shape: shape) }
        _ = try source.tensor(name)
        guard let type = entry.type else { throw error(entry, "is stored as \(entry.typeName)") }
        let columns = shape[shape.count - 1]
        let rows = shape.dropLast().reduce(1, *)
        guard let matrix = WeightMatrix(type: type, rows: rows, columns: columns, region: entry.region) else {
            throw error(entry, "\(entry.region.count) bytes are not \(rows) rows of \(columns) \(type.name) numbers")
        }
        return matrix
    }

    /// A small tensor of any shape with `count` elements, converted to float32.
    func vector(_ name: String, count: Int) throws -> [Float] {
        guard let shape = entries[name]?.shape, shape.reduce(1, { $0.multipliedReportingOverflow(by: $1).0 }) == count
        else { return try matrix(name, shape: [count]).numbers }
        return try matrix(name, shape: shape).numbers
    }

    /// The vector, or nothing where the model has none.
    func vector(_ name: String, count: Int, if exists: Bool) throws -> [Float] {
        exists ? try vector(name, count: count) : []
    }

    func error(_ entry: TensorEntry, _ reason: String) -> CheckpointError {
        CheckpointError(file: entry.file, item: entry.name, offset: entry.offset, reason: reason)
    }

    /// A tensor that nothing asked for (a bias, say) would change the result, so it is not passed over in silence.
    func checkNothingIsLeft(architecture: String, ignorable: (String) -> Bool) throws {
        let left = entries.keys.filter { !used.contains($0) && !ignorable($0) }.sorted()
        guard let first = left.first else { return }
        throw CheckpointError(
            file: source.location, item: first,
            reason: "this tensor has no place in architecture \(architecture)"
                + (left.count > 1 ? " (nor have \(left.count - 1) more)" : ""))
    }
}

extension WeightMatrix {
    /// All elements as float32, row by row.
    var numbers: [Float] {
        [Float](unsafeUninitializedCapacity: rows * columns) { numbers, initialised in
            guard let base = numbers.baseAddress else { return }
            for row in 0..<rows { Kernels.selected.dequantize(self, row: row, into: base + row * columns) }
            initialised = rows * columns
        }
    }
}
