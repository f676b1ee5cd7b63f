import Activations
import Foundation
import Inference
import Serving
import Telemetry
import Testing

@Suite struct MetricsTests {
    private let body = #"{"prompt":"a b c d"}"#

    private func lines(_ registry: MetricsRegistry) -> [String] {
        TextExposition.encode(registry.gather()).components(separatedBy: "\n")
    }

    @Test func generationsAreCounted() async throws {
        let registry = MetricsRegistry()
        try await ServerUnderTest().makeServer(registry).application.test(.router) { client in
            for (path, body) in [("/v1/completions", body), ("/v1/completions", "{"), ("/nothing", "{}")] {
                _ = try await client.executeRequest(
                    uri: path, method: .post, headers: [.contentType: "application/json"], body: .init(string: body))
            }
            let scrape = try await client.executeRequest(uri: "/metrics", method: .get, headers: [:], body: nil)
            #expect(scrape.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        }
        let lines = lines(registry)
        for expected in [
            #"guildhall_requests_total{endpoint="/v1/completions",status="200"} 1"#,
            #"guildhall_requests_total{endpoint="/v1/completions",status="400"} 1"#,
            #"guildhall_requests_total{endpoint="other",status="404"} 1"#,
            #"guildhall_requests_total{endpoint="/metrics",status="200"} 1"#, "guildhall_requests_active 0",
            "guildhall_requests_waiting 0", "guildhall_prompt_tokens_total 4", "guildhall_generation_tokens_total 3",
            "guildhall_time_to_first_token_seconds_count 1", "guildhall_inter_token_latency_seconds_count 2",
            "guildhall_request_duration_seconds_count 1", "guildhall_queue_seconds_sum 0.25",
            #"guildhall_finished_total{reason="stop"} 1"#,
            #"guildhall_info{version="0.1.0",model="twin-moe",architecture="twin"} 1"#,
        ] { #expect(lines.contains(expected), "\(expected)") }
    }

    @Test func failuresAreCountedAsSuch() async throws {
        let registry = MetricsRegistry()
        let server = ServerUnderTest(ServiceTwin { _ in [.event(.failed("x"))] })
        try await server.makeServer(registry).application.test(.router) { client in
            _ = try await client.executeRequest(
                uri: "/v1/completions", method: .post, headers: [.contentType: "application/json"],
                body: .init(string: body))
        }
        #expect(lines(registry).contains(#"guildhall_finished_total{reason="failed"} 1"#))
        #expect(lines(registry).contains("guildhall_requests_active 0"))
    }

    @Test func expertsAreExported() {
        let families = ExpertMetrics(maxSeries: 100).families(
            ExpertLoads(layers: [.init(block: 3, tokens: [3, 1]), .init(block: 4, tokens: [0, 0])]))
        let text = TextExposition.encode(families)
        for line in [
            #"guildhall_moe_expert_tokens_total{layer="3",expert="0"} 3"#,
            #"guildhall_moe_expert_share{layer="3",expert="1"} 0.25"#,
            #"guildhall_moe_expert_share{layer="4",expert="1"} 0"#, #"guildhall_moe_layer_imbalance{layer="3"} 1.5"#,
            #"guildhall_moe_layer_imbalance{layer="4"} 0"#,
        ] { #expect(text.contains(line + "\n"), "\(line)") }
        #expect(!text.contains("Only the busiest"))
    }

    @Test func tooManyExpertsAreCutToTheExtremes() {
        let loads = ExpertLoads(layers: (0..<2).map { .init(block: $0, tokens: (0..<100).map { UInt64($0) }) })
        let families = ExpertMetrics(maxSeries: 8).families(loads)
        let shares = families[1].samples
        #expect(shares.count == 8)
        #expect(shares.prefix(4).map { $0.labels[1].value } == ["0", "1", "98", "99"])
        #expect(families[1].help.contains("Only the busiest and idlest experts"))
        #expect(families[2].samples.count == 2)
    }
}
