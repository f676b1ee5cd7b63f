import Checkpoints

/// Reads metadata back and compares with what it was made from, in all that decides tokens. Readers of GGUF know some
/// tokens by name; a folder in which such a token is something else cannot be written.
struct ExportCheck {
    private let original: VocabularyDescription

    init(_ original: VocabularyDescription) {
        self.original = original
    }

    func check(_ draft: MetadataDraft) throws(TokenizerError) {
        let values = Dictionary(draft.pairs.map { ($0.key, $0.value) }) { _, last in last }
        let read = try VocabularyDescription(metadata: values, source: original.source)
        try checkAddedTokens(read)
        let affixes = read.prefix == original.prefix && read.suffix == original.suffix
        try expect(affixes, "post_processor", "GGUF would put other tokens around a text")
        try expect(normalizersAgree(read), "normalizer", "GGUF cannot say it")
        try expect(rulesAgree(read), "pre_tokenizer", "GGUF cannot say it")
    }

    private func checkAddedTokens(_ read: VocabularyDescription) throws(TokenizerError) {
        let expected = Dictionary(original.addedTokens.map { ($0.id, $0) }) { first, _ in first }
        let found = Dictionary(read.addedTokens.map { ($0.id, $0) }) { first, _ in first }
        for id in Set(expected.keys).union(found.keys).sorted() where expected[id] != found[id] {
            let isAdded = expected[id] != nil
            throw TokenizerError(
                source: original.source, item: "token \(id)",
                reason: "\(original.pieces[Int(id)].debugDescription) is \(isAdded ? "an" : "no") added token, "
                    + "and readers of GGUF would take it for \(isAdded ? "another or none" : "one")")
        }
    }

    private func rulesAgree(_ read: VocabularyDescription) -> Bool {
        switch (read.algorithm, original.algorithm) {
        case (.byteLevel(let read), .byteLevel(let original)):
            read.ignoresMerges == original.ignoresMerges && read.merges.count == original.merges.count
                && read.addsSpacePrefix == original.addsSpacePrefix
        case (.sentencePiece(let read), .sentencePiece(let original)):
            read.spacePrefix == original.spacePrefix && read.keepsLeadingSpace == original.keepsLeadingSpace
                && read.splitsAtSpaces == original.splitsAtSpaces
                && read.dropsLeadingSpace == original.dropsLeadingSpace
        case (.composed, .composed): true
        default: false
        }
    }

    private func normalizersAgree(_ read: VocabularyDescription) -> Bool {
        guard read.normalizer.steps.count == original.normalizer.steps.count else { return false }
        return zip(read.normalizer.steps, original.normalizer.steps).allSatisfy { pair in
            switch pair {
            case (.form(let read), .form(let original)): read == original
            case (.sentencePiece(let read), .sentencePiece(let original)):
                read.map?.bytes == original.map?.bytes && read.addsSpacePrefix == original.addsSpacePrefix
                    && read.removesExtraSpaces == original.removesExtraSpaces
            default: false
            }
        }
    }

    private func expect(_ holds: Bool, _ item: String, _ reason: String) throws(TokenizerError) {
        guard !holds else { return }
        throw TokenizerError(source: original.source, item: item, reason: reason)
    }
}
