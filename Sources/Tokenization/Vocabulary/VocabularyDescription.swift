/// What a tokenizer is built from, free of any file format. Readers of GGUF and `tokenizer.json` produce it,
/// `Tokenizer` checks and indexes it.
struct VocabularyDescription: Sendable {
    /// Kinds of pieces; raw values are those of `tokenizer.ggml.token_type`.
    enum Kind: UInt8, Sendable {
        case normal = 1
        case unknown = 2
        /// Has a meaning for the model and no text of its own: `<|im_end|>`.
        case control = 3
        /// Found in text before anything else, and written as it is spelt.
        case userDefined = 4
        case unused = 5
        /// `<0x0A>`: one byte of text that has no piece.
        case byte = 6
    }

    /// How text becomes pieces.
    enum Algorithm: Sendable {
        case byteLevel(ByteLevelRules)
        case sentencePiece(SentencePieceRules)
        case composed(ComposedRules)
    }

    /// File the description was read from, for errors.
    var source: String
    /// Pieces as the vocabulary writes them; the index is the token id. Numbers without a piece are empty.
    var pieces: [String]
    /// As many as `pieces`.
    var kinds: [Kind]
    var algorithm: Algorithm
    /// Tokens found in text before the algorithm runs: control, unknown and user-defined ones.
    var addedTokens: [AddedToken] = []
    var beginOfText: TokenID?
    var endOfText: TokenID?
    var unknown: TokenID?
    /// Tokens that `addSpecial` puts before and after the text.
    var prefix: [TokenID] = []
    var suffix: [TokenID] = []
    var endOfGeneration: Set<TokenID> = []
    var chatTemplate: String?
    /// What is done to text first.
    var normalizer = Normalizer()
}

/// A token that is found in text by its spelling.
struct AddedToken: Sendable, Equatable {
    var id: TokenID
    /// Whether whitespace before or after the token belongs to it.
    var takesLeftSpace = false
    var takesRightSpace = false
    /// Whether it is looked for after normalisation instead of before.
    var isNormalized = false
    /// Whether it is only found where no letter or digit stands beside it.
    var isSingleWord = false
}

/// Rules of byte-level BPE (GPT-2 and its descendants).
struct ByteLevelRules: Sendable {
    var merges: [MergeRule]
    /// In place of merges: one score for each piece, as in `SentencePieceRules.Merging`; none merges to a piece of
    /// score -∞.
    var scores: [Float]?
    var preTokenizer: PreTokenizer
    /// Whether a word that is a piece stays whole whatever the merges say.
    var ignoresMerges = false
    /// Whether text that does not start with a space gets one.
    var addsSpacePrefix = false
}

/// Rules of SentencePiece BPE, in which a space is written `▁` and merges run over characters.
struct SentencePieceRules: Sendable {
    enum Merging: Sendable {
        /// One score a piece: of all pairs whose concatenation is a piece, the best-scored is merged first.
        case scores([Float])
        /// Pairs in order of precedence, as `tokenizer.json` lists them.
        case ranks([MergeRule])
    }

    /// Which stretches of text get a space in front.
    enum SpacePrefix: Sendable {
        case none
        /// The start of the text and what follows an added token.
        case everyStretch
        case startOfText
    }

    var merging: Merging
    var spacePrefix: SpacePrefix
    /// Whether a stretch that starts with a space gets none in front.
    var keepsLeadingSpace = false
    /// Whether every `▁` starts a word that is merged by itself.
    var splitsAtSpaces = false
    /// Whether a character without a piece is written as `<0xNN>` pieces.
    var fallsBackToBytes = true
    /// Whether neighbouring characters that are unknown become one unknown token.
    var fusesUnknown = false
    /// Whether decoding drops the space that the text starts with.
    var dropsLeadingSpace: Bool
}

/// Rules of vocabularies in general: a pre-tokeniser, and a model for the words it leaves.
struct ComposedRules: Sendable {
    enum Model: Sendable {
        /// Byte-pair encoding over characters. `ignoresMerges`: a word that is a piece stays whole.
        case merges([MergeRule], ignoresMerges: Bool)
        /// One score for each piece of the vocabulary, the pieces that text may become, and the score that unknown
        /// characters are measured by.
        case unigram(scores: [Double], tokens: [TokenID], lowest: Double)
    }

    var splitter: WordSplitter
    var model: Model
    /// How pieces are written, for decoding.
    var writing: Vocabulary.Writing
    var fallsBackToBytes = false
    /// Whether neighbouring characters that are unknown become one unknown token.
    var fusesUnknown = false
    /// Whether decoding drops the space that the text starts with.
    var dropsLeadingSpace: Bool
}

/// Two pieces that become one.
struct MergeRule: Sendable {
    /// Left piece, a space, right piece.
    var text: String
    /// Bytes of the left piece.
    var leftLength: Int

    /// Takes `left right`, which is split at the first space that has something before it.
    init?(_ text: String) {
        let utf8 = text.utf8
        guard let first = utf8.indices.dropFirst().first(where: { utf8[$0] == UInt8(ascii: " ") }) else { return nil }
        leftLength = utf8.distance(from: utf8.startIndex, to: first)
        guard leftLength + 1 < utf8.count else { return nil }
        self.text = text
    }

    init?(left: String, right: String) {
        guard !left.isEmpty, !right.isEmpty else { return nil }
        text = left + " " + right
        leftLength = left.utf8.count
    }
}
