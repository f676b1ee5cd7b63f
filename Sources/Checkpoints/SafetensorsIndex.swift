import Tensors

/// `model.safetensors.index.json`: which file of the folder holds which tensor.
struct SafetensorsIndex {
    /// Tensor and file name, in the order of the index.
    private(set) var places: [(tensor: String, file: String)] = []
    private let path: String

    init(_ text: ByteRegion, file: String, limits: CheckpointLimits) throws(CheckpointError) {
        path = file
        var scanner = JSONScanner(text, file: file, maximumNesting: limits.jsonNesting)
        var places: [(tensor: String, file: String)]?
        try scanner.object { scanner, key throws(CheckpointError) in
            guard key == "weight_map" else { return try scanner.skipValue() }
            guard places == nil else { throw scanner.error("weight_map occurs twice") }
            places = try Self.weightMap(&scanner, limits: limits)
        }
        try scanner.end()
        guard let places else { throw CheckpointError(file: file, item: "weight_map", reason: "is missing") }
        self.places = places
    }

    private static func weightMap(
        _ scanner: inout JSONScanner, limits: CheckpointLimits
    ) throws(CheckpointError) -> [(tensor: String, file: String)] {
        var places: [(tensor: String, file: String)] = []
        try scanner.object { scanner, tensor throws(CheckpointError) in
            guard tensor.utf8.count <= limits.nameBytes else {
                throw scanner.error("tensor name is longer than \(limits.nameBytes) bytes")
            }
            scanner.item = tensor
            guard places.count < limits.tensors else { throw scanner.error("is one of more than \(limits.tensors)") }
            let name = try scanner.string()
            guard isPlainFileName(name) else {
                throw scanner.error("file '\(name.prefix(80))' is not a plain file name in the folder of the index")
            }
            places.append((tensor, name))
            scanner.item = nil
        }
        return places
    }

    /// An index comes from the network: it must not be able to point outside its folder.
    private static func isPlainFileName(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }

    /// Opens the files and gives the tensors in the order of the index.
    func entries(folder: String, limits: CheckpointLimits) throws(CheckpointError) -> [TensorEntry] {
        var files: [String: SafetensorsFile] = [:]
        var entries: [TensorEntry] = []
        for (tensor, name) in places {
            let file: SafetensorsFile
            if let open = files[name] {
                file = open
            } else {
                guard files.count < limits.files else {
                    throw CheckpointError(file: path, item: tensor, reason: "names more than \(limits.files) files")
                }
                file = try SafetensorsFile(path: HuggingFaceFolder.join(folder, name), limits: limits)
                files[name] = file
            }
            entries.append(try file.entry(tensor))
        }
        return entries
    }
}
