/// What the `normalizer`, `pre_tokenizer` and `decoder` of a `tokenizer.json` come to, for the vocabularies this module
/// reads.
struct TextPipeline {
    var normalizesToNFC = false
    /// Patterns for byte-level vocabularies.
    var patterns: [any SplitPattern] = []
    var isByteLevel = false
    /// Whether byte-level text gets a space in front.
    var addsSpacePrefix = false
    /// Whether spaces are written `▁`.
    var marksSpaces = false
    var spacePrefix = SentencePieceRules.SpacePrefix.none
    var keepsLeadingSpace = false
    var splitsAtSpaces = false
    var dropsLeadingSpace = false

    init(_ file: TokenizerFile) throws(TokenizerError) {
        for component in try file.components("normalizer", listedIn: "normalizers") {
            try addNormalizer(component.type, component.value, file, component.item)
        }
        for component in try file.components("pre_tokenizer", listedIn: "pretokenizers") {
            try addPreTokenizer(component.type, component.value, file, component.item)
        }
        for component in try file.components("decoder", listedIn: "decoders") {
            try addDecoder(component.type, component.value, file, component.item)
        }
        guard isByteLevel != marksSpaces else {
            throw file.error("pre_tokenizer", "text is neither byte-level nor has spaces written ▁, or is both")
        }
        guard isByteLevel || patterns.isEmpty else {
            throw file.error("pre_tokenizer", "expressions are supported for byte-level vocabularies only")
        }
    }

    private mutating func addNormalizer(
        _ type: String, _ value: JSONTree, _ file: TokenizerFile, _ item: String
    ) throws(TokenizerError) {
        switch type {
        case "NFC": normalizesToNFC = true
        case "Prepend" where value["prepend"]?.string == "▁": spacePrefix = .everyStretch
        case "Replace" where value["pattern"]?["String"]?.string == " " && value["content"]?.string == "▁":
            marksSpaces = true
        default: throw file.error(item, "normalizer \(type) with these options is not supported")
        }
    }

    private mutating func addPreTokenizer(
        _ type: String, _ value: JSONTree, _ file: TokenizerFile, _ item: String
    ) throws(TokenizerError) {
        // What comes after it sees bytes written as letters.
        guard !isByteLevel else { throw file.error(item, "is not supported after ByteLevel") }
        switch type {
        case "ByteLevel": try addByteLevel(value, file, item)
        case "Digits":
            patterns.append(
                RunPattern(classes: .number, atMost: value["individual_digits"]?.bool == true ? 1 : .max))
        case "Split": try addSplit(value, file, item)
        case "Metaspace": try addMetaspace(value, file, item)
        default: throw file.error(item, "pre-tokenizer \(type) is not supported")
        }
    }

    private mutating func addByteLevel(
        _ value: JSONTree, _ file: TokenizerFile, _ item: String
    ) throws(TokenizerError) {
        isByteLevel = true
        if value["add_prefix_space"]?.bool ?? true {
            // After a split it would put a space before every word.
            guard patterns.isEmpty else { throw file.error(item, "add_prefix_space after a split is not supported") }
            addsSpacePrefix = true
        }
        if value["use_regex"]?.bool ?? true { patterns.append(GPT2Pattern()) }
    }

    private mutating func addSplit(
        _ value: JSONTree, _ file: TokenizerFile, _ item: String
    ) throws(TokenizerError) {
        let behavior = value["behavior"]?.string ?? "none"
        // With spaces already written otherwise there is nothing to split at (Gemma).
        if marksSpaces, value["pattern"]?["String"]?.string == " " { return }
        guard let expression = value["pattern"]?["Regex"]?.string else {
            throw file.error(item, "only splits by a regular expression are supported")
        }
        let pattern = try KnownExpressions.pattern(for: expression, file, item)
        // For expressions that match everywhere, keeping the matches (Removed, inverted) is the same as Isolated.
        guard behavior == "Isolated" || (behavior == "Removed" && value["invert"]?.bool == true && pattern.coversText)
        else { throw file.error(item, "split behavior \(behavior) is not supported") }
        patterns.append(pattern)
    }

    private mutating func addMetaspace(
        _ value: JSONTree, _ file: TokenizerFile, _ item: String
    ) throws(TokenizerError) {
        guard value["replacement"]?.string == "▁" else { throw file.error(item, "replacement is not ▁") }
        marksSpaces = true
        keepsLeadingSpace = true
        splitsAtSpaces = value["split"]?.bool ?? true
        spacePrefix = try .init(metaspace: value, file, item)
    }

    private mutating func addDecoder(
        _ type: String, _ value: JSONTree, _ file: TokenizerFile, _ item: String
    ) throws(TokenizerError) {
        switch type {
        // What these undo follows from the vocabulary.
        case "ByteLevel", "ByteFallback", "Fuse": return
        case "Replace" where value["pattern"]?["String"]?.string == "▁" && value["content"]?.string == " ": return
        case "Strip" where value["content"]?.string == " " && value["start"]?.id == 1 && value["stop"]?.id == 0:
            dropsLeadingSpace = true
        case "Metaspace":
            dropsLeadingSpace = try SentencePieceRules.SpacePrefix(metaspace: value, file, item) != .none
        default: throw file.error(item, "decoder \(type) with these options is not supported")
        }
    }
}
