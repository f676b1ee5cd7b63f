import Checkpoints

/// What only this program's own keys can say.
extension MetadataDraft {
    mutating func addOwnKeys(of description: VocabularyDescription) throws(TokenizerError) {
        if description.normalizesToNFC { add(OwnTokenizerKey.normalization, .string("NFC")) }
        let tokens = description.addedTokens
        addIDs(OwnTokenizerKey.leftSpaceTokens, tokens.filter(\.takesLeftSpace).map(\.id))
        addIDs(OwnTokenizerKey.rightSpaceTokens, tokens.filter(\.takesRightSpace).map(\.id))
        addIDs(OwnTokenizerKey.normalizedTokens, tokens.filter(\.isNormalized).map(\.id))
        addIDs(
            OwnTokenizerKey.plainTokens,
            EndOfGeneration.named(in: description.pieces).subtracting(tokens.map(\.id)).sorted())
        guard case .sentencePiece(let rules) = description.algorithm else { return }
        if rules.spacePrefix == .startOfText { add(OwnTokenizerKey.spacesTextOnly, .bool(true)) }
        if rules.keepsLeadingSpace { add(OwnTokenizerKey.keepsLeadingSpace, .bool(true)) }
        if rules.splitsAtSpaces { add(OwnTokenizerKey.splitsAtSpaces, .bool(true)) }
        if rules.dropsLeadingSpace != (rules.spacePrefix != .none) {
            add(OwnTokenizerKey.dropsLeadingSpace, .bool(rules.dropsLeadingSpace))
        }
    }

    private mutating func addIDs(_ key: String, _ ids: [TokenID]) {
        guard !ids.isEmpty else { return }
        add(key, .array(.ints(ids.map { Int64($0) })))
    }
}
