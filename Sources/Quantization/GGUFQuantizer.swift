import Checkpoints
import Models
import Tensors

/// Writes a model as a GGUF file in other types. Memory is bounded by one tensor of the source, and only where that
/// must be laid out anew.
public struct GGUFQuantizer {
    /// What became of one tensor.
    public struct Report: Sendable {
        public let name: String
        public let shape: [Int]
        public let type: ElementType
        /// Nil where nothing was rounded.
        public let relativeRMSE: Double?
        public let bytes: Int
    }

    private let export: ModelExport
    private let plan: QuantizationPlan
    private let pool: ComputePool

    public init(_ export: ModelExport, plan: QuantizationPlan, pool: ComputePool) {
        self.export = export
        self.plan = plan
        self.pool = pool
    }

    /// Writes the file; it appears at `path` only when complete.
    ///
    /// - Parameters:
    ///   - metadata: of the tokenizer and about the model's origin, beside the model's own.
    ///   - mostly: the type that names the file's kind.
    ///   - progress: told of each tensor when it is written.
    public func write(
        to path: String, metadata: [(key: String, value: MetadataValue)] = [], mostly: ElementType,
        progress: @escaping (Report) -> Void = { _ in }
    ) throws {
        try check(at: path, metadata)
        var writer = writer(metadata, mostly: mostly)
        let failure = Failure()
        let reader = ItemReader()
        for item in plan.items {
            writer.add(item.name, type: item.type, shape: item.shape) { output throws(CheckpointError) in
                let matrices = try failure.keeping(path, item.name) { try reader.matrices(of: item) }
                progress(try write(item, matrices, to: &output))
            }
        }
        do { try writer.write(to: path) } catch { throw failure.original ?? error }
    }

    private func writer(_ metadata: [(key: String, value: MetadataValue)], mostly: ElementType) -> GGUFWriter {
        var writer = GGUFWriter()
        for (key, value) in export.metadata + metadata { writer.set(key, value) }
        writer.set("general.file_type", .uint(QuantizationTypes.fileType(mostly)))
        writer.set("general.quantization_version", .uint(2))
        return writer
    }

    /// Whether the file will say of the model all that there is to say is known before its weights are written: a file
    /// with holes in their place is read.
    private func check(at path: String, _ metadata: [(key: String, value: MetadataValue)]) throws {
        var sketch = writer(metadata, mostly: .f32)
        for item in plan.items {
            sketch.add(item.name, type: item.type, shape: item.shape) { output throws(CheckpointError) in
                guard item.source.role == .precise, item.name.hasPrefix("rope_") else {
                    return try output.skip(item.type.byteCount(elements: item.shape.reduce(1, *)) ?? 0)
                }
                for matrix in try Failure().keeping(path, item.name, { try ItemReader().matrices(of: item) }) {
                    try output.write(UnsafeRawBufferPointer(start: matrix.region.base, count: matrix.region.count))
                }
            }
        }
        try sketch.withTemporaryFile(near: path) { try export.checkDescription(at: $0, named: path) }
    }

    private func write(
        _ item: QuantizationPlan.Item, _ matrices: [WeightMatrix], to output: inout CheckpointOutput
    ) throws(CheckpointError) -> Report {
        var deviation = QuantizationDeviation()
        let quantizer = TensorQuantizer(pool: pool)
        for matrix in matrices {
            defer { matrix.region.adviseUnneeded() }
            deviation.add(
                try quantizer.convert(matrix, to: item.type) { bytes throws(CheckpointError) in
                    try output.write(bytes)
                })
        }
        return Report(
            name: item.name, shape: item.shape, type: item.type,
            relativeRMSE: deviation.squaredSum > 0 ? deviation.relativeRMSE : nil,
            bytes: item.type.byteCount(elements: item.shape.reduce(1, *)) ?? 0)
    }
}

/// Reads tensors, once where their experts become tensors of their own one after another.
private final class ItemReader {
    private var last: (name: String, matrices: [WeightMatrix])?

    func matrices(of item: QuantizationPlan.Item) throws -> [WeightMatrix] {
        guard let expert = item.expert else {
            last = nil
            return try item.source.read()
        }
        if let last, last.name == item.source.name { return [last.matrices[expert]] }
        let matrices = try item.source.read()
        last = (item.source.name, matrices)
        return [matrices[expert]]
    }
}

/// The error that a tensor's reader threw, while a checkpoint error takes its place in the writer.
private final class Failure {
    private(set) var original: (any Error)?

    func keeping<Value>(_ path: String, _ name: String, _ body: () throws -> Value) throws(CheckpointError) -> Value {
        do { return try body() } catch {
            original = error
            throw error as? CheckpointError ?? CheckpointError(file: path, item: name, reason: "\(error)")
        }
    }
}
