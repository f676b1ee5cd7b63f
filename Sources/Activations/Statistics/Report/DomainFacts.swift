/// A domain as the report lists it.
public struct DomainFacts: Sendable, Equatable, Encodable {
    public let name: String
    public internal(set) var requests = 0
    public internal(set) var tokens = 0

    init(name: String) { self.name = name }
}
