/// Ids of requests that a user named, and which of them a trace turned out not to have.
public struct RequestNames: Sendable {
    private let names: Set<String>
    /// In the order of the list, each once.
    private let ordered: [String]
    private var seen: Set<String> = []

    public init(_ names: [String]) {
        var known: Set<String> = []
        ordered = names.filter { known.insert($0).inserted }
        self.names = known
    }

    public var isEmpty: Bool { names.isEmpty }

    /// Whether `id` is one of them; takes note that there is such a request.
    public mutating func take(_ id: String) -> Bool {
        guard names.contains(id) else { return false }
        seen.insert(id)
        return true
    }

    /// What to say of those that no request had: how many, and the first; nil if there is none.
    ///
    /// - Parameter option: that they were named by.
    public func warning(option: String) -> String? {
        let unknown = ordered.filter { !seen.contains($0) }
        guard let first = unknown.first else { return nil }
        return
            "\(option) names \(unknown.count) of \(ordered.count) requests that the trace does not have; the first is "
            + "'\(first.prefix(80))'"
    }
}
