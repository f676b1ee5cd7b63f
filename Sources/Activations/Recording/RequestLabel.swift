/// What a trace calls a request.
public struct RequestLabel: Sendable, Equatable {
    /// Nil: a name of the recorder's.
    public var id: String?
    /// Domain of the request (code, chat, …), where one is known.
    public var domain: String?
    /// A finer label within the domain.
    public var category: String?

    public init(id: String? = nil, domain: String? = nil, category: String? = nil) {
        self.id = id
        self.domain = domain
        self.category = category
    }
}
