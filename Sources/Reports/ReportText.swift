import Activations
import Foundation

/// A report for a terminal: what was read, what it says, and a line a layer.
public enum ReportText {
    public static func text(_ report: ActivationReport) -> String {
        let lines = [facts(report.trace), ""] + report.findings.map { "- " + $0 } + ["", heading] + layers(report)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func facts(_ trace: TraceFacts) -> String {
        let domains = trace.domains.isEmpty ? "" : ", \(trace.domains.count) domains"
        return "\(printable(trace.name)): \(trace.requests) requests\(domains), \(trace.tokens) tokens "
            + "(\(trace.prefillTokens) prefill), \(trace.blocks.count) layers of \(trace.experts) experts, "
            + "\(trace.expertsPerToken) a token"
    }

    private static let heading =
        "block  max/mean     CV   Gini  entropy   dead   Zipf  law           prefill~decode  mismatched"

    private static func layers(_ report: ActivationReport) -> [String] {
        report.load.layers.indices.compactMap { index in
            let load = report.load.layers[index]
            guard let figures = load.figures, let law = report.popularity.layers[index].figures else { return nil }
            let phases = report.phases?.layers[index].figures
            return [
                String(load.block).leftPadded(5), number(figures.maxOverMean, 9),
                number(figures.coefficientOfVariation, 6), number(figures.gini, 6),
                number(figures.entropy, 8, digits: 3),
                String(figures.deadExperts).leftPadded(6), number(law.zipfExponent, 6),
                "  " + law.law.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0),
                number(phases?.matched, 15), number(phases?.mismatched, 11),
            ].joined(separator: " ")
        }
    }

    private static func number(_ value: Double?, _ width: Int, digits: Int = 2) -> String {
        (value.map { String(format: "%.\(digits)f", $0) } ?? "-").leftPadded(width)
    }

    /// Text from a trace without what a terminal would obey.
    public static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }
}

extension String {
    fileprivate func leftPadded(_ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
