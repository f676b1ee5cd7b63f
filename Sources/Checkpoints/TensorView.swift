import Tensors

/// A tensor of a checkpoint, in place: nothing is read or copied until its bytes are touched.
public struct TensorView: Sendable {
    public let name: String
    public let type: ElementType
    /// Row-major, outermost dimension first (GGUF's `ne` reversed). Empty for a scalar.
    public let shape: [Int]
    /// The elements, exactly `type.byteCount(elements:)` bytes. GGUF aligns them to `general.alignment`; safetensors
    /// promises no alignment at all, not even to the size of an element.
    public let region: ByteRegion
    /// Path of the file that holds the bytes.
    public let file: String
    /// Byte offset of the first element from the start of `file`.
    public let offset: Int
}

/// What a checkpoint says about one tensor, also of types this program cannot compute with.
public struct TensorEntry: Sendable {
    public let name: String
    /// The stored type as the format calls it: `Q4_K`, `IQ4_XS`, `F8_E4M3`, `I64`, …
    public let typeName: String
    /// Nil for a type that `TensorSource.tensor(_:)` refuses.
    public let type: ElementType?
    /// Row-major, outermost dimension first. Empty for a scalar.
    public let shape: [Int]
    public let region: ByteRegion
    /// Path of the file that holds the bytes.
    public let file: String
    /// Byte offset of the first element from the start of `file`.
    public let offset: Int
}

/// A checkpoint as a set of named tensors, whatever the file format.
public protocol TensorSource: Sendable {
    /// The path a user gave, for messages.
    var location: String { get }
    /// Every tensor the checkpoint lists, in its order, including those `tensor(_:)` refuses.
    var entries: [TensorEntry] { get }
    func contains(_ name: String) -> Bool
    /// Throws if there is no such tensor or its stored type is not an `ElementType`.
    func tensor(_ name: String) throws(CheckpointError) -> TensorView
}

extension TensorSource {
    public var tensorNames: [String] { entries.map(\.name) }
}

/// Tensors by name: what the three sources have in common.
struct TensorDirectory: Sendable {
    /// The path errors about missing tensors name.
    let location: String
    private(set) var entries: [TensorEntry] = []
    private var index: [String: Int] = [:]

    init(location: String) {
        self.location = location
    }

    /// Throws if the name is taken.
    mutating func add(_ entry: TensorEntry) throws(CheckpointError) {
        guard index.updateValue(entries.count, forKey: entry.name) == nil else {
            throw CheckpointError(file: entry.file, item: entry.name, reason: "two tensors have this name")
        }
        entries.append(entry)
    }

    func contains(_ name: String) -> Bool {
        index[name] != nil
    }

    func entry(_ name: String) throws(CheckpointError) -> TensorEntry {
        guard let position = index[name] else {
            throw CheckpointError(file: location, item: name, reason: "no such tensor")
        }
        return entries[position]
    }

    func tensor(_ name: String) throws(CheckpointError) -> TensorView {
        let entry = try entry(name)
        guard let view = TensorView(entry) else {
            let supported = ElementType.allCases.filter(\.isInGGUF).map(\.name).joined(separator: ", ")
            throw CheckpointError(
                file: entry.file, item: name, offset: entry.offset,
                reason: "is stored as \(entry.typeName), which is not supported (supported: \(supported))")
        }
        return view
    }
}

extension TensorView {
    /// Nil if the entry's type is not supported.
    init?(_ entry: TensorEntry) {
        guard let type = entry.type else { return nil }
        self.init(
            name: entry.name, type: type, shape: entry.shape, region: entry.region, file: entry.file,
            offset: entry.offset)
    }
}
