/// What a metric does over time, as Prometheus distinguishes it.
public enum MetricKind: String, Sendable {
    /// Only ever grows, except that it starts at 0 again with the process.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts observations in buckets.
    case histogram
}

/// One name and value that tell a series from its siblings.
public struct MetricLabel: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One line of the exposition: a value of one series at this moment.
public struct MetricSample: Sendable, Equatable {
    /// What follows the family's name: empty, or `_bucket`, `_sum`, `_count` of a histogram.
    public var suffix: String
    public var labels: [MetricLabel]
    public var value: Double

    public init(suffix: String = "", labels: [MetricLabel] = [], value: Double) {
        self.suffix = suffix
        self.labels = labels
        self.value = value
    }
}

/// All series of one metric at this moment: what a scrape sees of it.
public struct MetricFamily: Sendable, Equatable {
    public var name: String
    public var help: String
    public var kind: MetricKind
    public var samples: [MetricSample]

    public init(name: String, help: String, kind: MetricKind, samples: [MetricSample]) {
        precondition(MetricName.isMetric(name), "\(name) is not a metric name")
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }
}

/// The alphabets of the Prometheus data model.
/// https://prometheus.io/docs/concepts/data_model/
enum MetricName {
    static func isMetric(_ name: String) -> Bool {
        matches(name) { $0 == UInt8(ascii: ":") }
    }

    /// Names that begin with two underscores belong to Prometheus itself.
    static func isLabel(_ name: String) -> Bool {
        matches(name) { _ in false } && !name.hasPrefix("__")
    }

    private static func matches(_ name: String, orAlso isExtra: (UInt8) -> Bool) -> Bool {
        guard let first = name.utf8.first, !isDigit(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") || isExtra($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
