import Telemetry
import Testing

@Suite struct ExpositionTests {
    private func parse(_ registry: MetricsRegistry) throws -> StrictExpositionParser {
        try StrictExpositionParser(TextExposition.encode(registry.gather()))
    }

    @Test func counterWithoutLabelsIsThereFromTheStart() throws {
        let registry = MetricsRegistry()
        let counter = registry.counter("tests_total", help: "Tests.")
        #expect(
            TextExposition.encode(registry.gather())
                == "# HELP tests_total Tests.\n# TYPE tests_total counter\ntests_total 0\n")
        counter.increment()
        counter.increment(by: 2.5)
        #expect(try parse(registry).value("tests_total") == 3.5)
    }

    @Test func labelledSeriesAreSortedAndSeparate() throws {
        let registry = MetricsRegistry()
        let counter = registry.counter("hits_total", help: "Hits.", labels: ["path", "status"])
        counter.increment(labels: ["/b", "200"])
        counter.increment(labels: ["/a", "500"])
        counter.increment(labels: ["/a", "200"])
        counter.increment(labels: ["/a", "200"])
        let lines = TextExposition.encode(registry.gather()).split(separator: "\n").dropFirst(2)
        #expect(
            lines == [
                #"hits_total{path="/a",status="200"} 2"#, #"hits_total{path="/a",status="500"} 1"#,
                #"hits_total{path="/b",status="200"} 1"#,
            ])
    }

    @Test func gaugeGoesBothWays() throws {
        let registry = MetricsRegistry()
        let gauge = registry.gauge("depth", help: "Depth.")
        gauge.add(3)
        gauge.add(-5)
        #expect(try parse(registry).value("depth") == -2)
        gauge.set(.infinity)
        #expect(TextExposition.encode(registry.gather()).hasSuffix("depth +Inf\n"))
        gauge.set(.nan)
        #expect(TextExposition.encode(registry.gather()).hasSuffix("depth NaN\n"))
    }

    @Test func histogramBucketsAreCumulativeAndInclusive() throws {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("size", help: "Size.", labels: ["kind"], buckets: [0.5, 1, 10])
        for value in [0.5, 0.75, 1, 11, .nan] { histogram.observe(value, labels: ["x"]) }
        let parsed = try parse(registry)
        let counts = ["0.5", "1", "10", "+Inf"].map { parsed.value("size_bucket", ["kind": "x", "le": $0]) }
        #expect(counts == [1, 3, 3, 4])
        #expect(parsed.value("size_sum", ["kind": "x"]) == 13.25)
        #expect(parsed.value("size_count", ["kind": "x"]) == 4)
    }

    @Test(arguments: ["plain", "quote \" back \\ line \n end", "\r\n", "\\n", "", "ümläut 🦀", "{a=\"b\"}, 1"])
    func labelValuesAndHelpSurviveEscaping(text: String) throws {
        let registry = MetricsRegistry()
        registry.gauge("escaped", help: "Help: \(text)", labels: ["value"]).set(1, labels: [text])
        let parsed = try parse(registry)
        #expect(parsed.value("escaped", ["value": text]) == 1)
        #expect(parsed.families["escaped"]?.help == "Help: \(text)")
    }

    @Test func seriesBeyondTheLimitShareOne() throws {
        let registry = MetricsRegistry(seriesLimit: 3)
        let counter = registry.counter("users_total", help: "Users.", labels: ["name"])
        for number in 0..<100 { counter.increment(labels: ["user\(number)"]) }
        counter.increment(labels: ["user1"])
        let parsed = try parse(registry)
        #expect(parsed.families["users_total"]?.series.count == 4)
        #expect(parsed.value("users_total", ["name": "other"]) == 97)
        #expect(parsed.value("users_total", ["name": "user1"]) == 2)
    }

    @Test func collectorsAreAskedAtEachScrapeAndNamesAppearOnce() throws {
        let registry = MetricsRegistry()
        let source = registry.gauge("source", help: "Source.")
        source.set(1)
        registry.addCollector {
            source.add(1)
            return [
                MetricFamily(name: "seen", help: "Seen.", kind: .gauge, samples: [MetricSample(value: 7)]),
                MetricFamily(name: "source", help: "Again.", kind: .gauge, samples: []),
            ]
        }
        #expect(try parse(registry).value("source") == 1)
        let second = try parse(registry)
        #expect(second.value("source") == 2)
        #expect(second.value("seen") == 7)
    }

    @Test func manyThreadsLoseNothing() async throws {
        let registry = MetricsRegistry()
        let counter = registry.counter("work_total", help: "Work.", labels: ["worker"])
        let histogram = registry.histogram("work_seconds", help: "Work.", buckets: [1, 2])
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for step in 0..<2000 {
                        counter.increment(labels: [String(worker % 3)])
                        histogram.observe(Double(step % 4))
                    }
                }
            }
        }
        let parsed = try parse(registry)
        #expect(parsed.families["work_total"]?.series.map(\.1).reduce(0, +) == 16000)
        #expect(parsed.value("work_seconds_count") == 16000)
        #expect(parsed.value("work_seconds_bucket", ["le": "1"]) == 8000)
    }

    @Test(.enabled(if: isLinux)) func processMetricsAreAboutThisProcess() throws {
        let registry = MetricsRegistry()
        registry.addCollector(ProcessMetrics.collect)
        let parsed = try parse(registry)
        let resident = try #require(parsed.value("process_resident_memory_bytes"))
        let start = try #require(parsed.value("process_start_time_seconds"))
        let cpu = try #require(parsed.value("process_cpu_seconds_total"))
        #expect(resident > 1e6 && resident < 1e11)
        #expect(start > 1.7e9 && start < 1e10)
        #expect(cpu >= 0 && cpu < 1e5)
    }

    private static let isLinux: Bool = {
        #if os(Linux)
            true
        #else
            false
        #endif
    }()

    /// A parser that takes everything would make the tests above worthless.
    @Test(arguments: [
        "a 1", "a 1\n", "# HELP a x\n# TYPE a gauge\nb 1\n", "# HELP a x\n# TYPE a gauge\na 1\na 1\n",
        "# HELP a x\n# TYPE a counter\na -1\n", "# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n",
        "# HELP a x\n# TYPE a gauge\na{1b=\"c\"} 1\n", "# HELP a x\n# TYPE a gauge\na{b=\"\\t\"} 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n", "# TYPE a gauge\na 1\n",
    ])
    func theParserIsStrict(text: String) {
        #expect(throws: StrictExpositionParser.Violation.self) { try StrictExpositionParser(text) }
    }
}
