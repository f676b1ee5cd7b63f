/// The `normalizer`, `pre_tokenizer` and `decoder` of a `tokenizer.json`, step by step: what is not of a form that
/// `TextPipeline` knows.
struct GeneralPipeline {
    var normalizer = Normalizer()
    var splitter = WordSplitter()
    var writing = Vocabulary.Writing.plain
    var dropsLeadingSpace = false
    private let file: TokenizerFile

    init(_ file: TokenizerFile) throws(TokenizerError) {
        self.file = file
        for component in try file.allComponents("normalizer", listedIn: "normalizers") {
            normalizer.steps += try normalizerSteps(component.type, component.value, component.item)
        }
        for component in try file.allComponents("pre_tokenizer", listedIn: "pretokenizers") {
            splitter.steps.append(try splitterStep(component.type, component.value, component.item))
        }
        for component in try file.allComponents("decoder", listedIn: "decoders") {
            try addDecoder(component.type, component.value, component.item)
        }
        try checkLimits()
        // Without one, tokens are words with spaces between, which no model here has.
        guard file.root["decoder"] != nil else { throw file.error("decoder", "is missing") }
    }

    /// Keeps a file from asking for time or memory without bound for a short text.
    private func checkLimits() throws(TokenizerError) {
        guard normalizer.steps.count + splitter.steps.count <= Self.mostSteps else {
            throw file.error("normalizer", "and pre_tokenizer have more than \(Self.mostSteps) steps")
        }
        let growth = (normalizer.steps.map(\.growth) + splitter.steps.map(\.growth)).reduce(1) { product, growth in
            min(product * min(growth, Self.largestGrowth + 1), Self.largestGrowth + 1)
        }
        guard growth <= Self.largestGrowth else {
            throw file.error("normalizer", "can make text more than \(Self.largestGrowth) times as long")
        }
    }

    private static let mostSteps = 32
    private static let largestGrowth = 4096

    private func normalizerSteps(
        _ type: String, _ value: JSONTree, _ item: String
    ) throws(TokenizerError) -> [Normalizer.Step] {
        if let form = NormalizationForm(rawValue: type) { return [.form(form)] }
        switch type {
        case "Lowercase": return [.lowercase]
        case "StripAccents": return [.stripAccents]
        case "Strip":
            return [.strip(left: value["strip_left"]?.bool ?? true, right: value["strip_right"]?.bool ?? true)]
        case "Prepend":
            guard let text = value["prepend"]?.string else { throw file.error(item, "has nothing to prepend") }
            return [.prepend(Array(text.utf8))]
        case "Replace":
            guard let content = value["content"]?.string else { throw file.error(item, "has no content") }
            return [.replace(try pattern(value, item), with: Array(content.utf8))]
        case "Precompiled":
            // An empty table changes nothing.
            guard let text = value["precompiled_charsmap"]?.string, !text.isEmpty else { return [] }
            guard let bytes = Base64.decoded(text), let map = CharacterMap(bytes) else {
                throw file.error(item, "precompiled_charsmap is not a table of character replacements")
            }
            return [.precompiled(map)]
        default: throw file.error(item, "normalizer \(type) is not supported")
        }
    }

    private func splitterStep(
        _ type: String, _ value: JSONTree, _ item: String
    ) throws(TokenizerError) -> WordSplitter.Step {
        switch type {
        case "ByteLevel":
            return .byteLevel(
                addsSpacePrefix: value["add_prefix_space"]?.bool ?? true, splits: value["use_regex"]?.bool ?? true)
        case "Digits":
            let atMost = value["individual_digits"]?.bool == true ? 1 : Int.max
            return .split(RunPattern(classes: .number, atMost: atMost), .isolated, inverted: false)
        case "Split":
            return .split(try pattern(value, item), try behavior(value, item), inverted: value["invert"]?.bool ?? false)
        case "Metaspace":
            guard value["replacement"]?.string == "▁" else { throw file.error(item, "replacement is not ▁") }
            return .metaspace(
                try SentencePieceRules.SpacePrefix(metaspace: value, file, item), splits: value["split"]?.bool ?? true)
        case "Whitespace": return .split(Self.wordsAndSymbols, .removed, inverted: true)
        case "WhitespaceSplit":
            return .split(RunPattern(classes: .whitespace, atMost: 1), .removed, inverted: false)
        case "Punctuation":
            let punctuation = SetPattern(alternatives: [.property(.oldPunctuation)], atMost: 1)
            return .split(punctuation, try behavior(value, item, else: .isolated), inverted: false)
        default: throw file.error(item, "pre-tokenizer \(type) is not supported")
        }
    }

    /// `\w+|[^\w\s]+`
    private static let wordsAndSymbols = SetPattern(alternatives: [
        .property(.wordOrJoiner), .complement(.union([.property(.wordOrJoiner), .classes(.whitespace)])),
    ])

    /// The `pattern` of a step: a text or an expression.
    private func pattern(_ value: JSONTree, _ item: String) throws(TokenizerError) -> any SplitPattern {
        if let text = value["pattern"]?["String"]?.string, !text.isEmpty {
            return LiteralPattern(text: Array(text.utf8))
        }
        guard let expression = value["pattern"]?["Regex"]?.string else {
            throw file.error(item, "has no pattern")
        }
        return try KnownExpressions.pattern(for: expression, file, item)
    }

    private func behavior(
        _ value: JSONTree, _ item: String, else missing: WordSplitter.Behavior? = nil
    ) throws(TokenizerError) -> WordSplitter.Behavior {
        guard let name = value["behavior"]?.string else {
            guard let missing else { throw file.error(item, "has no behavior") }
            return missing
        }
        guard let behavior = WordSplitter.Behavior(rawValue: name) else {
            throw file.error(item, "behavior \(name) is not supported")
        }
        return behavior
    }

    private mutating func addDecoder(
        _ type: String, _ value: JSONTree, _ item: String
    ) throws(TokenizerError) {
        switch type {
        case "ByteLevel": writing = .byteAlphabet
        case "ByteFallback", "Fuse": return
        case "Replace" where value["pattern"]?["String"]?.string == "▁" && value["content"]?.string == " ":
            writing = .sentencePiece
        case "Strip" where value["content"]?.string == " " && value["start"]?.id == 1 && value["stop"]?.id == 0:
            dropsLeadingSpace = true
        case "Metaspace":
            writing = .sentencePiece
            dropsLeadingSpace = try SentencePieceRules.SpacePrefix(metaspace: value, file, item) != .none
        default: throw file.error(item, "decoder \(type) with these options is not supported")
        }
    }
}

extension SentencePieceRules.SpacePrefix {
    /// The prefix that a `Metaspace` component asks for.
    init(metaspace value: JSONTree, _ file: TokenizerFile, _ item: String) throws(TokenizerError) {
        switch value["prepend_scheme"]?.string {
        case "always": self = .everyStretch
        case "first": self = .startOfText
        case "never": self = .none
        // Files of before 2023 have a flag instead.
        case nil: self = value["add_prefix_space"]?.bool ?? true ? .everyStretch : .none
        case let scheme?: throw file.error(item, "prepend_scheme \(scheme) is not supported")
        }
    }
}
