import Tensors

/// Writes a GGUF file, version 3: collect metadata and tensors, then `write`.
public struct GGUFWriter {
    private let alignment: Int
    private var pairs: [(key: String, value: MetadataValue, type: MetadataType)] = []
    private var tensors: [(type: ElementType, tensor: PendingTensor)] = []

    /// - Parameter alignment: of the tensor data, a power of two from 8 on; recorded if it is not the usual 32.
    public init(alignment: Int = 32) {
        precondition(alignment >= 8 && alignment <= 1 << 31 && alignment.nonzeroBitCount == 1)
        self.alignment = alignment
        if alignment != 32 { set("general.alignment", .uint(UInt64(alignment))) }
    }

    /// Adds a metadata pair.
    ///
    /// - Parameter type: how to store it. Without it the 32-bit types are used where the value fits, and `float32` for
    ///   all floats (llama.cpp accepts nothing else for most keys).
    public mutating func set(_ key: String, _ value: MetadataValue, as type: MetadataType? = nil) {
        pairs.append((key, value, type ?? value.usualType))
    }

    /// Adds a tensor. `body` is called once, during `write`, and must write exactly the bytes of `shape`.
    ///
    /// - Parameter shape: row-major, outermost first, at most 4 sizes above zero; the last a multiple of the block.
    public mutating func add(_ name: String, type: ElementType, shape: [Int], body: @escaping TensorBody) {
        precondition(shape.count <= 4 && shape.allSatisfy { $0 > 0 }, "GGUF cannot hold this shape")
        precondition(type.isInGGUF, "GGUF has no such type")
        precondition((shape.last ?? 1).isMultiple(of: type.blockElements), "rows must fill whole blocks")
        guard let count = elementCount(shape), let byteCount = type.byteCount(elements: count) else {
            preconditionFailure("shape is too large")
        }
        let tensor = PendingTensor(
            name: name, typeName: type.name, shape: shape, byteCount: byteCount, body: body)
        tensors.append((type, tensor))
    }

    /// Adds a tensor whose bytes are in memory.
    public mutating func add(_ name: String, type: ElementType, shape: [Int], bytes: [UInt8]) {
        add(name, type: type, shape: shape) { output throws(CheckpointError) in try output.write(bytes) }
    }

    /// Adds an F32 tensor.
    public mutating func add(_ name: String, shape: [Int], floats: [Float]) {
        add(name, type: .f32, shape: shape) { output throws(CheckpointError) in try output.write(floats) }
    }

    /// Writes the file; it appears at `path` only when complete.
    public func write(to path: String) throws(CheckpointError) {
        var output = try CheckpointOutput(path: path)
        try write(to: &output, path: path)
        try output.commit()
    }

    /// Writes the file under a temporary name in the folder of `path`, calls `body` with that name, and removes it.
    public func withTemporaryFile(near path: String, _ body: (String) throws -> Void) throws {
        var output = try CheckpointOutput(path: path)
        try write(to: &output, path: path)
        try body(output.temporaryPath)
    }

    private func write(to output: inout CheckpointOutput, path: String) throws(CheckpointError) {
        try output.write(try header(path))
        for (_, tensor) in tensors {
            try output.pad(to: alignment)
            try tensor.write(to: &output, file: path)
        }
        // llama.cpp expects the last tensor to be padded as well.
        try output.pad(to: alignment)
    }

    private func header(_ path: String) throws(CheckpointError) -> [UInt8] {
        var encoder = MetadataEncoder()
        encoder.append(GGUFParser.magic)
        encoder.append(UInt32(3))
        encoder.append(UInt64(tensors.count))
        encoder.append(UInt64(pairs.count))
        try appendPairs(&encoder, path)
        try appendTensors(&encoder, path)
        return encoder.bytes
    }

    private func appendPairs(_ encoder: inout MetadataEncoder, _ path: String) throws(CheckpointError) {
        var keys: Set<String> = []
        for (key, value, type) in pairs {
            guard !key.isEmpty, keys.insert(key).inserted else {
                throw CheckpointError(file: path, item: key, reason: "metadata key is empty or set twice")
            }
            encoder.append(key)
            encoder.append(type.rawValue)
            guard encoder.append(value, as: type) else {
                throw CheckpointError(file: path, item: key, reason: "\(value.kind) cannot be stored as \(type.name)")
            }
        }
    }

    private func appendTensors(_ encoder: inout MetadataEncoder, _ path: String) throws(CheckpointError) {
        var names: Set<String> = []
        var offset = 0
        for (type, tensor) in tensors {
            guard !tensor.name.isEmpty, names.insert(tensor.name).inserted else {
                throw CheckpointError(file: path, item: tensor.name, reason: "tensor name is empty or used twice")
            }
            encoder.append(tensor.name)
            encoder.append(UInt32(tensor.shape.count))
            for size in tensor.shape.reversed() { encoder.append(UInt64(size)) }
            encoder.append(type.rawValue)
            encoder.append(UInt64(offset))
            offset = (offset + tensor.byteCount + alignment - 1) / alignment * alignment
        }
    }
}
