/// A part of a trace that was passed over because it could not be read.
public struct TraceDamage: Sendable, Equatable, CustomStringConvertible {
    /// What is wrong and where.
    public let error: TraceError
    /// Requests that were lost with it, where that is known; 0 if the requests could be read all the same.
    public let requests: Int?

    public init(_ error: TraceError, requests: Int?) {
        self.error = error
        self.requests = requests
    }

    public var description: String {
        switch requests {
        case nil: "\(error) (skipped)"
        case 0: "\(error)"
        case 1: "\(error) (request skipped)"
        case let count?: "\(error) (\(count) requests skipped)"
        }
    }
}

/// Collects damage: the first pieces one by one, the others as a number, so that a hostile trace cannot fill memory.
struct DamageLog {
    private var named: [TraceDamage] = []
    private var others = 0
    private var otherRequests = 0
    private let location: String
    private let limit: Int

    init(location: String, limit: Int) {
        self.location = location
        self.limit = limit
    }

    mutating func add(_ error: TraceError, requests: Int?) {
        guard named.count >= limit else { return named.append(TraceDamage(error, requests: requests)) }
        others += 1
        otherRequests += requests ?? 0
    }

    /// This log with what `other` has behind it.
    func adding(_ other: DamageLog) -> DamageLog {
        var both = self
        for damage in other.named { both.add(damage.error, requests: damage.requests) }
        both.others += other.others
        both.otherRequests += other.otherRequests
        return both
    }

    /// All that was added, in order.
    var damages: [TraceDamage] {
        guard others > 0 else { return named }
        let rest = TraceError(file: location, reason: "\(others) more parts are damaged")
        return named + [TraceDamage(rest, requests: otherRequests)]
    }
}
