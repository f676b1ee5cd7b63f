import Activations
import Foundation
import Randomness
import Reports
import Tensors
import Testing

@Suite struct ReportPageTests {
    private static let hostile = "</script><script>alert(1)</script><!-- \u{1B}[31m \u{2028} \"'& /*data*/"

    private static func report(domain: String) throws -> ActivationReport {
        let shape = TraceShape(blocks: [1, 4], expertCount: 8, topK: 2)
        let analyzer = try TraceAnalyzer(shape: shape, expectedTokens: 400, pool: ComputePool(threads: 1))
        var random = SplitMix64(seed: 1)
        for index in 0..<20 {
            let ids = (0..<20 * 2).flatMap { _ in (0..<8).shuffled(using: &random).prefix(2).map(UInt16.init) }
            analyzer.add(
                RequestTrace(
                    id: "r\(index)", domain: index % 2 == 0 ? domain : "other", prefillTokens: 8, experts: ids))
        }
        return analyzer.report(name: domain, warnings: [domain])
    }

    @Test func textFromTracesCannotLeaveTheData() throws {
        let report = try Self.report(domain: Self.hostile)
        let page = String(decoding: try ReportPage.html(report), as: UTF8.self)
        #expect(page.components(separatedBy: "</script").count == 3)
        #expect(!page.contains("<!--") && !page.contains("alert(1)</script"))
        let tail = try #require(page.components(separatedBy: "id=\"data\">").last)
        let data = try #require(tail.components(separatedBy: "</script").first)
        let read = try #require(try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])
        #expect((read["trace"] as? [String: Any])?["name"] as? String == Self.hostile)
    }

    @Test func thePageNeedsNothingElse() throws {
        let page = String(decoding: try ReportPage.html(try Self.report(domain: "code")), as: UTF8.self)
        let addresses = page.components(separatedBy: "http").dropFirst()
        let elsewhere = addresses.filter { !$0.hasPrefix("://www.w3.org/2000/svg") }
        #expect(elsewhere.allSatisfy { $0.hasPrefix("-equiv") })
        #expect(page.contains("default-src 'none'"))
        for mark in ["/*style*/", "/*data*/", "/*script*/"] { #expect(!page.contains(mark)) }
    }

    @Test func jsonHasItsVersionAndSections() throws {
        let json = try Self.report(domain: "code").json()
        let read = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(read["version"] as? Int == 1)
        let sections = [
            "trace", "sampling", "findings", "load", "popularity", "domains", "phases", "coactivation",
            "transitions", "drift", "working_set", "stability",
        ]
        #expect(Set(read.keys) == Set(sections + ["version"]))
    }

    @Test func terminalTextHasALineALayerAndNoControls() throws {
        let text = ReportText.text(try Self.report(domain: Self.hostile))
        #expect(!text.contains("\u{1B}") && text.contains("?[31m"))
        #expect(text.split(separator: "\n").suffix(2).map { $0.split(separator: " ").first } == ["1", "4"])
    }
}
