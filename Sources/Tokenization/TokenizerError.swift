/// Why a tokenizer could not be built. Names the file and, where known, the metadata key or JSON member.
public struct TokenizerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Path or name of what was read.
    public let source: String
    /// GGUF metadata key, or JSON path such as `model.merges[12]`, that the error is about.
    public let item: String?
    /// What is wrong, in words.
    public let reason: String

    public init(source: String, item: String? = nil, reason: String) {
        self.source = source
        self.item = item
        self.reason = reason
    }

    /// `model.gguf: 'tokenizer.ggml.pre': reason`
    public var description: String {
        guard let item else { return "\(source): \(reason)" }
        return "\(source): '\(item)': \(reason)"
    }
}
