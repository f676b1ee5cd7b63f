/// The pieces of a vocabulary and the bytes they stand for.
struct Vocabulary: Sendable {
    /// How normal pieces are written.
    enum Writing: Sendable {
        case byteAlphabet
        /// `▁` for a space, `<0x0A>` for a byte.
        case sentencePiece
        /// As the text they stand for.
        case plain
    }

    /// The vocabulary's own pieces under their ids, then those that only merging passes through.
    let pieces: PieceTable
    /// One for each piece of the vocabulary's own.
    let kinds: [VocabularyDescription.Kind]
    let writing: Writing
    /// Bytes of the longest piece, as written.
    let longestPiece: Int

    init(pieces: PieceTable, kinds: [VocabularyDescription.Kind], writing: Writing) {
        self.pieces = pieces
        self.kinds = kinds
        self.writing = writing
        longestPiece = pieces.longest
    }

    /// Number of ids.
    var count: Int { kinds.count }

    func contains(_ id: TokenID) -> Bool {
        id >= 0 && id < count
    }

    /// The id of a piece as the vocabulary writes it.
    func id(of piece: Span<UInt8>) -> TokenID? {
        pieces.find(piece).flatMap { contains($0) ? $0 : nil }
    }

    /// Control and unknown tokens: they steer the model and are no text.
    func isSpecial(_ id: TokenID) -> Bool {
        contains(id) && (kinds[Int(id)] == .control || kinds[Int(id)] == .unknown)
    }

    /// The bytes of text that piece `id` stands for; `id` may be one that only merging passes through.
    func bytes(of id: Int32) -> [UInt8] {
        let piece = pieces[id]
        let kind = contains(id) ? kinds[Int(id)] : .normal
        switch kind {
        case .control, .unknown, .userDefined: return Array(piece)
        case .byte: return Self.byte(writtenIn: piece).map { [$0] } ?? Array(piece)
        case .normal, .unused:
            switch writing {
            case .byteAlphabet: return ByteAlphabet.decoded(piece) ?? Array(piece)
            case .sentencePiece: return Self.withSpaces(piece)
            case .plain: return Array(piece)
            }
        }
    }

    /// 0x0A for `<0x0A>`.
    static func byte(writtenIn piece: some Collection<UInt8>) -> UInt8? {
        let text = String(decoding: piece, as: UTF8.self)
        guard text.utf8.count == 6, text.hasPrefix("<0x"), text.hasSuffix(">") else { return nil }
        return UInt8(text.dropFirst(3).dropLast(), radix: 16)
    }

    private static func withSpaces(_ piece: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(piece.count)
        var rest = piece
        while let first = rest.first {
            if first == SpaceMark.utf8[0], rest.starts(with: SpaceMark.utf8) {
                result.append(UInt8(ascii: " "))
                rest = rest.dropFirst(SpaceMark.utf8.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}

/// `▁` (U+2581), which SentencePiece writes for a space.
enum SpaceMark {
    static let scalar: UInt32 = 0x2581
    static let utf8: [UInt8] = [0xE2, 0x96, 0x81]
}
