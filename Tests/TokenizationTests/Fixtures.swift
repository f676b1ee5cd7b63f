import Checkpoints
import Foundation
import Tokenization

/// Files under `Tests/Fixtures/Tokenization`, which `make_fixtures.py` there writes.
enum Fixture {
    static func data(_ name: String) throws -> Data {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try Data(contentsOf: tests.appendingPathComponent("Fixtures/Tokenization/\(name)"))
    }

    static func json<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: data(name))
    }

    /// The tokenizer of a `tokenizer.json` fixture.
    static func huggingFace(_ name: String, config: String? = nil) throws -> Tokenizer {
        try Tokenizer(
            tokenizerJSON: data(name + ".tokenizer.json"), tokenizerConfig: config.map { Data($0.utf8) }, source: name)
    }

    /// A `tokenizer.json` fixture after a change to its top-level object.
    static func huggingFace(_ name: String, changing change: (inout [String: Any]) -> Void) throws -> Tokenizer {
        let file = try JSONSerialization.jsonObject(with: data(name + ".tokenizer.json"))
        var members = file as? [String: Any] ?? [:]
        change(&members)
        let changed = try JSONSerialization.data(withJSONObject: members)
        return try Tokenizer(tokenizerJSON: changed, tokenizerConfig: nil, source: name)
    }
}

/// A vocabulary as GGUF metadata would hold it, and llama.cpp's tokens by setting.
struct GGUFFixture: Decodable {
    var tokens: [String]
    var types: [Int64]
    var merges: [String]?
    var scores: [Double]?
    var vectors: [String: [Vector]]

    /// `[text, tokens without special ones, tokens with special ones parsed and added]`.
    struct Vector: Decodable {
        var text: String
        var plain: [TokenID]
        var special: [TokenID]

        init(from decoder: any Decoder) throws {
            var elements = try decoder.unkeyedContainer()
            text = try elements.decode(String.self)
            plain = try elements.decode([TokenID].self)
            special = try elements.decode([TokenID].self)
        }
    }

    static func byteLevel() throws -> GGUFFixture { try Fixture.json("byte-level.gguf.json") }
    static func sentencePiece() throws -> GGUFFixture { try Fixture.json("sentencepiece.gguf.json") }

    /// Metadata of a byte-level vocabulary with the given pre-tokeniser.
    func byteLevelMetadata(pre: String?) -> [String: MetadataValue] {
        var metadata: [String: MetadataValue] = [
            "tokenizer.ggml.model": .string("gpt2"), "tokenizer.ggml.tokens": .array(.strings(tokens)),
            "tokenizer.ggml.token_type": .array(.ints(types)),
            "tokenizer.ggml.merges": .array(.strings(merges ?? [])),
            "tokenizer.ggml.bos_token_id": .uint(UInt64(tokens.firstIndex(of: "<|begin|>") ?? 0)),
            "tokenizer.ggml.eos_token_id": .uint(UInt64(tokens.firstIndex(of: "<|end|>") ?? 0)),
        ]
        metadata["tokenizer.ggml.pre"] = pre.map { .string($0) }
        return metadata
    }

    func sentencePieceMetadata(addsSpacePrefix: Bool) -> [String: MetadataValue] {
        [
            "tokenizer.ggml.model": .string("llama"), "tokenizer.ggml.tokens": .array(.strings(tokens)),
            "tokenizer.ggml.token_type": .array(.ints(types)), "tokenizer.ggml.scores": .array(.floats(scores ?? [])),
            "tokenizer.ggml.add_space_prefix": .bool(addsSpacePrefix),
            "tokenizer.ggml.bos_token_id": .uint(1), "tokenizer.ggml.eos_token_id": .uint(2),
            "tokenizer.ggml.unknown_token_id": .uint(0),
        ]
    }

    /// The smallest byte-level metadata: the 256 bytes, then `pieces`.
    static func bytesMetadata(and pieces: [String], merges: [String]) -> [String: MetadataValue] {
        let bytes = (0...255).compactMap { byte -> String? in
            let isPrintable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
            if isPrintable { return Unicode.Scalar(UInt8(byte)).description }
            let others = (0..<byte).filter { !((0x21...0x7E).contains($0) || (0xA1...0xAC).contains($0) || $0 >= 0xAE) }
            return Unicode.Scalar(UInt32(0x100 + others.count))?.description
        }
        return [
            "tokenizer.ggml.model": .string("gpt2"), "tokenizer.ggml.pre": .string("gpt-2"),
            "tokenizer.ggml.tokens": .array(.strings(bytes + pieces)),
            "tokenizer.ggml.merges": .array(.strings(merges)),
        ]
    }
}
