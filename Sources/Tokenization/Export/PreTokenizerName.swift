/// Finds the name for `tokenizer.ggml.pre` under which a folder's words come out the same.
enum PreTokenizerName {
    /// The names that llama.cpp's converter gives the families, by `model_type`.
    private static let byFamily = [
        "qwen2_moe": "qwen2", "qwen3_moe": "qwen2", "olmoe": "olmo", "deepseek_v2": "deepseek-llm",
        "deepseek_v3": "deepseek-v3", "gpt_oss": "gpt-4o", "llama4": "llama4", "llama4_text": "llama4",
        "granitemoe": "refact", "granitemoeshared": "refact", "glm4_moe": "glm4",
    ]

    /// Of several names for the same words the most common, which most readers know.
    private static let common = [
        "llama-bpe", "qwen2", "gpt-2", "gpt-4o", "tekken", "starcoder", "deepseek-v3", "deepseek-llm", "deepseek-coder",
        "falcon", "dbrx",
    ]

    /// The name. Errors say which part of the rules no name stands for.
    static func name(
        of rules: ByteLevelRules, in description: VocabularyDescription, family: String?
    ) throws(TokenizerError) -> String {
        guard !rules.addsSpacePrefix else {
            throw error(description, "puts a space before the text, which GGUF cannot say of byte-level vocabularies")
        }
        try checkBytes(rules, description)
        let names = namesOfChain(of: rules, family: family)
        guard let likeliest = names.first else {
            throw error(description, "cuts words like no pre-tokenizer that GGUF has a name for: \(spelled(rules))")
        }
        func agrees(_ name: String) -> Bool { PreTokenizer.ignoringMerges.contains(name) == rules.ignoresMerges }
        // Whether merges are ignored matters only if there are pieces that merges do not reach.
        if agrees(likeliest) || MergeReach.isComplete(rules.merges, description) { return likeliest }
        return names.first(where: agrees) ?? likeliest
    }

    /// All names for the chain, best first.
    private static func namesOfChain(of rules: ByteLevelRules, family: String?) -> [String] {
        guard let chain = PatternIdentity.chain(rules.preTokenizer) else { return [] }
        let anyLimit = !rules.ignoresMerges && NumberBoundaries().areKept(by: rules.merges)
        func normal(_ chain: [PatternIdentity]?) -> [PatternIdentity]? {
            anyLimit ? chain?.map(\.withoutDigitLimit) : chain
        }
        let preferred = (family.flatMap { byFamily[$0] }.map { [$0] } ?? []) + common
        let names = preferred + PreTokenizer.names.filter { !preferred.contains($0) }
        let exact = names.filter { PreTokenizer.named($0).flatMap(PatternIdentity.chain) == chain }
        let loose = names.filter { normal(PreTokenizer.named($0).flatMap(PatternIdentity.chain)) == normal(chain) }
        // The family's name stands for its words even where it spells them otherwise.
        guard let family = family.flatMap({ byFamily[$0] }), loose.contains(family) else { return exact + loose }
        return [family] + exact + loose
    }

    /// Readers of GGUF drop bytes that have no piece; a folder may have another rule.
    private static func checkBytes(
        _ rules: ByteLevelRules, _ description: VocabularyDescription
    ) throws(TokenizerError) {
        guard description.unknown != nil else { return }
        var table = PieceTable(reserving: description.pieces.count)
        for piece in description.pieces { table.append(piece.utf8Span.span) }
        for (byte, written) in ByteAlphabet.written.enumerated() where table.find(written.span) == nil {
            throw error(description, "writes byte \(byte) as the unknown token, which GGUF cannot say")
        }
    }

    private static func spelled(_ rules: ByteLevelRules) -> String {
        rules.preTokenizer.patterns.map { String("\($0)".prefix(200)) }.joined(separator: ", ")
    }

    private static func error(_ description: VocabularyDescription, _ reason: String) -> TokenizerError {
        TokenizerError(source: description.source, item: "pre_tokenizer", reason: reason)
    }
}
