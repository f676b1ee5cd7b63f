import Yams

/// What is wrong with a YAML file: where and why.
public struct YAMLFileError: Error, Equatable, CustomStringConvertible {
    public let file: String
    /// 1-based; nil where the fault has no place.
    public let line: Int?
    public let reason: String

    public var description: String { line.map { "\(file):\($0): \(reason)" } ?? "\(file): \(reason)" }
}

/// A mapping of a small YAML file whose keys are all asked for: one that nobody asked for is an error, and so is one
/// that is given twice.
///
/// The file must be plain: no anchors, tags or deep nesting, which a configuration has no use for and which can make
/// a small file costly.
struct StrictYAML {
    private static let sizeLimit = 64 << 10
    private static let depthLimit = 8

    let file: String
    /// Where this mapping stands, as `device.` or nothing.
    private let path: String
    private let line: Int?
    private var entries: [String: Node]

    init(text: String, file: String) throws(YAMLFileError) {
        try Self.checkPlain(text, file: file)
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch let error as YamlError {
            throw YAMLFileError(file: file, line: error.line, reason: "not YAML: \(error.summary)")
        } catch { throw YAMLFileError(file: file, line: nil, reason: "not YAML: \(error)") }
        guard let root else { throw YAMLFileError(file: file, line: nil, reason: "the file is empty") }
        try self.init(node: root, file: file, path: "")
    }

    private init(node: Node, file: String, path: String) throws(YAMLFileError) {
        guard case .mapping(let mapping) = node else {
            let what = path.isEmpty ? "the file" : "'\(path.dropLast())'"
            throw YAMLFileError(
                file: file, line: node.mark?.line, reason: "\(what) must be a mapping of keys to values")
        }
        self.file = file
        self.path = path
        line = node.mark?.line
        entries = [:]
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key, entries[scalar.string] == nil else {
                throw YAMLFileError(file: file, line: key.mark?.line, reason: "a key must be a text that is used once")
            }
            entries[scalar.string] = value
        }
    }

    func has(_ key: String) -> Bool { entries[key] != nil }

    /// The text of `key`, which is taken out.
    mutating func text(_ key: String) throws(YAMLFileError) -> String {
        try taken(key, "a text") { $0 }
    }

    /// An integer in `range`.
    mutating func integer(_ key: String, in range: ClosedRange<Int>) throws(YAMLFileError) -> Int {
        try taken(key, "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A finite number in `range`.
    mutating func number(_ key: String, in range: ClosedRange<Double>) throws(YAMLFileError) -> Double {
        try taken(key, "a number from \(range.lowerBound) to \(range.upperBound)") {
            Double($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A number with a unit, more than 0 unless `zeroAllowed`.
    mutating func quantity(
        _ key: String, _ quantity: Quantity, zeroAllowed: Bool = false
    ) throws(YAMLFileError) -> Double {
        try taken(key, "a \(quantity.rawValue) with its unit, such as \(quantity.example)") {
            quantity.parse($0).flatMap { $0 > 0 || zeroAllowed ? $0 : nil }
        }
    }

    /// One of the names of an enumeration.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Choice.Type
    ) throws(YAMLFileError) -> Choice where Choice.RawValue == String {
        try taken(key, Choice.allCases.map(\.rawValue).joined(separator: ", ") + " (one of them)") {
            Choice(rawValue: $0)
        }
    }

    /// The mapping under `key`.
    mutating func mapping(_ key: String) throws(YAMLFileError) -> StrictYAML {
        try StrictYAML(node: take(key), file: file, path: path + key + ".")
    }

    /// Throws if a key was never asked for.
    func finish() throws(YAMLFileError) {
        let left = entries.min { ($0.value.mark?.line ?? 0, $0.key) < ($1.value.mark?.line ?? 0, $1.key) }
        guard let (key, node) = left else { return }
        throw YAMLFileError(file: file, line: node.mark?.line, reason: "unknown key '\(path)\(key)'")
    }

    private mutating func take(_ key: String) throws(YAMLFileError) -> Node {
        guard let node = entries.removeValue(forKey: key) else {
            throw YAMLFileError(file: file, line: line, reason: "'\(path)\(key)' is missing")
        }
        return node
    }

    private mutating func taken<Value>(
        _ key: String, _ expectation: String, _ convert: (String) -> Value?
    ) throws(YAMLFileError) -> Value {
        let node = try take(key)
        guard case .scalar(let scalar) = node, let value = convert(scalar.string) else {
            let found = node.scalar.map { ", found '\($0.string.prefix(40))'" } ?? ""
            throw YAMLFileError(
                file: file, line: node.mark?.line, reason: "'\(path)\(key)' must be \(expectation)\(found)")
        }
        return value
    }
}

extension StrictYAML {
    /// Refuses what makes a small YAML file costly to read, before a parser sees it.
    private static func checkPlain(_ text: String, file: String) throws(YAMLFileError) {
        guard text.utf8.count <= sizeLimit else {
            throw YAMLFileError(file: file, line: nil, reason: "more than \(sizeLimit >> 10) KiB")
        }
        var depth = 0
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let problem = problem(ofLine: line.utf8, depth: &depth)
            if let problem { throw YAMLFileError(file: file, line: index + 1, reason: problem) }
        }
    }

    private static func problem(ofLine line: Substring.UTF8View, depth: inout Int) -> String? {
        var previous = UInt8(ascii: " ")
        var dashes = 0
        for byte in line {
            let startsValue = previous == UInt8(ascii: " ") || "[{,:-".utf8.contains(previous)
            switch byte {
            case UInt8(ascii: "#") where previous == UInt8(ascii: " "): return nil
            case UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"):
                if startsValue { return "anchors, aliases and tags are not read" }
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"): dashes += startsValue ? 1 : 0
            default: break
            }
            if depth > depthLimit || dashes > depthLimit { return "nested too deeply" }
            previous = byte
        }
        let indent = line.prefix { $0 == UInt8(ascii: " ") }.count
        return indent > 8 * depthLimit ? "indented too deeply" : nil
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .reader(_, _, _, _): nil
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    fileprivate var summary: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        case .duplicatedKeysInMapping(let keys, _):
            // The line is that of the least of them, where it stands first.
            "a key is given twice: '\((keys.min() ?? "").prefix(40))', first here"
        default: "\(self)".prefix(100).split(separator: "\n").first.map(String.init) ?? "unreadable"
        }
    }
}
