/// A value that goes up and down. Safe to use from any thread.
public final class Gauge: Sendable {
    private let series: SeriesTable<Double>

    init(_ description: MetricDescription, limit: Int) {
        series = SeriesTable(description, limit: limit, initial: 0)
    }

    public func set(_ value: Double, labels: [String] = []) {
        series.update(labels) { $0 = value }
    }

    /// Adds `amount`, which may be negative.
    public func add(_ amount: Double, labels: [String] = []) {
        series.update(labels) { $0 += amount }
    }
}

extension Gauge: MetricSource {
    var name: String { series.description.name }

    func family() -> MetricFamily {
        MetricFamily(name: name, help: series.description.help, kind: .gauge, samples: series.valueSamples())
    }
}

extension SeriesTable where State == Double {
    /// One sample per series, the value as it is.
    func valueSamples() -> [MetricSample] {
        snapshot().map { MetricSample(labels: $0.labels, value: $0.state) }
    }
}
