/// Metadata keys of this program's own, for what Hugging Face tokenizers do and GGUF has no key for. Other readers pass
/// them over and encode without: as exact as files of llama.cpp's converter, which drops the same.
enum OwnTokenizerKey {
    /// String: the Unicode normalisation form that text is brought to first: `NFC`, ….
    static let normalization = "guildhall.tokenizer.normalization"
    /// Arrays of ids: added tokens to which whitespace before or after them belongs, those that are looked for
    /// after normalisation, and those that are found only between words. Each holds all there are, whatever else the file suggests.
    static let leftSpaceTokens = "guildhall.tokenizer.left_space_tokens"
    static let rightSpaceTokens = "guildhall.tokenizer.right_space_tokens"
    static let normalizedTokens = "guildhall.tokenizer.normalized_tokens"
    static let singleWordTokens = "guildhall.tokenizer.single_word_tokens"
    /// Array of ids: pieces like any other, though they are spelt like a token that ends generation (`</s>` in Qwen 2's
    /// vocabulary).
    static let plainTokens = "guildhall.tokenizer.plain_tokens"
    /// Array of ids, of SentencePiece vocabularies: pieces that are never made of others, whatever their score.
    static let unmadePieces = "guildhall.tokenizer.unmade_pieces"
    /// Bool: byte-level words that are pieces stay whole, against what the name of the pre-tokenizer says.
    static let ignoresMerges = "guildhall.tokenizer.ignores_merges"
    /// Bools, of SentencePiece vocabularies: the space in front goes to the start of the text only, not to what
    /// follows an added token; a text that starts with a space gets none; every space starts a word of its own;
    /// decoding drops the space that the text starts with.
    static let spacesTextOnly = "guildhall.tokenizer.space_prefix_at_start_only"
    static let keepsLeadingSpace = "guildhall.tokenizer.keeps_leading_space"
    static let splitsAtSpaces = "guildhall.tokenizer.splits_at_spaces"
    static let dropsLeadingSpace = "guildhall.tokenizer.drops_leading_space"
}
