/// How long a search, or a part of it, may take.
///
/// Every part that is not short asks now and then; what is cut short is dropped, and the best plan so far stands.
public struct SearchTime: Sendable {
    private let start: ContinuousClock.Instant
    /// Nil where a search ends by itself.
    private let end: ContinuousClock.Instant?
    private let isInterrupted: @Sendable () -> Bool

    /// As long as it takes.
    public static let unlimited = SearchTime { false }

    /// No limit but `isInterrupted`, which several threads ask.
    public init(isInterrupted: @escaping @Sendable () -> Bool) {
        self.init(start: .now, end: nil, isInterrupted: isInterrupted)
    }

    public init(until end: ContinuousClock.Instant, isInterrupted: @escaping @Sendable () -> Bool = { false }) {
        self.init(start: .now, end: end, isInterrupted: isInterrupted)
    }

    /// More seconds than this, a year, are as many as these.
    public static let longest = 31_536_000.0

    public init(seconds: Double, isInterrupted: @escaping @Sendable () -> Bool = { false }) {
        let seconds = seconds > 0 ? min(seconds, Self.longest) : 0
        self.init(until: .now + .seconds(seconds), isInterrupted: isInterrupted)
    }

    private init(
        start: ContinuousClock.Instant, end: ContinuousClock.Instant?, isInterrupted: @escaping @Sendable () -> Bool
    ) {
        (self.start, self.end, self.isInterrupted) = (start, end, isInterrupted)
    }

    public var isOver: Bool { passed >= 1 }

    /// What has passed of the time there is: 0 without an end, 1 or more where it is over.
    var passed: Double {
        if isInterrupted() { return 1 }
        guard let end else { return 0 }
        return end > start ? (ContinuousClock.now - start) / (end - start) : 1
    }

    /// Nil without an end.
    var left: Duration? { end.map { $0 - .now } }

    /// From now on so much of what is left.
    func part(_ share: Double) -> SearchTime {
        guard let end else { return self }
        let now = ContinuousClock.now
        return SearchTime(start: now, end: now + (end - now) * share, isInterrupted: isInterrupted)
    }

    /// From now on what is left but for so long at its end.
    func sparing(_ duration: Duration) -> SearchTime {
        guard let end else { return self }
        return SearchTime(start: .now, end: end - duration, isInterrupted: isInterrupted)
    }

    /// From now on the share of one item of those that are left, of which so many are done at once.
    func share(ofItems left: Int, threads: Int) -> SearchTime {
        part(1 / Double(max(1, (left + threads - 1) / max(1, threads))))
    }

    /// Whether there is time for something that takes so long.
    func allows(_ duration: Duration) -> Bool { left.map { duration < $0 } ?? true }
}
