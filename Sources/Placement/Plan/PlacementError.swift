/// Why a plan, or a demand for one, cannot be used. Always says which part is wrong.
public struct PlacementError: Error, Sendable, Equatable, CustomStringConvertible {
    /// File or option the error is about, where there is one.
    public let source: String?
    /// Layer, device or field within it.
    public let item: String?
    /// What is wrong, in words.
    public let reason: String

    public init(source: String? = nil, item: String? = nil, reason: String) {
        self.source = source
        self.item = item
        self.reason = reason
    }

    /// `plan.json: layer 3, device 7: reason`.
    public var description: String {
        [source, item, reason].compactMap { $0 }.joined(separator: ": ")
    }
}
