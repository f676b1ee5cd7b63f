import Foundation

/// Reading `tokenizer.json`, the format of the `tokenizers` library. BPE and unigram models are read, and only pipelines
/// whose every step is known: a step that was skipped would change tokens silently.
extension VocabularyDescription {
    init(tokenizerJSON: Data, config: Data?, source: String) throws(TokenizerError) {
        let file = TokenizerFile(root: try JSONTree.parse(Array(tokenizerJSON), source: source), source: source)
        guard let model = file.root["model"] else { throw file.error("model", "is missing") }
        let modelType = model["type"]?.string ?? "BPE"
        let reading: ModelReading
        switch modelType {
        case "BPE": reading = try ModelReading(merges: model, file)
        case "Unigram": reading = try ModelReading(unigram: model, file)
        default: throw file.error("model", "type \(modelType) is not supported, only BPE and Unigram are")
        }
        self.source = source
        pieces = reading.list.pieces
        kinds = reading.list.kinds
        addedTokens = reading.list.addedTokens
        algorithm = reading.algorithm
        normalizer = reading.normalizer
        unknown = reading.unknown
        if let unknown, kinds[Int(unknown)] == .normal { kinds[Int(unknown)] = .unknown }
        // What changes no spelling of a token can be left to the first look.
        if normalizer.isEmpty {
            for index in addedTokens.indices { addedTokens[index].isNormalized = false }
        }
        try readAffixes(file)
        try readConfig(config)
        endOfGeneration = EndOfGeneration.named(in: addedSpellings)
        if let endOfText { endOfGeneration.insert(endOfText) }
    }

    /// The spellings of added tokens at their ids: an ordinary piece may look like a name.
    private var addedSpellings: [String] {
        var spellings = Array(repeating: "", count: pieces.count)
        for token in addedTokens { spellings[Int(token.id)] = pieces[Int(token.id)] }
        return spellings
    }
}
