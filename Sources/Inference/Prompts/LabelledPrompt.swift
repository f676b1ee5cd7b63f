import Activations

/// A text to be answered, and what it is about.
public struct LabelledPrompt: Sendable, Equatable {
    public var label: RequestLabel
    public var text: String

    public init(label: RequestLabel, text: String) {
        self.label = label
        self.text = text
    }
}

/// Why prompts could not be read. Names the file, and the line or entry where known.
public struct PromptSetError: Error, Sendable, Equatable, CustomStringConvertible {
    public let file: String
    public let reason: String

    public var description: String { "\(file): \(reason)" }
}
