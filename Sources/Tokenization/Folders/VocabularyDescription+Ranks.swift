import Foundation

/// Vocabularies in files that hold pieces and merges only.
extension VocabularyDescription {
    /// Reads a rank file as tiktoken has it: on each line a piece in base64 and its rank, which is its id. Of all
    /// neighbours that together are a piece, those of the lowest rank are merged first.
    init(ranks: Data, modelType: String, config: Data?, source: String) throws(TokenizerError) {
        var pieces: [String] = []
        var scores: [Float] = []
        for (number, line) in ranks.split(separator: UInt8(ascii: "\n")).enumerated() {
            let fields = line.split(separator: UInt8(ascii: " "))
            guard fields.count == 2, let piece = Data(base64Encoded: Data(fields[0])), !piece.isEmpty,
                let rank = Int(String(decoding: fields[1], as: UTF8.self)), rank == pieces.count
            else {
                throw TokenizerError(
                    source: source, item: "line \(number + 1)", reason: "is not the next piece and its rank")
            }
            pieces.append(String(decoding: piece.flatMap { ByteAlphabet.written[Int($0)] }, as: UTF8.self))
            scores.append(-Float(rank))
        }
        try self.init(pieces: pieces, rules: Self.rules([], modelType, source), source: source)
        try addTokens(of: config)
        // What was added is never merged.
        scores += Array(repeating: -.infinity, count: self.pieces.count - scores.count)
        if case .byteLevel(var rules) = algorithm {
            rules.scores = scores
            algorithm = .byteLevel(rules)
        }
    }

    /// Reads `vocab.json` and `merges.txt`, as GPT-2 has them.
    init(
        vocabulary: Data, merges: Data, modelType: String, config: Data?, source: String
    ) throws(TokenizerError) {
        let file = TokenizerFile(root: try JSONTree.parse(Array(vocabulary), source: source), source: source)
        guard let members = file.root.members else { throw file.error("vocab", "is not an object") }
        let list = try PieceList(file, vocabulary: members, addsTokens: false)
        var rules: [MergeRule] = []
        for line in merges.split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line, as: UTF8.self)
            if rules.isEmpty, text.hasPrefix("#version") { continue }
            guard let rule = MergeRule(text) else { throw file.error("merges.txt", "a line is not a pair of pieces") }
            rules.append(rule)
        }
        try self.init(pieces: list.pieces, rules: Self.rules(rules, modelType, source), source: source)
        if modelType.hasPrefix("qwen") { normalizer.steps = [.form(.composed)] }
        try addTokens(of: config)
    }

    private init(pieces: [String], rules: ByteLevelRules, source: String) throws(TokenizerError) {
        self.source = source
        self.pieces = pieces
        kinds = pieces.map { $0.isEmpty ? .unused : .normal }
        algorithm = .byteLevel(rules)
    }

    private static func rules(
        _ merges: [MergeRule], _ modelType: String, _ source: String
    ) throws(TokenizerError) -> ByteLevelRules {
        guard let preTokenizer = PreTokenizer.ofArchitecture(modelType) else {
            throw TokenizerError(
                source: source, item: "model_type",
                reason: "how '\(modelType)' cuts text into words is not known; a tokenizer.json would say it")
        }
        return ByteLevelRules(merges: merges, preTokenizer: preTokenizer)
    }

    /// Adds the tokens that `tokenizer_config.json` lists under `added_tokens_decoder`.
    private mutating func addTokens(of config: Data?) throws(TokenizerError) {
        if let config {
            let name = source + " (tokenizer_config.json)"
            let file = TokenizerFile(root: try JSONTree.parse(Array(config), source: name), source: name)
            var tokens: [JSONTree] = []
            for member in file.root["added_tokens_decoder"]?.members ?? [] {
                guard let id = TokenID(member.key), case .object(let members) = member.value else {
                    throw file.error("added_tokens_decoder", "'\(member.key)' is not an id with its token")
                }
                tokens.append(.object(members + [.init(key: "id", value: .number(Double(id)))]))
            }
            try merge(PieceList(file, adding: tokens, after: pieces, kinds: kinds))
        }
        try readConfig(config)
        endOfGeneration = EndOfGeneration.named(in: pieces)
        if let endOfText { endOfGeneration.insert(endOfText) }
    }

    private mutating func merge(_ list: PieceList) {
        pieces = list.pieces
        kinds = list.kinds
        addedTokens = list.addedTokens
        if normalizer.isEmpty { for index in addedTokens.indices { addedTokens[index].isNormalized = false } }
    }
}
