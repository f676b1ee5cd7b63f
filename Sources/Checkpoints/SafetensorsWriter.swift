import Tensors

/// Writes a safetensors file: collect tensors, then `write`.
public struct SafetensorsWriter {
    /// Goes to the header's `__metadata__`, sorted by key; left out if empty.
    public var metadata: [String: String] = [:]
    private var tensors: [PendingTensor] = []

    public init() {}

    /// Adds a tensor. `body` is called once, during `write`, and must write exactly the bytes of `shape`.
    ///
    /// - Parameters:
    ///   - type: F32, F16 or BF16; the format has no names for quantised types.
    ///   - shape: row-major, outermost first.
    public mutating func add(_ name: String, type: ElementType, shape: [Int], body: @escaping TensorBody) {
        precondition(StorageFormat.safetensors[type.name] != nil, "safetensors cannot hold this type")
        add(name, typeName: type.name, width: type.blockBytes, shape: shape, body: body)
    }

    /// Adds an F32 tensor.
    public mutating func add(_ name: String, shape: [Int], floats: [Float]) {
        add(name, type: .f32, shape: shape) { output throws(CheckpointError) in try output.write(floats) }
    }

    /// Adds an I64 tensor.
    public mutating func add(_ name: String, shape: [Int], integers: [Int64]) {
        add(name, typeName: "I64", width: 8, shape: shape) { output throws(CheckpointError) in
            try output.write(integers)
        }
    }

    /// Adds a U8 tensor.
    public mutating func add(_ name: String, shape: [Int], bytes: [UInt8]) {
        add(name, typeName: "U8", width: 1, shape: shape) { output throws(CheckpointError) in try output.write(bytes) }
    }

    /// Adds a U16 tensor whose numbers are given as their bytes, little-endian.
    public mutating func add(_ name: String, shape: [Int], littleEndianWords bytes: [UInt8]) {
        add(name, typeName: "U16", width: 2, shape: shape) { output throws(CheckpointError) in
            try output.write(bytes)
        }
    }

    private mutating func add(
        _ name: String, typeName: String, width: Int, shape: [Int], body: @escaping TensorBody
    ) {
        precondition(shape.allSatisfy { $0 >= 0 }, "sizes cannot be negative")
        guard let count = elementCount(shape), count <= Int.max / width else {
            preconditionFailure("shape is too large")
        }
        tensors.append(
            PendingTensor(
                name: name, typeName: typeName, shape: shape, byteCount: count * width, body: body))
    }

    /// Writes the file; it appears at `path` only when complete.
    public func write(to path: String) throws(CheckpointError) {
        let ordered = inDataOrder()
        let header = try header(ordered, path)
        var output = try CheckpointOutput(path: path)
        try output.write([UInt64(header.count).littleEndian])
        try output.write(header)
        for tensor in ordered { try tensor.write(to: &output, file: path) }
        try output.commit()
    }

    /// Wider elements first, otherwise as added: so each tensor is aligned to its elements without holes.
    private func inDataOrder() -> [PendingTensor] {
        func width(_ tensor: PendingTensor) -> Int { StorageFormat.safetensors[tensor.typeName]?.blockBytes ?? 0 }
        return tensors.enumerated().sorted {
            (width($1.element), $0.offset) < (width($0.element), $1.offset)
        }.map(\.element)
    }

    private func header(_ tensors: [PendingTensor], _ path: String) throws(CheckpointError) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var names: Set<String> = ["__metadata__"]
        var offset = 0
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else {
                throw CheckpointError(file: path, item: tensor.name, reason: "tensor name is reserved or used twice")
            }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let end = offset + tensor.byteCount
            members.append(
                "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.typeName)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        let text = [UInt8]("{\(members.joined(separator: ","))}".utf8)
        // Spaces up to a multiple of 8, as the format asks, align the data.
        return text + [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
    }

    /// A JSON string.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
