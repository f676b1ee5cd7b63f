import Checkpoints

/// What only this program's own keys can say.
extension MetadataDraft {
    mutating func addOwnKeys(of description: VocabularyDescription) throws(TokenizerError) {
        if case .form(let form)? = description.normalizer.steps.first {
            add(OwnTokenizerKey.normalization, .string(form.rawValue))
        }
        let tokens = description.addedTokens
        addIDs(OwnTokenizerKey.leftSpaceTokens, tokens.filter(\.takesLeftSpace).map(\.id))
        addIDs(OwnTokenizerKey.rightSpaceTokens, tokens.filter(\.takesRightSpace).map(\.id))
        addIDs(OwnTokenizerKey.normalizedTokens, tokens.filter(\.isNormalized).map(\.id))
        addIDs(OwnTokenizerKey.singleWordTokens, tokens.filter(\.isSingleWord).map(\.id))
        addIDs(OwnTokenizerKey.plainTokens, Self.plainTokens(description))
        guard case .sentencePiece(let rules) = description.algorithm else { return }
        if rules.spacePrefix == .startOfText { add(OwnTokenizerKey.spacesTextOnly, .bool(true)) }
        if rules.keepsLeadingSpace { add(OwnTokenizerKey.keepsLeadingSpace, .bool(true)) }
        if rules.splitsAtSpaces { add(OwnTokenizerKey.splitsAtSpaces, .bool(true)) }
        if rules.dropsLeadingSpace != (rules.spacePrefix != .none) {
            add(OwnTokenizerKey.dropsLeadingSpace, .bool(rules.dropsLeadingSpace))
        }
    }

    /// The tokens that readers of GGUF would take for added ones by name or by kind, and are not.
    private static func plainTokens(_ description: VocabularyDescription) -> [TokenID] {
        var known = EndOfGeneration.named(in: description.pieces)
        if case .composed = description.algorithm, let unknown = description.unknown { known.insert(unknown) }
        return known.subtracting(description.addedTokens.map(\.id)).sorted()
    }

    /// Adds a list of tokens if there are any.
    mutating func addIDs(_ key: String, _ ids: [TokenID]) {
        guard !ids.isEmpty else { return }
        add(key, .array(.ints(ids.map { Int64($0) })))
    }
}
