import Checkpoints
import Foundation

/// Number of a piece in a vocabulary, and row of the embedding matrix.
public typealias TokenID = Int32

/// Text to tokens and back. Immutable, and safe to use from any thread.
///
/// Byte-level BPE (GPT-2 and its descendants), SentencePiece BPE and unigram models are read from GGUF metadata or from a
/// Hugging Face `tokenizer.json`. Tokens agree with llama.cpp for the first and with the `tokenizers` library for the
/// second.
public final class Tokenizer: Sendable {
    let vocabulary: Vocabulary
    let encoder: any StretchEncoder
    let matchers: AddedTokenMatchers
    let normalizer: Normalizer
    let prefix: [TokenID]
    let suffix: [TokenID]
    let dropsLeadingSpace: Bool

    /// The token that starts a text (`<s>`, `<|begin_of_text|>`), if the vocabulary has one.
    public let beginOfText: TokenID?
    /// The token that ends a text (`</s>`, `<|endoftext|>`), if the vocabulary has one.
    public let endOfText: TokenID?
    /// All tokens at which generation stops: end of text, of a turn (`<|im_end|>`, `<|eot_id|>`, …) or of a message.
    public let endOfGeneration: Set<TokenID>
    /// The chat template that came with the vocabulary, in the Jinja language.
    public let chatTemplate: String?

    /// Builds the tokenizer of a GGUF file from its metadata. `source` is the file's name, for errors.
    ///
    /// Errors name the key: a vocabulary type or pre-tokeniser that is not supported (never replaced by another), arrays
    /// of different lengths, ids outside the vocabulary.
    public convenience init(metadata: [String: MetadataValue], source: String) throws(TokenizerError) {
        try self.init(VocabularyDescription(metadata: metadata, source: source))
    }

    /// Builds the tokenizer of a `tokenizer.json` and, if there is one, the `tokenizer_config.json` beside it, which
    /// names the special tokens and holds the chat template. `source` is the file's name, for errors.
    ///
    /// Errors name the JSON member: models, normalisers, pre-tokenisers and regular expressions that are not supported
    /// (never ignored), ids out of bounds.
    public convenience init(tokenizerJSON: Data, tokenizerConfig: Data?, source: String) throws(TokenizerError) {
        try self.init(VocabularyDescription(tokenizerJSON: tokenizerJSON, config: tokenizerConfig, source: source))
    }

    /// Builds the tokenizer of a SentencePiece model (`tokenizer.model`); see `init(tokenizerJSON:tokenizerConfig:source:)`.
    public convenience init(
        sentencePieceModel: Data, tokenizerConfig: Data?, source: String
    ) throws(TokenizerError) {
        try self.init(
            VocabularyDescription(sentencePieceModel: sentencePieceModel, config: tokenizerConfig, source: source))
    }

    /// Builds the tokenizer of a rank file, as tiktoken has them, for an architecture by its name in `config.json`; see
    /// `init(tokenizerJSON:tokenizerConfig:source:)`.
    package convenience init(
        ranks: Data, modelType: String, tokenizerConfig: Data?, source: String
    ) throws(TokenizerError) {
        try self.init(
            VocabularyDescription(ranks: ranks, modelType: modelType, config: tokenizerConfig, source: source))
    }

    /// Builds the tokenizer of `vocab.json` and `merges.txt`.
    package convenience init(
        vocabulary: Data, merges: Data, modelType: String, tokenizerConfig: Data?, source: String
    ) throws(TokenizerError) {
        try self.init(
            VocabularyDescription(
                vocabulary: vocabulary, merges: merges, modelType: modelType, config: tokenizerConfig, source: source))
    }

    init(_ description: VocabularyDescription) throws(TokenizerError) {
        try description.checkLimits()
        var pieces = PieceTable(reserving: description.pieces.count)
        for piece in description.pieces { pieces.append(piece.utf8Span.span) }
        matchers = AddedTokenMatchers(description, pieces: pieces)
        switch description.algorithm {
        case .byteLevel(let rules):
            encoder = ByteLevelEncoder(
                rules, pieces: &pieces, kinds: description.kinds, unknown: description.unknown)
            dropsLeadingSpace = false
        case .sentencePiece(let rules):
            encoder = SentencePieceEncoder(
                rules, pieces: &pieces, kinds: description.kinds, unknown: description.unknown)
            dropsLeadingSpace = rules.dropsLeadingSpace
        case .composed(let rules):
            encoder = ComposedEncoder(rules, pieces: &pieces, kinds: description.kinds, unknown: description.unknown)
            dropsLeadingSpace = rules.dropsLeadingSpace
        }
        vocabulary = encoder.vocabulary
        normalizer = description.normalizer
        prefix = description.prefix
        suffix = description.suffix
        beginOfText = description.beginOfText
        endOfText = description.endOfText
        endOfGeneration = description.endOfGeneration
        chatTemplate = description.chatTemplate
    }

    /// Number of token ids; ids are `0..<vocabularySize`.
    public var vocabularySize: Int { vocabulary.count }

    /// Whether `encode(_:addSpecial:)` puts the begin-of-text token in front when asked for special tokens.
    public var addsBeginOfText: Bool { beginOfText.map(prefix.contains) ?? false }

    /// Whether the token steers the model and is no text: control tokens and the unknown token.
    public func isSpecial(_ id: TokenID) -> Bool {
        vocabulary.isSpecial(id)
    }

    /// The piece as the vocabulary writes it (`Ġthe`, `▁the`, `<0x0A>`), or nil outside the vocabulary.
    public func piece(of id: TokenID) -> String? {
        vocabulary.contains(id) ? String(decoding: vocabulary.pieces[id], as: UTF8.self) : nil
    }

    /// The token whose piece is written exactly so.
    public func id(of piece: String) -> TokenID? {
        vocabulary.id(of: piece.utf8Span.span)
    }

    /// The bytes of text the token stands for, not necessarily whole characters; those of a special token are its
    /// spelling. Nil outside the vocabulary.
    public func bytes(of id: TokenID) -> [UInt8]? {
        vocabulary.contains(id) ? vocabulary.bytes(of: id) : nil
    }
}
