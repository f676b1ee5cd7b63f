import Foundation

/// What is done to text before it is cut into words: the `normalizer` of a `tokenizer.json`, or SentencePiece's own.
struct Normalizer: Sendable {
    enum Step: Sendable {
        /// NFC, NFD, NFKC, NFKD.
        case form(NormalizationForm)
        case lowercase
        case prepend([UInt8])
        case replace(any SplitPattern, with: [UInt8])
        /// Drops White_Space at the ends.
        case strip(left: Bool, right: Bool)
        /// Drops all marks.
        case stripAccents
        /// Each grapheme cluster by itself, as the `tokenizers` library does it.
        case precompiled(CharacterMap)
        /// The longest prefix first, then spaces, as SentencePiece does it.
        case sentencePiece(SentencePieceNormalization)
    }

    var steps: [Step] = []

    var isEmpty: Bool { steps.isEmpty }

    /// `text` after all steps, or nil if none changes anything. `text` must be valid UTF-8; so is the result.
    func applied(to text: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8]?
        for step in steps {
            guard let changed = Self.applied(step, to: result.map { $0[...] } ?? text) else { continue }
            result = changed
        }
        return result
    }

    private static func applied(_ step: Step, to text: ArraySlice<UInt8>) -> [UInt8]? {
        switch step {
        case .form(let form): form.applied(to: text)
        case .lowercase:
            utf8(of: String(decoding: text, as: UTF8.self).unicodeScalars.lazy.map(\.properties.lowercaseMapping))
        case .prepend(let prefix): text.isEmpty ? nil : prefix + text
        case .replace(let pattern, let content): replaced(pattern, with: content, in: Array(text))
        case .strip(let left, let right): stripped(Array(text), left: left, right: right)
        case .stripAccents:
            utf8(
                of: String(decoding: text, as: UTF8.self).unicodeScalars.lazy.filter {
                    !ScalarClasses.shared[$0.value].contains(.mark) || !$0.isAssigned(before: oldTables)
                }.map { String($0) })
        case .precompiled(let map): map.appliedByCluster(to: text)
        case .sentencePiece(let rules): rules.applied(to: text)
        }
    }

    /// The `tokenizers` library knows the marks and compatibility mappings of Unicode 9.
    static let oldTables = 10

    private static func utf8(of texts: some Sequence<String>) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in texts { bytes += text.utf8 }
        return bytes
    }

    private static func replaced(_ pattern: any SplitPattern, with content: [UInt8], in bytes: [UInt8]) -> [UInt8]? {
        let text = ScannedText(bytes)
        var result: [UInt8] = []
        var position = 0
        while let match = pattern.nextMatch(in: text, from: position, to: bytes.count) {
            result += bytes[position..<match.lowerBound] + content
            position = match.upperBound
        }
        return position == 0 ? nil : result + bytes[position...]
    }

    private static func stripped(_ bytes: [UInt8], left: Bool, right: Bool) -> [UInt8]? {
        let text = ScannedText(bytes)
        let start = left ? text.run(of: .whitespace, from: 0, to: bytes.count) : 0
        var end = bytes.count
        while right, end > start {
            let previous = text.previous(end)
            guard text.scalarClass(at: previous).class.contains(.whitespace) else { break }
            end = previous
        }
        return end - start == bytes.count ? nil : Array(bytes[start..<end])
    }
}

extension Normalizer.Step {
    /// How many times as long as before the step may make text (for what it prepends, one byte counts).
    var growth: Int {
        switch self {
        case .form, .lowercase, .strip, .stripAccents: 1
        case .prepend(let prefix): 1 + prefix.count
        case .replace(let pattern, let content):
            if let literal = pattern as? LiteralPattern {
                max(1, (content.count + literal.text.count - 1) / literal.text.count)
            } else {
                max(1, content.count)
            }
        case .precompiled(let map): max(1, map.longestText)
        case .sentencePiece(let rules): 3 * max(1, rules.map?.longestText ?? 1)
        }
    }
}

/// What SentencePiece does to text (its `NormalizerSpec`), and llama.cpp for `t5` vocabularies.
struct SentencePieceNormalization: Sendable {
    var map: CharacterMap?
    /// Whether runs of spaces become one, and those at the ends go.
    var removesExtraSpaces: Bool
    var addsSpacePrefix: Bool

    func applied(to text: ArraySlice<UInt8>) -> [UInt8] {
        let mapped = map?.appliedByPrefix(to: text) ?? Array(text)
        var words = mapped.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: removesExtraSpaces)[...]
        var result: [UInt8] = []
        if let first = words.popFirst() {
            if addsSpacePrefix { result += SpaceMark.utf8 }
            result += first
        }
        for word in words { result += SpaceMark.utf8 + word }
        return result
    }
}
