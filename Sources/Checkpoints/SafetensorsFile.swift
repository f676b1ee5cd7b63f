import Tensors

/// A safetensors file, opened and checked but not read: tensors stay in the mapped file.
public struct SafetensorsFile: TensorSource {
    public let path: String
    /// The header's `__metadata__`.
    public let metadata: [String: String]
    private let directory: TensorDirectory

    public init(path: String, limits: CheckpointLimits = .default) throws(CheckpointError) {
        try self.init(bytes: try MappedFile.open(path), name: path, limits: limits)
    }

    /// Parses bytes in memory; `name` stands for the path in errors.
    package init(bytes: ByteRegion, name: String, limits: CheckpointLimits = .default) throws(CheckpointError) {
        let header = try SafetensorsHeader(bytes, file: name, limits: limits)
        path = name
        metadata = header.metadata
        directory = header.directory
    }

    public var location: String { path }
    public var entries: [TensorEntry] { directory.entries }

    public func contains(_ name: String) -> Bool { directory.contains(name) }

    /// Supported dtypes: F32, F16, BF16.
    public func tensor(_ name: String) throws(CheckpointError) -> TensorView { try directory.tensor(name) }

    /// What the header says about a tensor, whatever its dtype. Throws if there is none.
    func entry(_ name: String) throws(CheckpointError) -> TensorEntry { try directory.entry(name) }

    /// A tensor of I64 or I32, row-major. Throws if there is no such tensor or its dtype is another.
    public func integers(_ name: String) throws(CheckpointError) -> (shape: [Int], values: [Int64]) {
        let entry = try directory.entry(name)
        switch entry.typeName {
        case "I64": return (entry.shape, Self.numbers(entry, Int64.self))
        case "I32": return (entry.shape, Self.numbers(entry, Int32.self).map(Int64.init))
        default:
            throw CheckpointError(
                file: path, item: name, offset: entry.offset, reason: "must be I64 or I32, is \(entry.typeName)")
        }
    }

    private static func numbers<T: FixedWidthInteger & BitwiseCopyable>(_ entry: TensorEntry, _ type: T.Type) -> [T] {
        let width = MemoryLayout<T>.size
        return (0..<entry.region.count / width).map { entry.region.number(at: $0 * width, as: type) }
    }
}
