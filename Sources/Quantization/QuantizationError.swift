/// What cannot be quantised, or a recipe that cannot be read; the text is meant for the user.
public struct QuantizationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
