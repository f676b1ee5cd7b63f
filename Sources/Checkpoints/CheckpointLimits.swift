/// Upper bounds a reader applies to what a file claims, so that a hostile file costs no more than its own size.
///
/// The defaults are far above any published checkpoint. Counts are checked against the bytes that are left in the
/// file as well, before anything is allocated for them.
public struct CheckpointLimits: Sendable {
    /// Metadata pairs of a GGUF file or entries of safetensors `__metadata__`. Published files have about 50.
    public var metadataPairs = 65_536
    /// Elements of one metadata array. The largest published arrays are vocabularies of under a million tokens.
    public var arrayElements = 1 << 24
    /// Metadata arrays within arrays.
    public var arrayNesting = 4
    /// Bytes of all metadata strings outside arrays together (arrays stay in the mapped file).
    public var metadataStringBytes = 64 << 20
    /// Bytes of one tensor name or metadata key. The GGUF specification says 64 for tensors; longer ones exist.
    public var nameBytes = 1024
    /// Tensors of one file or index. A checkpoint that stores every expert apart has a few hundred thousand. An open
    /// file takes up to about 300 bytes of memory a tensor; names and tables are all that is ever copied out of it.
    public var tensors = 1 << 20
    /// Dimensions of a safetensors tensor. GGUF allows at most 4.
    public var dimensions = 16
    /// Bytes of a safetensors header; the format's reference reader has the same limit.
    public var headerBytes = 100_000_000
    /// Bytes of a JSON or text file next to the weights.
    public var textBytes = 128 << 20
    /// Bytes of `config.json`, which is turned into a tree of values.
    public var configBytes = 4 << 20
    /// JSON arrays and objects within each other.
    public var jsonNesting = 64
    /// Files of one checkpoint.
    public var files = 4096

    public init() {}

    /// Limits for ordinary use.
    public static let `default` = CheckpointLimits()
}
