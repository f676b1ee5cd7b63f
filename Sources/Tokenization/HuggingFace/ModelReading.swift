/// What the `model` of a `tokenizer.json` and the pipeline around it come to.
struct ModelReading {
    private(set) var list: PieceList
    private(set) var algorithm: VocabularyDescription.Algorithm
    private(set) var normalizer = Normalizer()
    private(set) var unknown: TokenID?

    /// A model of type `BPE`.
    init(merges model: JSONTree, _ file: TokenizerFile) throws(TokenizerError) {
        guard let vocabulary = model["vocab"]?.members else { throw file.error("model.vocab", "is missing") }
        for option in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard model[option]?.string ?? "" == "" else { throw file.error("model.\(option)", "is not supported") }
        }
        list = try PieceList(file, vocabulary: vocabulary)
        let fallsBackToBytes = model["byte_fallback"]?.bool ?? false
        if fallsBackToBytes { list.markBytePieces() }
        let merges = try Self.mergeRules(model, file)
        let ignoresMerges = model["ignore_merges"]?.bool ?? false
        let fusesUnknown = model["fuse_unk"]?.bool ?? false
        if let piece = model["unk_token"]?.string {
            guard let index = list.pieces.firstIndex(where: { $0.utf8.elementsEqual(piece.utf8) }) else {
                throw file.error("model.unk_token", "\(piece) is not in the vocabulary")
            }
            unknown = TokenID(index)
        }
        // The forms that published files have run on encoders of their own; every other runs step by step.
        if let known = try? TextPipeline(file), known.isByteLevel || !ignoresMerges {
            if known.normalizesToNFC { normalizer.steps = [.form(.composed)] }
            algorithm = known.algorithm(
                merges, ignoresMerges: ignoresMerges, fallsBackToBytes: fallsBackToBytes, fusesUnknown: fusesUnknown)
            return
        }
        let pipeline = try GeneralPipeline(file)
        normalizer = pipeline.normalizer
        algorithm = .composed(
            ComposedRules(
                splitter: pipeline.splitter, model: .merges(merges, ignoresMerges: ignoresMerges),
                writing: pipeline.writing, fallsBackToBytes: fallsBackToBytes, fusesUnknown: fusesUnknown,
                dropsLeadingSpace: pipeline.dropsLeadingSpace))
    }

    /// A model of type `Unigram`: `vocab` is an array of pieces and scores.
    init(unigram model: JSONTree, _ file: TokenizerFile) throws(TokenizerError) {
        guard let vocabulary = model["vocab"]?.array else { throw file.error("model.vocab", "is missing") }
        var members: [JSONTree.Member] = []
        var scores: [Double] = []
        for (index, entry) in vocabulary.enumerated() {
            guard let pair = entry.array, pair.count == 2, let piece = pair[0].string, case .number(let score) = pair[1]
            else { throw file.error("model.vocab[\(index)]", "is not a piece and its score") }
            members.append(JSONTree.Member(key: piece, value: .number(Double(index))))
            scores.append(score)
        }
        list = try PieceList(file, vocabulary: members)
        let fallsBackToBytes = model["byte_fallback"]?.bool ?? false
        if fallsBackToBytes { list.markBytePieces() }
        guard let id = model["unk_id"]?.id, id >= 0, id < members.count else {
            throw file.error("model.unk_id", "is not a piece of the vocabulary")
        }
        unknown = id
        let pipeline = try GeneralPipeline(file)
        normalizer = pipeline.normalizer
        algorithm = .composed(
            ComposedRules(
                splitter: pipeline.splitter,
                model: .unigram(
                    scores: scores, tokens: scores.indices.map { TokenID($0) }, lowest: scores.min() ?? 0),
                writing: pipeline.writing, fallsBackToBytes: fallsBackToBytes, fusesUnknown: true,
                dropsLeadingSpace: pipeline.dropsLeadingSpace))
    }

    /// Merges as `"a b"` or, in newer files, `["a", "b"]`.
    private static func mergeRules(_ model: JSONTree, _ file: TokenizerFile) throws(TokenizerError) -> [MergeRule] {
        guard let list = model["merges"]?.array else { throw file.error("model.merges", "is missing") }
        var merges: [MergeRule] = []
        merges.reserveCapacity(list.count)
        for (index, element) in list.enumerated() {
            let rule: MergeRule? =
                switch element {
                case .string(let text): MergeRule(text)
                case .array(let pair) where pair.count == 2:
                    MergeRule(left: pair[0].string ?? "", right: pair[1].string ?? "")
                default: nil
                }
            guard let rule else { throw file.error("model.merges[\(index)]", "is not a pair of pieces") }
            merges.append(rule)
        }
        return merges
    }
}

extension TextPipeline {
    /// The encoder for this pipeline.
    func algorithm(
        _ merges: [MergeRule], ignoresMerges: Bool, fallsBackToBytes: Bool, fusesUnknown: Bool
    ) -> VocabularyDescription.Algorithm {
        if isByteLevel {
            return .byteLevel(
                ByteLevelRules(
                    merges: merges, preTokenizer: PreTokenizer(patterns: patterns), ignoresMerges: ignoresMerges,
                    addsSpacePrefix: addsSpacePrefix))
        }
        return .sentencePiece(
            SentencePieceRules(
                merging: .ranks(merges), spacePrefix: spacePrefix, keepsLeadingSpace: keepsLeadingSpace,
                splitsAtSpaces: splitsAtSpaces, fallsBackToBytes: fallsBackToBytes, fusesUnknown: fusesUnknown,
                dropsLeadingSpace: dropsLeadingSpace))
    }
}
