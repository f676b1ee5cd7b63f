import Telemetry

/// What the server counts. Names follow https://prometheus.io/docs/practices/naming/
struct ServingMetrics: Sendable {
    let requests: Counter
    let requestSeconds: Histogram
    let active: Gauge
    let waiting: Gauge
    let promptTokens: Counter
    let generationTokens: Counter
    let timeToFirstToken: Histogram
    let interTokenLatency: Histogram
    let queueSeconds: Histogram
    let finished: Counter

    /// Upper bounds that vLLM uses for the time to the first token, so that its dashboards fit.
    private static let firstTokenBuckets = [
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
        2560,
    ]
    private static let interTokenBuckets = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 10,
    ]
    private static let requestBuckets = [
        0.005, 0.01, 0.05, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920,
    ]

    init(_ registry: MetricsRegistry) {
        requests = registry.counter(
            "guildhall_requests_total", help: "HTTP requests answered, by endpoint and status.",
            labels: ["endpoint", "status"])
        active = registry.gauge(
            "guildhall_requests_active", help: "Generations that the engine is working on.")
        waiting = registry.gauge(
            "guildhall_requests_waiting", help: "Generations that were accepted and have not begun.")
        promptTokens = registry.counter(
            "guildhall_prompt_tokens_total", help: "Prompt tokens of generations that have begun to answer.")
        generationTokens = registry.counter("guildhall_generation_tokens_total", help: "Tokens generated.")
        timeToFirstToken = registry.histogram(
            "guildhall_time_to_first_token_seconds", help: "Seconds from acceptance to the first token.",
            buckets: Self.firstTokenBuckets)
        interTokenLatency = registry.histogram(
            "guildhall_inter_token_latency_seconds", help: "Seconds between two tokens of one generation.",
            buckets: Self.interTokenBuckets)
        requestSeconds = registry.histogram(
            "guildhall_request_duration_seconds", help: "Seconds from acceptance to the end of a generation.",
            buckets: Self.requestBuckets)
        queueSeconds = registry.histogram(
            "guildhall_queue_seconds", help: "Seconds that generations waited before they began.",
            buckets: Self.requestBuckets)
        finished = registry.counter(
            "guildhall_finished_total", help: "Generations ended, by reason: stop, length, cancelled or failed.",
            labels: ["reason"])
    }
}
