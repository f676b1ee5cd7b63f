/// Reads the Prometheus text format 0.0.4 and throws at anything that its specification does not allow, including
/// orders and sums that real parsers let pass.
struct StrictExpositionParser {
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    struct Series: Hashable {
        var name: String
        var labels: [String: String]
    }

    struct Family {
        var help: String
        var type: String
        var series: [(Series, Double)] = []
    }

    private(set) var families: [String: Family] = [:]
    private var pendingHelp: (name: String, text: String)?
    private var current: String?
    private var seen: Set<Series> = []

    init(_ text: String) throws {
        guard text.isEmpty || text.utf8.last == 0x0A else { throw Violation(description: "no line feed at the end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            try read(Substring(line))
        }
        for (name, family) in families where family.type == "histogram" { try check(histogram: family, name) }
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        families.values.flatMap(\.series).first { $0.0 == Series(name: name, labels: labels) }?.1
    }

    private mutating func read(_ line: Substring) throws {
        if line.hasPrefix("# HELP ") {
            let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
            guard parts.count == 2, pendingHelp == nil else { throw Violation(description: "HELP: \(line)") }
            pendingHelp = (String(parts[0]), try unescape(parts[1], allowed: "\\n"))
        } else if line.hasPrefix("# TYPE ") {
            let parts = line.dropFirst(7).split(separator: " ")
            guard parts.count == 2, ["counter", "gauge", "histogram"].contains(parts[1]),
                let help = pendingHelp, help.name == parts[0], families[help.name] == nil, isName(parts[0], ":")
            else { throw Violation(description: "TYPE: \(line)") }
            families[help.name] = Family(help: help.text, type: String(parts[1]))
            (current, pendingHelp) = (help.name, nil)
        } else {
            try readSample(line)
        }
    }

    private mutating func readSample(_ line: Substring) throws {
        guard let current, let type = families[current]?.type, let space = line.lastIndex(of: " ") else {
            throw Violation(description: "a sample outside a family: \(line)")
        }
        let head = line[..<space]
        let name = head.prefix { $0 != "{" }
        let suffixes = type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        guard suffixes.contains(where: { name == current + $0 }) else {
            throw Violation(description: "\(name) does not belong to \(current)")
        }
        let series = Series(name: String(name), labels: try labels(head.dropFirst(name.count)))
        guard seen.insert(series).inserted else { throw Violation(description: "twice: \(line)") }
        let value = try number(line[line.index(after: space)...])
        guard type != "counter" || value >= 0 else { throw Violation(description: "negative counter: \(line)") }
        families[current]?.series.append((series, value))
    }

    private func number(_ text: Substring) throws -> Double {
        switch text {
        case "+Inf": return .infinity
        case "-Inf": return -.infinity
        case "NaN": return .nan
        default:
            guard let value = Double(text), value.isFinite else { throw Violation(description: "number: \(text)") }
            return value
        }
    }

    private func labels(_ text: Substring) throws -> [String: String] {
        var rest = text
        var labels: [String: String] = [:]
        guard !rest.isEmpty else { return labels }
        guard rest.first == "{", rest.last == "}" else { throw Violation(description: "braces: \(text)") }
        rest = rest.dropFirst().dropLast()
        while !rest.isEmpty {
            let name = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(name.count)
            guard isName(name, ""), rest.hasPrefix("=\"") else { throw Violation(description: "label: \(text)") }
            rest = rest.dropFirst(2)
            guard let end = closingQuote(rest) else { throw Violation(description: "quotes: \(text)") }
            guard labels[String(name)] == nil else { throw Violation(description: "label twice: \(text)") }
            labels[String(name)] = try unescape(rest[..<end], allowed: "\\n\"")
            rest = rest[rest.index(after: end)...]
            if rest.first == "," {
                rest = rest.dropFirst()
            } else if !rest.isEmpty {
                throw Violation(description: "comma: \(text)")
            }
        }
        return labels
    }

    private func closingQuote(_ text: Substring) -> Substring.Index? {
        var isEscaped = false
        for index in text.indices {
            if !isEscaped && text[index] == "\"" { return index }
            isEscaped = !isEscaped && text[index] == "\\"
        }
        return nil
    }

    private func unescape(_ text: Substring, allowed: String) throws -> String {
        var result = ""
        var iterator = text.makeIterator()
        while let character = iterator.next() {
            guard character == "\\" else {
                result.append(character)
                continue
            }
            guard let next = iterator.next(), allowed.contains(next) else {
                throw Violation(description: "escape: \(text)")
            }
            result.append(next == "n" ? "\n" : next)
        }
        return result
    }

    private func isName(_ name: Substring, _ extra: String) -> Bool {
        guard let first = name.first, !first.isNumber else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || extra.contains($0)) }
    }

    /// Buckets rise in bound and count, the last one has no bound and counts all.
    private func check(histogram family: Family, _ name: String) throws {
        let buckets = family.series.filter { $0.0.name == name + "_bucket" }
        for (labels, group) in Dictionary(grouping: buckets, by: { $0.0.labels.filter { $0.key != "le" } }) {
            let bounds = try group.map { try number(Substring($0.0.labels["le"] ?? "missing")) }
            let counts = group.map(\.1)
            guard bounds.last == .infinity, zip(bounds, bounds.dropFirst()).allSatisfy(<),
                zip(counts, counts.dropFirst()).allSatisfy(<=), counts.last == value(name + "_count", labels),
                value(name + "_sum", labels) != nil
            else { throw Violation(description: "the histogram \(name) \(labels) does not add up") }
        }
    }
}
