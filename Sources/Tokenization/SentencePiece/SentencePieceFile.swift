/// A `tokenizer.model` file as SentencePiece writes it (its `ModelProto`).
struct SentencePieceFile {
    enum ModelType: UInt64 {
        case unigram = 1
        case bytePairs = 2
    }

    private(set) var pieces: [String] = []
    private(set) var scores: [Float] = []
    private(set) var kinds: [VocabularyDescription.Kind] = []
    private(set) var modelType: UInt64 = 1
    private(set) var fallsBackToBytes = false
    /// Ids by role; -1 where the model has none.
    private(set) var ids: [Int: Int64] = [40: 0, 41: 1, 42: 2]
    private(set) var characterMap: [UInt8] = []
    private(set) var addsSpacePrefix = true
    private(set) var removesExtraSpaces = true
    private(set) var marksSpaces = true
    private(set) var marksSpacesBehind = false

    init(_ bytes: [UInt8], source: String) throws(TokenizerError) {
        do throws(ProtobufReader.Failure) {
            var reader = ProtobufReader(bytes[...])
            while let (field, value) = try reader.next() {
                guard case .bytes(let message) = value else { continue }
                switch field {
                case 1: try readPiece(message)
                case 2: try readTrainer(message)
                case 3: try readNormalizer(message)
                default: break
                }
            }
        } catch {
            throw TokenizerError(source: source, item: "byte \(error.offset)", reason: "is not a SentencePiece model")
        }
    }

    var unknown: Int64 { ids[40] ?? -1 }
    var beginOfText: Int64 { ids[41] ?? -1 }
    var endOfText: Int64 { ids[42] ?? -1 }

    private mutating func readPiece(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Failure) {
        var (piece, score, kind) = ("", Float(0), VocabularyDescription.Kind.normal)
        var reader = ProtobufReader(message)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (1, .bytes(let text)): piece = String(decoding: text, as: UTF8.self)
            case (2, .word(let bits)): score = Float(bitPattern: bits)
            case (3, .number(let type)):
                guard let known = UInt8(exactly: type).flatMap(VocabularyDescription.Kind.init(rawValue:)) else {
                    throw ProtobufReader.Failure(offset: message.startIndex)
                }
                kind = known
            default: break
            }
        }
        pieces.append(piece)
        scores.append(score)
        kinds.append(kind)
    }

    private mutating func readTrainer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Failure) {
        var reader = ProtobufReader(message)
        while let (field, value) = try reader.next() {
            guard case .number(let number) = value else { continue }
            switch field {
            case 3: modelType = number
            case 24: marksSpacesBehind = number != 0
            case 35: fallsBackToBytes = number != 0
            case 40...42: ids[field] = Int64(Int32(truncatingIfNeeded: number))
            default: break
            }
        }
    }

    private mutating func readNormalizer(_ message: ArraySlice<UInt8>) throws(ProtobufReader.Failure) {
        var reader = ProtobufReader(message)
        while let (field, value) = try reader.next() {
            switch (field, value) {
            case (2, .bytes(let map)): characterMap = Array(map)
            case (3, .number(let flag)): addsSpacePrefix = flag != 0
            case (4, .number(let flag)): removesExtraSpaces = flag != 0
            case (5, .number(let flag)): marksSpaces = flag != 0
            default: break
            }
        }
    }
}
