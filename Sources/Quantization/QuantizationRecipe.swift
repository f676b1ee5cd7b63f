import Tensors

/// Which type each tensor, or each expert of a tensor, is to be stored in.
///
/// In text, a line a rule: `PATTERN [experts=LIST] TYPE`. The pattern is about GGUF tensor names; `*` stands for any
/// characters, `?` for one. The list is of expert ids and ranges, `0-3,17`; without it the rule is about the whole
/// tensor. Of the rules that match, the last one counts. `#` begins a comment.
///
///     blk.*.attn_*             Q8_0
///     blk.*_exps.weight        Q4_K
///     blk.7.*_exps.weight experts=0-3,17 Q6_K
public struct QuantizationRecipe: Sendable, Equatable {
    public struct Rule: Sendable, Equatable {
        public var pattern: String
        /// Nil: all of the tensor.
        public var experts: [ClosedRange<Int>]?
        public var type: ElementType

        public init(pattern: String, experts: [ClosedRange<Int>]? = nil, type: ElementType) {
            self.pattern = pattern
            self.experts = experts
            self.type = type
        }
    }

    public var rules: [Rule]

    public init(rules: [Rule] = []) { self.rules = rules }

    /// Rules a file may have.
    public static let maximumRules = 65_536

    /// - Parameter file: what errors call the text.
    public init(parsing text: String, file: String) throws(QuantizationError) {
        rules = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
            guard !words.isEmpty else { continue }
            do { rules.append(try Rule(words)) } catch {
                throw QuantizationError("\(file): line \(index + 1): \(error)")
            }
            guard rules.count <= Self.maximumRules else {
                throw QuantizationError("\(file): more than \(Self.maximumRules) rules")
            }
        }
    }

    /// The type of expert `expert` of the tensor `name`, or of all of the tensor; nil: no rule is about it.
    public func type(of name: String, expert: Int? = nil) -> ElementType? {
        rules.last { rule in
            guard Glob(rule.pattern).matches(name) else { return false }
            guard let ranges = rule.experts else { return true }
            return expert.map { id in ranges.contains { $0.contains(id) } } ?? false
        }?.type
    }
}

extension QuantizationRecipe.Rule {
    fileprivate init(_ words: [String]) throws(QuantizationError) {
        guard words.count == 2 || words.count == 3 else {
            throw QuantizationError("should be PATTERN [experts=LIST] TYPE")
        }
        pattern = words[0]
        type = try QuantizationTypes.type(words[words.count - 1])
        experts = nil
        guard words.count == 3 else { return }
        guard words[1].hasPrefix("experts=") else {
            throw QuantizationError("\"\(words[1].prefix(40))\" should be experts=LIST")
        }
        experts = try Self.ranges(words[1].dropFirst("experts=".count))
    }

    private static func ranges(_ list: Substring) throws(QuantizationError) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last else {
                throw QuantizationError("\"\(part.prefix(40))\" is no expert id and no range of them")
            }
            ranges.append(first...last)
        }
        return ranges
    }
}

/// A pattern with `*` and `?`, matched in time of the pattern's length times the name's.
struct Glob {
    private let pattern: [UInt8]

    init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

    func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        var (p, n) = (0, 0)
        // Where to go on after the last star: it takes one more character.
        var star: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
                (p, n) = (p + 1, n + 1)
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (p, n) = (last.pattern + 1, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
