import Checkpoints
import Tensors

/// A GGUF file's own tensors and metadata, under the names they have.
struct GGUFExport {
    private let file: GGUFFile
    private let configuration: ModelConfiguration

    init(_ file: GGUFFile, allowedFields: Set<String>) throws {
        self.file = file
        // The reader notices what it does not understand.
        let model = try ModelReader(gguf: file, allowedFields: allowedFields)
        _ = try model.model()
        configuration = model.configuration
    }

    func export() throws -> ModelExport {
        let own = file.metadata.filter { !$0.key.hasPrefix("split.") && !Self.aboutTheFile.contains($0.key) }
        // The architecture comes first by custom.
        let first = "general.architecture"
        let keys = [first] + own.keys.filter { $0 != first }.sorted()
        return ModelExport(
            configuration: configuration, metadata: keys.compactMap { key in own[key].map { (key, $0) } },
            tensors: try file.entries.map(tensor))
    }

    private static let aboutTheFile: Set<String> = [
        "general.alignment", "general.file_type", "general.quantization_version",
    ]

    private func tensor(_ entry: TensorEntry) throws -> ExportTensor {
        let view = try file.tensor(entry.name)
        return ExportTensor(
            name: entry.name, shape: entry.shape, role: Self.role(entry), block: Self.block(entry.name),
            read: { try Self.matrices(view, file) })
    }

    /// The experts of a stacked tensor, or all rows as one matrix.
    private static func matrices(_ view: TensorView, _ file: GGUFFile) throws -> [WeightMatrix] {
        let columns = view.shape.last ?? 1
        let rows = view.shape.dropLast().reduce(1, *)
        guard let all = WeightMatrix(type: view.type, rows: rows, columns: columns, region: view.region) else {
            throw CheckpointError(
                file: view.file, item: view.name, offset: view.offset,
                reason: "\(view.region.count) bytes are not \(rows) rows of \(columns) \(view.type.name) numbers")
        }
        guard view.shape.count == 3 else { return [all] }
        let each = view.shape[1]
        return (0..<view.shape[0]).map { all.rows($0 * each..<($0 + 1) * each) }
    }

    private static func role(_ entry: TensorEntry) -> ExportTensor.Role {
        if entry.shape.count < 2 || !entry.name.hasSuffix(".weight") || entry.name.contains("ffn_gate_inp") {
            return .precise
        }
        return entry.name.contains("_exps.") ? .experts : .matrix
    }

    private static func block(_ name: String) -> Int? {
        let parts = name.split(separator: ".")
        return parts.first == "blk" && parts.count > 1 ? Int(parts[1]) : nil
    }
}
