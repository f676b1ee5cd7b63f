import Checkpoints
import Foundation
import Testing
import Tokenization

/// Files that folders without a `tokenizer.json` have, against SentencePiece and tiktoken.
@Suite struct ModelFileTests {
    struct Model: Decodable {
        var model: Data
        var pieces: [String]?
        var scores: [Double]?
        var types: [Int64]?
        var vectors: [HuggingFaceVectorTests.Vector]
    }

    private func model(_ name: String) throws -> Model {
        try #require(try Fixture.json("models.json", as: [String: Model].self)[name])
    }

    private func check(_ tokenizer: Tokenizer, _ vectors: [HuggingFaceVectorTests.Vector], parseSpecial: Bool = false) {
        #expect(vectors.count > 30)
        for vector in vectors {
            let tokens = tokenizer.encode(vector.text, parseSpecial: parseSpecial)
            #expect(tokens == vector.tokens, "\(vector.text.debugDescription)")
        }
    }

    @Test(arguments: ["unigram", "byte-pairs"]) func sentencePiece(name: String) throws {
        let model = try model(name)
        let tokenizer = try Tokenizer(sentencePieceModel: model.model, tokenizerConfig: nil, source: name)
        check(tokenizer, model.vectors)
        let marked = tokenizer.encode("a", addSpecial: true)
        #expect(name == "unigram" ? marked.last == 2 : marked.first == 1)
        #expect(tokenizer.decode(tokenizer.encode("der Weg")) == "der Weg")
    }

    /// The same unigram model in GGUF.
    @Test func unigramInGGUF() throws {
        let model = try model("unigram")
        let tokenizer = try Tokenizer(
            metadata: [
                "tokenizer.ggml.model": .string("t5"),
                "tokenizer.ggml.tokens": .array(.strings(try #require(model.pieces))),
                "tokenizer.ggml.scores": .array(.floats(try #require(model.scores))),
                "tokenizer.ggml.token_type": .array(.ints(try #require(model.types))),
                "tokenizer.ggml.eos_token_id": .uint(2), "tokenizer.ggml.unknown_token_id": .uint(0),
                "tokenizer.ggml.remove_extra_whitespaces": .bool(true),
            ], source: "t5.gguf")
        check(tokenizer, model.vectors)
        #expect(tokenizer.encode("a", addSpecial: true).last == 2)
    }

    @Test func rankFile() throws {
        let model = try model("ranks")
        let count = model.model.split(separator: UInt8(ascii: "\n")).count
        let config = #"{"added_tokens_decoder": {"\#(count + 2)": {"content": "<|end|>", "special": true}}}"#
        let tokenizer = try Tokenizer(
            ranks: model.model, modelType: "kimi_k2", tokenizerConfig: Data(config.utf8), source: "tiktoken.model")
        check(tokenizer, model.vectors, parseSpecial: true)
        #expect(tokenizer.id(of: "<|end|>") == TokenID(count + 2))
        #expect(throws: TokenizerError.self) {
            try Tokenizer(ranks: model.model, modelType: "unheard_of", tokenizerConfig: nil, source: "x")
        }
    }

    @Test func piecesAndMerges() throws {
        let vocabulary = Data(#"{"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4}"#.utf8)
        let merges = Data("#version: 0.2\na b\nĠ ab\n".utf8)
        let tokenizer = try Tokenizer(
            vocabulary: vocabulary, merges: merges, modelType: "qwen2_moe", tokenizerConfig: nil, source: "vocab.json")
        #expect(tokenizer.encode("ab ab ba") == [3, 4, 2, 1, 0])
    }

    /// What a folder has is found; `tokenizer.json` comes first.
    @Test func folders() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ data: Data) throws { try data.write(to: folder.appendingPathComponent(name)) }
        try write("config.json", Data(#"{"model_type": "qwen2_moe"}"#.utf8))
        #expect(throws: (any Error).self) { try Tokenizer(path: folder.path) }
        try write("vocab.json", Data(#"{"a": 0, "b": 1, "ab": 2}"#.utf8))
        try write("merges.txt", Data("a b\n".utf8))
        #expect(try Tokenizer(path: folder.path).vocabularySize == 3)
        let model = try model("unigram")
        try write("tokenizer.model", model.model)
        check(try Tokenizer(path: folder.path), model.vectors)
        let ranks = try self.model("ranks")
        try write("config.json", Data(#"{"model_type": "kimi_k2"}"#.utf8))
        try write("tokenizer.model", ranks.model)
        check(try Tokenizer(path: folder.path), ranks.vectors)
        try write("tokenizer.json", try Fixture.data("qwen-like.tokenizer.json"))
        #expect(try Tokenizer(path: folder.path).vocabularySize == Fixture.huggingFace("qwen-like").vocabularySize)
    }

    /// Cut and changed files are errors or tokenizers, never traps.
    @Test func damagedModels() throws {
        let bytes = [UInt8](try model("unigram").model.prefix(2_000))
        for length in stride(from: 0, to: bytes.count, by: 7) {
            _ = try? Tokenizer(sentencePieceModel: Data(bytes.prefix(length)), tokenizerConfig: nil, source: "cut")
        }
        for place in stride(from: 0, to: bytes.count, by: 3) {
            var changed = bytes
            changed[place] ^= 0xA5
            let tokenizer = try? Tokenizer(sentencePieceModel: Data(changed), tokenizerConfig: nil, source: "changed")
            _ = tokenizer?.encode("der Weg ist 12 \u{1F642}")
        }
        for text in ["YQ== 1\n", "YQ==\n", "! 0\n", "YQ== 0 0\n", " \n"] {
            #expect(throws: TokenizerError.self, "\(text)") {
                try Tokenizer(ranks: Data(text.utf8), modelType: "llama", tokenizerConfig: nil, source: "ranks")
            }
        }
    }
}
