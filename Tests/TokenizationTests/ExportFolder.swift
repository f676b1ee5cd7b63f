import Checkpoints
import Foundation
import Randomness
import Testing
import Tokenization

/// A Hugging Face folder without weights, in the temporary directory for as long as the object lives.
final class ExportFolder {
    let path: String
    private static let noWeights = Data([2, 0, 0, 0, 0, 0, 0, 0]) + Data("{}".utf8)

    init(files: [String: Data], config: String = "{}") throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("export-\(UUID().uuidString)")
        path = url.path
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try Self.noWeights.write(to: url.appendingPathComponent("model.safetensors"))
        try Data(config.utf8).write(to: url.appendingPathComponent("config.json"))
        for (name, data) in files { try data.write(to: url.appendingPathComponent(name)) }
    }

    convenience init(tokenizer: Data, tokenizerConfig: String? = nil, config: String = "{}") throws {
        var files = ["tokenizer.json": tokenizer]
        files["tokenizer_config.json"] = tokenizerConfig.map { Data($0.utf8) }
        try self.init(files: files, config: config)
    }

    /// A folder with the smallest byte-level vocabulary: the 256 bytes, then `pieces`.
    convenience init(
        pieces: [String], merges: [String], preTokenizer: [[String: Any]] = [byteLevelSplit], config: String = "{}",
        changing change: (inout [String: Any]) -> Void = { _ in }
    ) throws {
        let metadata = GGUFFixture.bytesMetadata(and: pieces, merges: merges)
        let all = metadata["tokenizer.ggml.tokens"]?.arrayValue?.strings ?? []
        let vocabulary = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($0.element, $0.offset) })
        var file: [String: Any] = [
            "model": ["type": "BPE", "vocab": vocabulary, "merges": merges],
            "pre_tokenizer": ["type": "Sequence", "pretokenizers": preTokenizer],
        ]
        change(&file)
        try self.init(tokenizer: JSONSerialization.data(withJSONObject: file), config: config)
    }

    /// The words of GPT-2, and bytes without cutting.
    static var byteLevelSplit: [String: Any] { ["type": "ByteLevel", "add_prefix_space": false] }
    static var bytesOnly: [String: Any] { ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false] }

    static func split(_ expression: String) -> [String: Any] {
        ["type": "Split", "pattern": ["Regex": expression], "behavior": "Isolated"]
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A folder with a `tokenizer.json` fixture, after a change to its top-level object.
    convenience init(
        fixture name: String, tokenizerConfig: String? = nil, config: String = "{}",
        changing change: (inout [String: Any]) throws -> Void = { _ in }
    ) throws {
        let file = try JSONSerialization.jsonObject(with: Fixture.data(name + ".tokenizer.json"))
        var members = file as? [String: Any] ?? [:]
        try change(&members)
        try self.init(
            tokenizer: JSONSerialization.data(withJSONObject: members), tokenizerConfig: tokenizerConfig, config: config
        )
    }

    var huggingFace: HuggingFaceFolder {
        get throws { try HuggingFaceFolder(path: path) }
    }

    /// The tokenizer of the folder itself.
    func tokenizer() throws -> Tokenizer {
        try Tokenizer(huggingFace: huggingFace)
    }

    func metadata() throws -> [String: MetadataValue] {
        let pairs = try TokenizerExport.metadata(of: huggingFace)
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0.key, $0.value) })
    }

    /// The tokenizer of a GGUF file with the exported metadata.
    func exported() throws -> Tokenizer {
        var writer = GGUFWriter()
        for (key, value) in try TokenizerExport.metadata(of: huggingFace) { writer.set(key, value) }
        let file = path + "/vocabulary.gguf"
        try writer.write(to: file)
        return try Tokenizer(path: file)
    }
}

/// Merges as they are derived from a SentencePiece model: every way to make a piece of two others, in the order of the
/// pieces that are made.
func completed(_ model: [String: Any]) -> [String: Any] {
    var model = model
    let vocabulary = model["vocab"] as? [String: Int] ?? [:]
    var results: [String] = []
    for case let pair as [String] in model["merges"] as? [Any] ?? [] where !results.contains(pair.joined()) {
        results.append(pair.joined())
    }
    model["merges"] = results.flatMap { piece in
        piece.unicodeScalars.indices.dropFirst().map { [String(piece[..<$0]), String(piece[$0...])] }
            .filter { vocabulary[$0[0]] != nil && vocabulary[$0[1]] != nil }
    }
    return model
}

/// Tokens and texts of both, on random texts.
func expectSame(_ original: Tokenizer, _ exported: Tokenizer) throws {
    #expect(exported.vocabularySize == original.vocabularySize)
    #expect(exported.endOfGeneration.isSuperset(of: original.endOfGeneration))
    #expect(exported.addsBeginOfText == original.addsBeginOfText)
    let seed: UInt64 = 20_251_122
    var generator = SplitMix64(seed: seed)
    for round in 0..<500 {
        let text = randomText(using: &generator)
        for parseSpecial in [false, true] {
            let tokens = original.encode(text, addSpecial: true, parseSpecial: parseSpecial)
            let found = exported.encode(text, addSpecial: true, parseSpecial: parseSpecial)
            try #require(found == tokens, "seed \(seed), round \(round): \(text.debugDescription)")
            #expect(exported.decode(tokens).utf8.elementsEqual(original.decode(tokens).utf8), "round \(round)")
        }
    }
}
