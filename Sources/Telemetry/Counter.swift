/// A total that only grows. Safe to use from any thread.
public final class Counter: Sendable {
    private let series: SeriesTable<Double>

    init(_ description: MetricDescription, limit: Int) {
        series = SeriesTable(description, limit: limit, initial: 0)
    }

    /// Adds `amount`, which must not be negative, to the series with these label values (in the order of the names).
    public func increment(by amount: Double = 1, labels: [String] = []) {
        precondition(amount >= 0, "a counter never shrinks")
        series.update(labels) { $0 += amount }
    }
}

extension Counter: MetricSource {
    var name: String { series.description.name }

    func family() -> MetricFamily {
        MetricFamily(name: name, help: series.description.help, kind: .counter, samples: series.valueSamples())
    }
}
