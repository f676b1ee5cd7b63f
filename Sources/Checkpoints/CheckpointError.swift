/// Why a checkpoint could not be read or written. Always names the file, and the tensor or key and the byte where known.
public struct CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Path of the file.
    public let file: String
    /// Tensor name or metadata key the error is about.
    public let item: String?
    /// Byte offset from the start of the file.
    public let offset: Int?
    /// What is wrong, in words.
    public let reason: String

    public init(file: String, item: String? = nil, offset: Int? = nil, reason: String) {
        self.file = file
        self.item = item
        self.offset = offset
        self.reason = reason
    }

    /// `model.gguf: 'blk.0.attn_q.weight' at byte 1024: reason`, on one line: names come from the file, so control
    /// characters in them are escaped lest they reach a terminal or forge a line of a log.
    public var description: String {
        var text = file
        if let item { text += ": '\(item)'" }
        if let offset { text += " at byte \(offset)" }
        return Self.escapingControls(text + ": " + reason)
    }

    private static func escapingControls(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
