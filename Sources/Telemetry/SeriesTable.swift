import Synchronization

/// What a metric is called and how its series are told apart.
struct MetricDescription: Sendable {
    let name: String
    let help: String
    let labels: [String]

    /// Programmer errors trap: names come from the source, not from clients.
    init(name: String, help: String, labels: [String]) {
        precondition(MetricName.isMetric(name), "\(name) is not a metric name")
        precondition(labels.allSatisfy(MetricName.isLabel), "\(labels) are not label names")
        precondition(Set(labels).count == labels.count, "\(labels) repeat a label")
        self.name = name
        self.help = help
        self.labels = labels
    }
}

/// The series of one metric, one state for each combination of label values.
///
/// Label values may come from clients, so the number of series has a limit: combinations seen after it is reached
/// share one series, whose label values are all `other`. Sums stay right and memory stays bounded.
final class SeriesTable<State: Sendable>: Sendable {
    let description: MetricDescription
    private let limit: Int
    private let initial: State
    private let states: Mutex<[[String]: State]>

    /// A metric without labels has its one series from the start, so that it is never missing from a scrape.
    init(_ description: MetricDescription, limit: Int, initial: State) {
        self.description = description
        self.limit = limit
        self.initial = initial
        states = Mutex(description.labels.isEmpty ? [[]: initial] : [:])
    }

    func update(_ values: [String], _ change: (inout State) -> Void) {
        precondition(values.count == description.labels.count, "\(description.name) takes \(description.labels)")
        states.withLock { states in
            let isRoomLeft = states.count < limit || states.index(forKey: values) != nil
            let key = isRoomLeft ? values : values.map { _ in "other" }
            change(&states[key, default: initial])
        }
    }

    /// All series in a stable order.
    func snapshot() -> [(labels: [MetricLabel], state: State)] {
        let sorted = states.withLock { Array($0) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        return sorted.map { values, state in
            (zip(description.labels, values).map { MetricLabel($0, $1) }, state)
        }
    }
}
