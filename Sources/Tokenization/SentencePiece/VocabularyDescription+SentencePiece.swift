import Foundation

/// Vocabularies in `tokenizer.model`, for folders that have no `tokenizer.json`.
extension VocabularyDescription {
    /// Reads a SentencePiece model. As in transformers, byte-pair models put the begin-of-text token before the text and
    /// unigram models the end-of-text token after it, unless `tokenizer_config.json` says otherwise.
    init(sentencePieceModel: Data, config: Data?, source: String) throws(TokenizerError) {
        let file = try SentencePieceFile(Array(sentencePieceModel), source: source)
        self.source = source
        pieces = file.pieces
        kinds = file.kinds
        algorithm = try file.algorithm(source)
        normalizer.steps = [.sentencePiece(try file.normalization(source))]
        beginOfText = token(file.beginOfText)
        endOfText = token(file.endOfText)
        unknown = token(file.unknown)
        if case .sentencePiece = algorithm {
            prefix = [beginOfText].compactMap { $0 }
        } else {
            suffix = [endOfText].compactMap { $0 }
        }
        addedTokens = kinds.indices.filter { [.control, .userDefined].contains(kinds[$0]) }.map {
            AddedToken(id: TokenID($0))
        }
        try readConfig(config)
        endOfGeneration = EndOfGeneration.named(in: pieces)
        if let endOfText { endOfGeneration.insert(endOfText) }
    }

    private func token(_ id: Int64) -> TokenID? {
        pieces.indices.contains(Int(id)) ? TokenID(id) : nil
    }
}

extension SentencePieceFile {
    /// What the model does with text that it has normalised.
    fileprivate func algorithm(_ source: String) throws(TokenizerError) -> VocabularyDescription.Algorithm {
        switch ModelType(rawValue: modelType) {
        case .bytePairs:
            return .sentencePiece(
                SentencePieceRules(
                    merging: .scores(scores), spacePrefix: .none, fallsBackToBytes: fallsBackToBytes,
                    fusesUnknown: true, dropsLeadingSpace: addsSpacePrefix))
        case .unigram:
            guard !scores.contains(where: \.isNaN) else {
                throw TokenizerError(source: source, item: "scores", reason: "a score is not a number")
            }
            return .unigram(
                scores, kinds: kinds, fallsBackToBytes: fallsBackToBytes, dropsLeadingSpace: addsSpacePrefix)
        case nil:
            throw TokenizerError(source: source, item: "model_type", reason: "\(modelType) is not supported")
        }
    }

    fileprivate func normalization(_ source: String) throws(TokenizerError) -> SentencePieceNormalization {
        guard marksSpaces, !marksSpacesBehind else {
            throw TokenizerError(
                source: source, item: "normalizer_spec", reason: "spaces are not written in front as ▁")
        }
        let map = characterMap.isEmpty ? nil : CharacterMap(characterMap)
        guard map != nil || characterMap.isEmpty else {
            throw TokenizerError(
                source: source, item: "precompiled_charsmap", reason: "is not a table of character replacements")
        }
        return SentencePieceNormalization(
            map: map, removesExtraSpaces: removesExtraSpaces, addsSpacePrefix: addsSpacePrefix)
    }
}

extension VocabularyDescription.Algorithm {
    /// A unigram model as SentencePiece runs it: one stretch of text is one word, and what only controls the model is
    /// never the outcome.
    static func unigram(
        _ scores: [Float], kinds: [VocabularyDescription.Kind], fallsBackToBytes: Bool, dropsLeadingSpace: Bool
    ) -> Self {
        let tokens = kinds.indices.filter { [.normal, .userDefined, .unused].contains(kinds[$0]) }
        let normal = kinds.indices.filter { kinds[$0] == .normal }
        return .composed(
            ComposedRules(
                splitter: WordSplitter(),
                model: .unigram(
                    scores: scores.map { Double($0) }, tokens: tokens.map { TokenID($0) },
                    lowest: normal.map { Double(scores[$0]) }.min() ?? 0),
                writing: .sentencePiece, fallsBackToBytes: fallsBackToBytes, fusesUnknown: true,
                dropsLeadingSpace: dropsLeadingSpace))
    }
}
