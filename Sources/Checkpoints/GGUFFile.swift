import Tensors

/// A GGUF checkpoint, opened and checked but not read: tensors stay in the mapped file.
///
/// Versions 2 and 3, little-endian; one file, or all parts of a split one (see `GGUFSplit`).
public struct GGUFFile: TensorSource {
    /// The path it was opened from; the first part if it is split.
    public let path: String
    public let version: UInt32
    /// `general.alignment`, 32 if the file does not say. Tensor data is aligned to it within its file.
    public let alignment: Int
    /// All keys; of a split checkpoint those of the first part.
    public let metadata: [String: MetadataValue]
    private let directory: TensorDirectory

    /// Opens the file at `path` and, if it is the first of several parts, the others next to it.
    public init(path: String, limits: CheckpointLimits = .default) throws(CheckpointError) {
        let first = try GGUFParser.parse(try MappedFile.open(path), file: path, limits: limits)
        let parts = try GGUFSplit.otherParts(of: first, path: path, limits: limits)
        try self.init(path: path, first: first, others: parts)
    }

    /// Parses bytes in memory as an unsplit file; `name` stands for the path in errors.
    package init(bytes: ByteRegion, name: String, limits: CheckpointLimits = .default) throws(CheckpointError) {
        let contents = try GGUFParser.parse(bytes, file: name, limits: limits)
        try self.init(path: name, first: contents, others: [])
    }

    private init(path: String, first: GGUFContents, others: [GGUFContents]) throws(CheckpointError) {
        self.path = path
        version = first.version
        alignment = first.alignment
        metadata = first.metadata
        var directory = TensorDirectory(location: path)
        for contents in [first] + others {
            for entry in contents.entries { try directory.add(entry) }
        }
        self.directory = directory
    }

    public var location: String { path }
    public var entries: [TensorEntry] { directory.entries }

    /// The tensors of supported types, in file order.
    public var tensors: [TensorView] { entries.compactMap(TensorView.init) }

    public func contains(_ name: String) -> Bool { directory.contains(name) }

    public func tensor(_ name: String) throws(CheckpointError) -> TensorView { try directory.tensor(name) }
}
