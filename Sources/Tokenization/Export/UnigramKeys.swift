import Checkpoints

/// The keys of a unigram model, which GGUF knows in SentencePiece's own form: one replacement table and what happens to
/// spaces, then the whole stretch of text as one word.
extension MetadataDraft {
    mutating func addUnigram(_ rules: ComposedRules, of description: VocabularyDescription) throws(TokenizerError) {
        guard case .unigram(let scores, _, _) = rules.model else {
            throw description.notWritable("pre_tokenizer", "is not of a form that GGUF has for byte-pair models")
        }
        guard rules.splitter.steps.isEmpty, description.normalizer.steps.count == 1,
            case .sentencePiece(let normalization)? = description.normalizer.steps.first
        else {
            throw description.notWritable(
                "pre_tokenizer", "cuts words as GGUF cannot say of unigram models (of SentencePiece files it can)")
        }
        guard !rules.fallsBackToBytes else {
            throw description.notWritable("byte_fallback", "GGUF cannot say it of unigram models")
        }
        add("tokenizer.ggml.model", .string("t5"))
        add("tokenizer.ggml.pre", .string("default"))
        add("tokenizer.ggml.scores", .array(.floats(scores)))
        add("tokenizer.ggml.add_space_prefix", .bool(normalization.addsSpacePrefix))
        add("tokenizer.ggml.remove_extra_whitespaces", .bool(normalization.removesExtraSpaces))
        if let map = normalization.map {
            add("tokenizer.ggml.precompiled_charsmap", .array(.uints(map.bytes.map { UInt64($0) }, as: .uint8)))
        }
    }
}
