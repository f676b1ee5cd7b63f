import Checkpoints
import Foundation
import Testing
import Tokenization

/// Vocabularies that are wrong: every error names what is wrong, and nothing traps.
@Suite struct HostileVocabularyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var key: String
        var value: MetadataValue?
        var message: String
        var testDescription: String { "\(key): \(message)" }
    }

    static let byteLevelCases: [Case] = [
        Case(key: "tokenizer.ggml.tokens", value: nil, message: "no such key"),
        Case(key: "tokenizer.ggml.tokens", value: .array(.ints([1])), message: "expected an array of strings"),
        Case(key: "tokenizer.ggml.tokens", value: .string("a"), message: "expected an array of strings"),
        Case(key: "tokenizer.ggml.model", value: nil, message: "no such key"),
        Case(key: "tokenizer.ggml.model", value: .string("bert"), message: "bert is not supported"),
        Case(key: "tokenizer.ggml.model", value: .uint(1), message: "expected a string"),
        Case(key: "tokenizer.ggml.pre", value: .string("new-model"), message: "new-model is not supported"),
        Case(key: "tokenizer.ggml.pre", value: .string("new-model"), message: "deepseek-v3, default, exaone"),
        Case(key: "tokenizer.ggml.merges", value: nil, message: "no such key"),
        Case(key: "tokenizer.ggml.merges", value: .array(.strings(["a b", "ab"])), message: "element 1 is not two"),
        Case(key: "tokenizer.ggml.merges", value: .array(.strings([" b"])), message: "element 0 is not two pieces"),
        Case(key: "tokenizer.ggml.merges", value: .array(.strings(["a "])), message: "element 0 is not two pieces"),
        Case(key: "tokenizer.ggml.token_type", value: .array(.ints([1, 1])), message: "has 2 elements for"),
        Case(key: "tokenizer.ggml.token_type", value: .array(.floats([1])), message: "expected an array of integers"),
        Case(key: "tokenizer.ggml.bos_token_id", value: .uint(1_000_000), message: "outside the vocabulary"),
        Case(key: "tokenizer.ggml.eos_token_id", value: .int(-7), message: "expected a token id"),
        Case(key: "tokenizer.ggml.eot_token_id", value: .uint(.max), message: "outside the vocabulary"),
        Case(key: "tokenizer.ggml.add_bos_token", value: .uint(1), message: "expected a bool"),
        Case(key: "tokenizer.chat_template", value: .bool(true), message: "expected a string"),
    ]

    @Test(arguments: byteLevelCases) func byteLevel(wrong: Case) throws {
        var metadata = try GGUFFixture.byteLevel().byteLevelMetadata(pre: "gpt-2")
        metadata[wrong.key] = wrong.value
        try expectError(metadata, naming: wrong.key, saying: wrong.message)
    }

    static let sentencePieceCases: [Case] = [
        Case(key: "tokenizer.ggml.scores", value: nil, message: "no such key"),
        Case(key: "tokenizer.ggml.scores", value: .array(.floats([0])), message: "has 1 elements for"),
        Case(key: "tokenizer.ggml.scores", value: .string("0"), message: "expected an array of numbers"),
        Case(key: "tokenizer.ggml.unknown_token_id", value: .uint(1_000_000), message: "outside the vocabulary"),
        Case(key: "tokenizer.ggml.add_space_prefix", value: .string("yes"), message: "expected a bool"),
    ]

    @Test(arguments: sentencePieceCases) func sentencePiece(wrong: Case) throws {
        var metadata = try GGUFFixture.sentencePiece().sentencePieceMetadata(addsSpacePrefix: true)
        metadata[wrong.key] = wrong.value
        try expectError(metadata, naming: wrong.key, saying: wrong.message)
    }

    @Test func typesAndScoresOutOfRange() throws {
        var metadata = try GGUFFixture.byteLevel().byteLevelMetadata(pre: "gpt-2")
        let count = try GGUFFixture.byteLevel().tokens.count
        metadata["tokenizer.ggml.token_type"] = .array(.ints(Array(repeating: 7, count: count)))
        try expectError(metadata, naming: "tokenizer.ggml.token_type", saying: "element 0 is 7")

        var scored = try GGUFFixture.sentencePiece().sentencePieceMetadata(addsSpacePrefix: true)
        let scores = try #require(try GGUFFixture.sentencePiece().scores)
        scored["tokenizer.ggml.scores"] = .array(.floats(scores.dropLast() + [.nan]))
        try expectError(scored, naming: "scores", saying: "not a number")
    }

    @Test func emptyAndOversizedVocabularies() throws {
        try expectError(
            GGUFFixture.bytesMetadata(and: [], merges: []).merging(
                ["tokenizer.ggml.tokens": .array(.strings([]))], uniquingKeysWith: { $1 }),
            naming: "model.gguf", saying: "0 pieces")
        let long = String(repeating: "x", count: 2000)
        var metadata = GGUFFixture.bytesMetadata(and: [long], merges: [])
        metadata["tokenizer.ggml.token_type"] = .array(.ints(Array(repeating: 1, count: 256) + [4]))
        try expectError(metadata, naming: "token 256", saying: "2000 bytes")
        let scored: [String: MetadataValue] = [
            "tokenizer.ggml.model": .string("llama"), "tokenizer.ggml.scores": .array(.floats([0])),
            "tokenizer.ggml.tokens": .array(.strings([String(repeating: "x", count: 40_000)])),
        ]
        try expectError(scored, naming: "pieces", saying: "too long")
    }

    private func expectError(
        _ metadata: [String: MetadataValue], naming item: String, saying message: String
    ) throws {
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(metadata: metadata, source: "model.gguf") }
        let description = try #require(error).description
        #expect(description.hasPrefix("model.gguf: "))
        #expect(description.contains(item) && description.contains(message), "\(description)")
    }
}
