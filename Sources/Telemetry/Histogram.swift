/// Counts observations in buckets with fixed upper bounds. Safe to use from any thread.
public final class Histogram: Sendable {
    /// Observations per bucket (not cumulative; the last one is above all bounds), and their sum.
    struct State: Sendable {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let series: SeriesTable<State>

    /// `bounds` are the upper bounds (inclusive), finite and rising; a bucket without a bound is added.
    init(_ description: MetricDescription, bounds: [Double], limit: Int) {
        precondition(!bounds.isEmpty && bounds.allSatisfy(\.isFinite), "buckets need finite bounds")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "the bounds of buckets must rise")
        precondition(!description.labels.contains("le"), "le is the label of the buckets")
        self.bounds = bounds
        series = SeriesTable(
            description, limit: limit, initial: State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    /// Counts `value`. NaN belongs to no bucket and is left out.
    public func observe(_ value: Double, labels: [String] = []) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        series.update(labels) { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }
}

extension Histogram: MetricSource {
    var name: String { series.description.name }

    func family() -> MetricFamily {
        MetricFamily(
            name: name, help: series.description.help, kind: .histogram,
            samples: series.snapshot().flatMap { samples(of: $0.state, labels: $0.labels) })
    }

    /// Buckets in the exposition are cumulative: each counts everything up to its bound.
    private func samples(of state: State, labels: [MetricLabel]) -> [MetricSample] {
        var samples: [MetricSample] = []
        var total: UInt64 = 0
        for (count, bound) in zip(state.counts, bounds + [.infinity]) {
            total += count
            let le = MetricLabel("le", TextExposition.number(bound))
            samples.append(MetricSample(suffix: "_bucket", labels: labels + [le], value: Double(total)))
        }
        samples.append(MetricSample(suffix: "_sum", labels: labels, value: state.sum))
        samples.append(MetricSample(suffix: "_count", labels: labels, value: Double(total)))
        return samples
    }
}
