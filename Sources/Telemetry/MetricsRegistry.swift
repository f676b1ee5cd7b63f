import Synchronization

/// Something that a scrape asks for its current series.
protocol MetricSource: Sendable {
    var name: String { get }
    func family() -> MetricFamily
}

/// The metrics of a process: makes them, and gathers them for a scrape.
///
/// Metrics are kept in the order in which they were made. Making one whose name is taken is a programmer error.
public final class MetricsRegistry: Sendable {
    /// Reads values that live elsewhere, at the moment of the scrape.
    public typealias Collector = @Sendable () -> [MetricFamily]

    private struct State {
        var names: Set<String> = []
        var collectors: [Collector] = []
    }

    private let state = Mutex(State())
    private let seriesLimit: Int

    /// - Parameter seriesLimit: Series that one metric may have; more share a series called `other`.
    public init(seriesLimit: Int = 1024) {
        self.seriesLimit = seriesLimit
    }

    public func counter(_ name: String, help: String, labels: [String] = []) -> Counter {
        register(Counter(MetricDescription(name: name, help: help, labels: labels), limit: seriesLimit))
    }

    public func gauge(_ name: String, help: String, labels: [String] = []) -> Gauge {
        register(Gauge(MetricDescription(name: name, help: help, labels: labels), limit: seriesLimit))
    }

    /// - Parameter buckets: Upper bounds, rising; one without a bound is added.
    public func histogram(_ name: String, help: String, labels: [String] = [], buckets: [Double]) -> Histogram {
        let description = MetricDescription(name: name, help: help, labels: labels)
        return register(Histogram(description, bounds: buckets, limit: seriesLimit))
    }

    /// Adds families that are computed at each scrape. A family whose name was already given is left out.
    public func addCollector(_ collector: @escaping Collector) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// Everything known now, each name once.
    public func gather() -> [MetricFamily] {
        // Collectors run outside the lock: they may take long, and may make metrics themselves.
        let collectors = state.withLock { $0.collectors }
        var seen: Set<String> = []
        return collectors.flatMap { $0() }.filter { seen.insert($0.name).inserted }
    }

    private func register<Source: MetricSource>(_ source: Source) -> Source {
        state.withLock { state in
            precondition(state.names.insert(source.name).inserted, "\(source.name) exists already")
            state.collectors.append { [source.family()] }
        }
        return source
    }
}
