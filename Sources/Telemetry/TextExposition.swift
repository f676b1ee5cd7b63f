/// The Prometheus text format, version 0.0.4.
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
public enum TextExposition {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    public static func encode(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families {
            text += "# HELP \(family.name) \(escapeHelp(family.help))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.samples {
                text += family.name + sample.suffix + encode(sample.labels) + " " + number(sample.value) + "\n"
            }
        }
        return text
    }

    /// Whole numbers without a fraction; infinities and NaN as the format spells them.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return value.description
    }

    private static func encode(_ labels: [MetricLabel]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escapeLabel($0.value))\"" }.joined(separator: ",") + "}"
    }

    private static func escapeHelp(_ text: String) -> String {
        escape(text) { $0 == "\\" }
    }

    private static func escapeLabel(_ text: String) -> String {
        escape(text) { $0 == "\\" || $0 == "\"" }
    }

    /// Works on Unicode scalars: "\r\n" is one Character, but its line feed must be escaped all the same.
    private static func escape(_ text: String, where needsBackslash: (Unicode.Scalar) -> Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\n" {
                escaped.append(contentsOf: "\\n".unicodeScalars)
                continue
            }
            if needsBackslash(scalar) { escaped.append("\\") }
            escaped.append(scalar)
        }
        return String(escaped)
    }
}
