/// A text marked by `safe` or `escape`: Python's `markupsafe.Markup`, a string that escapes what `+` joins to it.
///
/// `~`, `join`, comparisons and `tojson` take it as the string it is. Its methods and `%`, which escape too, are left out.
final class Markup: RuntimeObject {
    let text: Text
    let typeName = "Markup"

    init(_ text: Text) { self.text = text }

    var count: Int? { text.count }
    func describe(in evaluator: Evaluator) throws(Fault) -> Text { text }

    /// The text with entities for the characters that mean something in HTML.
    static func escape(_ text: Text, meter: Meter) throws(Fault) -> Text {
        let entities: [(Text, Text)] = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&#34;")]
        var escaped = text
        for (mark, entity) in entities {
            escaped = try escaped.replacing(mark, with: entity, limit: -1, meter: meter)
        }
        return escaped
    }

    /// `left + right` where one of them is marked; nil for other values.
    static func sum(_ left: Value, _ right: Value, meter: Meter) throws(Fault) -> Value? {
        guard left.markup != nil || right.markup != nil else { return nil }
        guard let leftText = try safeText(of: left, meter), let rightText = try safeText(of: right, meter) else {
            return nil
        }
        try meter.allocate(bytes: leftText.bytes.count + rightText.bytes.count)
        return .object(Markup(leftText + rightText))
    }

    private static func safeText(of value: Value, _ meter: Meter) throws(Fault) -> Text? {
        if let markup = value.markup { return markup.text }
        return try value.text.map { text throws(Fault) in try escape(text, meter: meter) }
    }
}

extension Value {
    var markup: Markup? {
        if case .object(let markup as Markup) = self { markup } else { nil }
    }

    /// The string itself of a marked text, other values as they are.
    var unmarked: Value { markup.map { .string($0.text) } ?? self }
}
