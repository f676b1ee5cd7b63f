/// Pieces and kinds of a `tokenizer.json`: those of the model and the added tokens.
struct PieceList {
    private(set) var pieces: [String] = []
    private(set) var kinds: [VocabularyDescription.Kind] = []
    private(set) var addedTokens: [AddedToken] = []
    private let file: TokenizerFile
    /// Ids beyond the number of pieces are allowed up to this many, for files with gaps.
    private static let largestGap = 65536

    /// - Parameter addsTokens: whether the file lists added tokens too.
    init(_ file: TokenizerFile, vocabulary: [JSONTree.Member], addsTokens: Bool = true) throws(TokenizerError) {
        self.file = file
        let added = addsTokens ? file.root["added_tokens"]?.array ?? [] : []
        let limit = vocabulary.count + added.count + Self.largestGap
        var ids: [TokenID] = []
        ids.reserveCapacity(vocabulary.count)
        for member in vocabulary {
            ids.append(try Self.id(member.value, below: limit, file, "model.vocab['\(member.key)']"))
        }
        let count = Int(ids.max() ?? -1) + 1
        pieces = Array(repeating: "", count: count)
        kinds = Array(repeating: .unused, count: count)
        for (id, member) in zip(ids, vocabulary) {
            pieces[Int(id)] = member.key
            kinds[Int(id)] = .normal
        }
        for (index, token) in added.enumerated() { try add(token, below: limit, "added_tokens[\(index)]") }
    }

    /// The pieces of another file and `tokens`, which are as in `added_tokens`.
    init(
        _ file: TokenizerFile, adding tokens: [JSONTree], after pieces: [String], kinds: [VocabularyDescription.Kind]
    ) throws(TokenizerError) {
        self.file = file
        self.pieces = pieces
        self.kinds = kinds
        let limit = pieces.count + tokens.count + Self.largestGap
        for token in tokens { try add(token, below: limit, "added_tokens_decoder") }
    }

    /// Marks `<0x00>` to `<0xFF>` as the bytes they stand for.
    mutating func markBytePieces() {
        for (index, piece) in pieces.enumerated() where kinds[index] == .normal && piece.hasPrefix("<0x") {
            if Vocabulary.byte(writtenIn: piece.utf8) != nil { kinds[index] = .byte }
        }
    }

    private mutating func add(_ token: JSONTree, below limit: Int, _ item: String) throws(TokenizerError) {
        guard let content = token["content"]?.string else { throw file.error(item, "has no content") }
        guard let idValue = token["id"] else { throw file.error(item, "has no id") }
        let id = Int(try Self.id(idValue, below: limit, file, item))
        while pieces.count <= id {
            pieces.append("")
            kinds.append(.unused)
        }
        pieces[id] = content
        kinds[id] = token["special"]?.bool == true ? .control : .userDefined
        addedTokens.append(
            AddedToken(
                id: TokenID(id), takesLeftSpace: token["lstrip"]?.bool ?? false,
                takesRightSpace: token["rstrip"]?.bool ?? false, isNormalized: token["normalized"]?.bool ?? true,
                isSingleWord: token["single_word"]?.bool ?? false))
    }

    private static func id(
        _ value: JSONTree, below limit: Int, _ file: TokenizerFile, _ item: String
    ) throws(TokenizerError) -> TokenID {
        guard let id = value.id, id >= 0, id < limit else {
            throw file.error(item, "the id is not from 0 to \(limit - 1)")
        }
        return id
    }
}
