import Foundation

/// Reading `tokenizer.json`, the format of the `tokenizers` library. Only BPE models are read, and only pipelines whose
/// every step is known: a step that was skipped would change tokens silently.
extension VocabularyDescription {
    init(tokenizerJSON: Data, config: Data?, source: String) throws(TokenizerError) {
        let file = TokenizerFile(root: try JSONTree.parse(Array(tokenizerJSON), source: source), source: source)
        guard let model = file.root["model"] else { throw file.error("model", "is missing") }
        let modelType = model["type"]?.string ?? "BPE"
        guard modelType == "BPE" else { throw file.error("model", "type \(modelType) is not supported, only BPE is") }
        guard let vocabulary = model["vocab"]?.members else { throw file.error("model.vocab", "is missing") }
        let pipeline = try TextPipeline(file)
        var list = try PieceList(file, vocabulary: vocabulary)
        if model["byte_fallback"]?.bool == true { list.markBytePieces() }

        self.source = source
        pieces = list.pieces
        kinds = list.kinds
        addedTokens = list.addedTokens
        algorithm = try Self.algorithm(model, pipeline, file)
        normalizesToNFC = pipeline.normalizesToNFC
        // Normalisation with `▁` leaves the spelling of added tokens alone, so they can be looked for before it.
        if pipeline.marksSpaces || !pipeline.normalizesToNFC {
            for index in addedTokens.indices { addedTokens[index].isNormalized = false }
        }
        try readUnknown(model, file)
        try readAffixes(file)
        try readConfig(config)
        endOfGeneration = EndOfGeneration.named(in: addedSpellings)
        if let endOfText { endOfGeneration.insert(endOfText) }
    }

    /// The spellings of added tokens at their ids: an ordinary piece may look like a name.
    private var addedSpellings: [String] {
        var spellings = Array(repeating: "", count: pieces.count)
        for token in addedTokens { spellings[Int(token.id)] = pieces[Int(token.id)] }
        return spellings
    }

    private static func algorithm(
        _ model: JSONTree, _ pipeline: TextPipeline, _ file: TokenizerFile
    ) throws(TokenizerError) -> Algorithm {
        for option in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard model[option]?.string ?? "" == "" else { throw file.error("model.\(option)", "is not supported") }
        }
        let merges = try mergeRules(model, file)
        let ignoresMerges = model["ignore_merges"]?.bool ?? false
        if pipeline.isByteLevel {
            return .byteLevel(
                ByteLevelRules(
                    merges: merges, preTokenizer: PreTokenizer(patterns: pipeline.patterns),
                    ignoresMerges: ignoresMerges, addsSpacePrefix: pipeline.addsSpacePrefix))
        }
        guard !ignoresMerges else {
            throw file.error("model.ignore_merges", "is supported for byte-level vocabularies only")
        }
        return .sentencePiece(
            SentencePieceRules(
                merging: .ranks(merges), spacePrefix: pipeline.spacePrefix,
                keepsLeadingSpace: pipeline.keepsLeadingSpace, splitsAtSpaces: pipeline.splitsAtSpaces,
                fallsBackToBytes: model["byte_fallback"]?.bool ?? false,
                fusesUnknown: model["fuse_unk"]?.bool ?? false, dropsLeadingSpace: pipeline.dropsLeadingSpace))
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

    private mutating func readUnknown(_ model: JSONTree, _ file: TokenizerFile) throws(TokenizerError) {
        guard let piece = model["unk_token"]?.string else { return }
        guard let index = pieces.firstIndex(where: { $0.utf8.elementsEqual(piece.utf8) }) else {
            throw file.error("model.unk_token", "\(piece) is not in the vocabulary")
        }
        unknown = TokenID(index)
        if kinds[index] == .normal { kinds[index] = .unknown }
    }
}
