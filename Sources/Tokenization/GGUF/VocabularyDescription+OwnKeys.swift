import Checkpoints

/// Reading the keys of this program's own, which have the last word.
extension VocabularyDescription {
    mutating func readOwnKeys(_ metadata: TokenizerMetadata) throws(TokenizerError) {
        if let name = try metadata.string(OwnTokenizerKey.normalization) {
            guard let form = NormalizationForm(rawValue: name) else {
                throw metadata.error(OwnTokenizerKey.normalization, "\(name) is not a normalisation form")
            }
            normalizer.steps.insert(.form(form), at: 0)
        }
        try readPlainTokens(metadata)
        try mark(OwnTokenizerKey.leftSpaceTokens, metadata, \.takesLeftSpace)
        try mark(OwnTokenizerKey.rightSpaceTokens, metadata, \.takesRightSpace)
        try mark(OwnTokenizerKey.normalizedTokens, metadata, \.isNormalized)
        try mark(OwnTokenizerKey.singleWordTokens, metadata, \.isSingleWord)
        switch algorithm {
        case .byteLevel(var rules):
            rules.ignoresMerges = try metadata.bool(OwnTokenizerKey.ignoresMerges) ?? rules.ignoresMerges
            algorithm = .byteLevel(rules)
        case .sentencePiece(var rules):
            try rules.readOwnKeys(metadata)
            if let unmade = try ids(OwnTokenizerKey.unmadePieces, metadata), case .scores(var scores) = rules.merging {
                for id in unmade { scores[Int(id)] = -.infinity }
                rules.merging = .scores(scores)
            }
            algorithm = .sentencePiece(rules)
        case .composed: break
        }
    }

    private mutating func readPlainTokens(_ metadata: TokenizerMetadata) throws(TokenizerError) {
        guard let plain = try ids(OwnTokenizerKey.plainTokens, metadata) else { return }
        addedTokens.removeAll { plain.contains($0.id) }
        endOfGeneration.subtract(plain)
        for id in plain where kinds[Int(id)] != .unknown { kinds[Int(id)] = .normal }
    }

    /// Sets a flag of the tokens that the key lists and clears it of all others. Without the key nothing changes.
    private mutating func mark(
        _ key: String, _ metadata: TokenizerMetadata, _ flag: WritableKeyPath<AddedToken, Bool>
    ) throws(TokenizerError) {
        guard let marked = try ids(key, metadata) else { return }
        for index in addedTokens.indices {
            addedTokens[index][keyPath: flag] = marked.contains(addedTokens[index].id)
        }
    }

    /// The ids that an array lists.
    private func ids(_ key: String, _ metadata: TokenizerMetadata) throws(TokenizerError) -> Set<TokenID>? {
        guard let value = metadata.values[key] else { return nil }
        guard case .array(let array) = value, let integers = array.ints else {
            throw metadata.error(key, "is \(value.kind), expected an array of integers")
        }
        if let bad = integers.first(where: { $0 < 0 || $0 >= pieces.count }) {
            throw metadata.error(key, "token \(bad) is outside the vocabulary of \(pieces.count) pieces")
        }
        return Set(integers.map { TokenID($0) })
    }
}

extension SentencePieceRules {
    fileprivate mutating func readOwnKeys(_ metadata: TokenizerMetadata) throws(TokenizerError) {
        if try metadata.bool(OwnTokenizerKey.spacesTextOnly) == true, spacePrefix == .everyStretch {
            spacePrefix = .startOfText
        }
        keepsLeadingSpace = try metadata.bool(OwnTokenizerKey.keepsLeadingSpace) ?? keepsLeadingSpace
        splitsAtSpaces = try metadata.bool(OwnTokenizerKey.splitsAtSpaces) ?? splitsAtSpaces
        dropsLeadingSpace = try metadata.bool(OwnTokenizerKey.dropsLeadingSpace) ?? dropsLeadingSpace
    }
}
