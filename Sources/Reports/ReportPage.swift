import Activations
import Foundation

/// A report as one HTML file that needs nothing else: style, script and figures are inside.
///
/// The page is a fixed document, and the report's JSON is its data: text from a trace reaches the document only through
/// that data, which cannot end its element.
public enum ReportPage {
    public static func html(_ report: ActivationReport) throws -> Data {
        let data = String(decoding: try report.json(), as: UTF8.self)
            // JSON has `<` only inside of strings, where it may be written as an escape.
            .replacingOccurrences(of: "<", with: "\\u003c")
        let script = [
            PackageResources.dom_js, PackageResources.plot_js, PackageResources.heat_js, PackageResources.sections_js,
        ].map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
        let style = String(decoding: PackageResources.report_css, as: UTF8.self)
        return Data(filled(["/*style*/": style, "/*script*/": script, "/*data*/": data]).utf8)
    }

    /// The document with each mark replaced once; what is put in is not searched for marks.
    private static func filled(_ parts: [String: String]) -> String {
        var rest = String(decoding: PackageResources.report_html, as: UTF8.self)[...]
        var answer = ""
        for mark in ["/*style*/", "/*data*/", "/*script*/"] {
            guard let place = rest.range(of: mark), let part = parts[mark] else { continue }
            answer += rest[..<place.lowerBound] + part
            rest = rest[place.upperBound...]
        }
        return answer + rest
    }
}
