import Checkpoints

/// Reading the vocabulary of a GGUF file (keys `tokenizer.ggml.*` of the GGUF specification). Defaults and quirks are
/// llama.cpp's, with which such files are made.
extension VocabularyDescription {
    init(metadata values: [String: MetadataValue], source: String) throws(TokenizerError) {
        let metadata = TokenizerMetadata(values: values, source: source)
        guard let pieces = try metadata.strings("tokenizer.ggml.tokens") else {
            throw metadata.missing("tokenizer.ggml.tokens")
        }
        self.source = source
        self.pieces = pieces
        kinds = try Self.kinds(metadata, count: pieces.count)
        algorithm = try Self.algorithm(metadata, pieces: pieces)
        if case .composed = algorithm { normalizer.steps = [.sentencePiece(try Self.normalization(metadata))] }
        chatTemplate = try metadata.string("tokenizer.chat_template")
        try readSpecialTokens(metadata)
        addedTokens = Self.addedTokens(kinds: kinds)
        if try Self.isPhi3(metadata) { takeSpaceRightOfTokens() }
        try readOwnKeys(metadata)
    }

    private static func kinds(_ metadata: TokenizerMetadata, count: Int) throws(TokenizerError) -> [Kind] {
        let key = "tokenizer.ggml.token_type"
        guard let raw = try metadata.integers(key, count: count) else { return Array(repeating: .normal, count: count) }
        var kinds: [Kind] = []
        kinds.reserveCapacity(count)
        for (index, value) in raw.enumerated() {
            // 0 is "undefined": a number without a use.
            guard let kind = value == 0 ? .unused : UInt8(exactly: value).flatMap(Kind.init(rawValue:)) else {
                throw metadata.error(key, "element \(index) is \(value); token types are 0 to 6")
            }
            kinds.append(kind)
        }
        return kinds
    }

    private static func algorithm(
        _ metadata: TokenizerMetadata, pieces: [String]
    ) throws(TokenizerError) -> Algorithm {
        let key = "tokenizer.ggml.model"
        switch try metadata.string(key) {
        case "gpt2": return .byteLevel(try byteLevelRules(metadata))
        case "llama":
            guard let scores = try metadata.floats("tokenizer.ggml.scores", count: pieces.count) else {
                throw metadata.missing("tokenizer.ggml.scores")
            }
            let addsSpace = try metadata.bool("tokenizer.ggml.add_space_prefix") ?? true
            return .sentencePiece(
                SentencePieceRules(
                    merging: .scores(scores), spacePrefix: addsSpace ? .everyStretch : .none,
                    dropsLeadingSpace: addsSpace))
        case "t5":
            guard let scores = try metadata.floats("tokenizer.ggml.scores", count: pieces.count) else {
                throw metadata.missing("tokenizer.ggml.scores")
            }
            guard !scores.contains(where: \.isNaN) else {
                throw metadata.error("tokenizer.ggml.scores", "a score is not a number")
            }
            return .unigram(
                scores, kinds: try kinds(metadata, count: pieces.count), fallsBackToBytes: false,
                dropsLeadingSpace: try metadata.bool("tokenizer.ggml.add_space_prefix") ?? true)
        case let model?:
            throw metadata.error(key, "vocabulary type \(model) is not supported; supported are gpt2, llama and t5")
        case nil: throw metadata.missing(key)
        }
    }

    /// What happens to text before a unigram model sees it.
    private static func normalization(
        _ metadata: TokenizerMetadata
    ) throws(TokenizerError) -> SentencePieceNormalization {
        let key = "tokenizer.ggml.precompiled_charsmap"
        var map: CharacterMap?
        if case .array(let array) = metadata.values[key], let numbers = array.ints, !numbers.isEmpty {
            map = CharacterMap(numbers.map { UInt8(truncatingIfNeeded: $0) })
            guard map != nil else { throw metadata.error(key, "is not a table of character replacements") }
        }
        return SentencePieceNormalization(
            map: map, removesExtraSpaces: try metadata.bool("tokenizer.ggml.remove_extra_whitespaces") ?? false,
            addsSpacePrefix: try metadata.bool("tokenizer.ggml.add_space_prefix") ?? true)
    }

    private static func byteLevelRules(_ metadata: TokenizerMetadata) throws(TokenizerError) -> ByteLevelRules {
        let key = "tokenizer.ggml.pre"
        let name = try metadata.string(key) ?? "default"
        guard let preTokenizer = PreTokenizer.named(name) else {
            let known = PreTokenizer.names.joined(separator: ", ")
            throw metadata.error(key, "pre-tokenizer \(name) is not supported; supported are \(known)")
        }
        guard let lines = try metadata.strings("tokenizer.ggml.merges") else {
            throw metadata.missing("tokenizer.ggml.merges")
        }
        var merges: [MergeRule] = []
        merges.reserveCapacity(lines.count)
        for (index, line) in lines.enumerated() {
            guard let merge = MergeRule(line) else {
                throw metadata.error("tokenizer.ggml.merges", "element \(index) is not two pieces with a space between")
            }
            merges.append(merge)
        }
        return ByteLevelRules(
            merges: merges, preTokenizer: preTokenizer, ignoresMerges: PreTokenizer.ignoringMerges.contains(name))
    }

    private mutating func readSpecialTokens(_ metadata: TokenizerMetadata) throws(TokenizerError) {
        func token(_ name: String, default id: TokenID? = nil) throws(TokenizerError) -> TokenID? {
            try metadata.tokenID("tokenizer.ggml.\(name)_token_id", below: pieces.count)
                ?? id.flatMap { Int($0) < pieces.count ? $0 : nil }
        }
        // SentencePiece vocabularies have these at fixed places unless the file says otherwise.
        let isSentencePiece = if case .sentencePiece = algorithm { true } else { false }
        let isUnigram = if case .composed = algorithm { true } else { false }
        beginOfText = try token("bos", default: isSentencePiece ? 1 : nil)
        endOfText = try token("eos", default: isSentencePiece ? 2 : isUnigram ? 1 : nil)
        unknown = try token("unknown", default: isSentencePiece ? 0 : isUnigram ? 2 : nil)
        if !isSentencePiece, !isUnigram { unknown = nil }
        try readAffixes(metadata, addsBeginByDefault: isSentencePiece, addsEndByDefault: isUnigram)

        endOfGeneration = EndOfGeneration.named(in: pieces)
        // Files are often wrong here, and a token that ends generation must not be forged by user text.
        for id in endOfGeneration { kinds[Int(id)] = .control }
        for name in ["eos", "eot", "eom", "fim_pad", "fim_rep", "fim_sep"] {
            if let id = try token(name) { endOfGeneration.insert(id) }
        }
        if let endOfText { endOfGeneration.insert(endOfText) }
    }

    private mutating func readAffixes(
        _ metadata: TokenizerMetadata, addsBeginByDefault: Bool, addsEndByDefault: Bool
    ) throws(TokenizerError) {
        let name = try metadata.string("tokenizer.ggml.pre") ?? "default"
        let addsBegin =
            try metadata.bool("tokenizer.ggml.add_bos_token")
            ?? (addsBeginByDefault || PreTokenizer.addingBeginOfText.contains(name))
        let addsEnd = try metadata.bool("tokenizer.ggml.add_eos_token") ?? addsEndByDefault
        if addsBegin, let beginOfText { prefix = [beginOfText] }
        if addsEnd, let endOfText { suffix = [endOfText] }
    }

    private static func addedTokens(kinds: [Kind]) -> [AddedToken] {
        kinds.indices.filter { [.control, .unknown, .userDefined].contains(kinds[$0]) }.map {
            AddedToken(id: TokenID($0))
        }
    }

    /// Phi-3 tokens swallow the whitespace after them. GGUF cannot say so; llama.cpp goes by the model's name.
    private static func isPhi3(_ metadata: TokenizerMetadata) throws(TokenizerError) -> Bool {
        let name = try metadata.string("general.name")?.lowercased() ?? ""
        return name.contains("phi-3") || name.contains("phi3")
    }

    private mutating func takeSpaceRightOfTokens() {
        for index in addedTokens.indices {
            let piece = pieces[Int(addedTokens[index].id)]
            addedTokens[index].takesRightSpace = !["<unk>", "<s>", "<|endoftext|>"].contains(piece)
        }
    }
}
