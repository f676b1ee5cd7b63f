import Checkpoints
import Foundation
import Testing
import Tokenization

/// Export of folders without a `tokenizer.json`.
@Suite struct FolderExportTests {
    private func model(_ name: String) throws -> ModelFileTests.Model {
        try #require(try Fixture.json("models.json", as: [String: ModelFileTests.Model].self)[name])
    }

    @Test(arguments: ["unigram", "byte-pairs"]) func sentencePiece(name: String) throws {
        let model = try model(name)
        let folder = try ExportFolder(files: ["tokenizer.model": model.model])
        let metadata = try folder.metadata()
        #expect(metadata["tokenizer.ggml.model"] == .string(name == "unigram" ? "t5" : "llama"))
        #expect(
            metadata["tokenizer.ggml.token_type"]?.arrayValue?.ints?[0...2]
                == (name == "unigram" ? [2, 3, 3] : [1, 3, 3]))
        let exported = try folder.exported()
        #expect(model.vectors.count > 30)
        for vector in model.vectors {
            #expect(exported.encode(vector.text) == vector.tokens, "\(vector.text.debugDescription)")
        }
        try expectSame(folder.tokenizer(), exported)
    }

    /// The merges of a rank file are written out.
    @Test func rankFile() throws {
        let ranks = try model("ranks").model
        let count = ranks.split(separator: UInt8(ascii: "\n")).count
        let tokenizerConfig = #"{"added_tokens_decoder": {"\#(count + 2)": {"content": "<|end|>", "special": true}}}"#
        let files = ["tiktoken.model": ranks, "tokenizer_config.json": Data(tokenizerConfig.utf8)]
        let folder = try ExportFolder(files: files, config: #"{"model_type": "llama4"}"#)
        #expect(try folder.metadata()["tokenizer.ggml.pre"] == .string("llama4"))
        try expectSame(folder.tokenizer(), folder.exported())
    }

    @Test func piecesAndMerges() throws {
        let metadata = GGUFFixture.bytesMetadata(and: ["ab", "Ġab"], merges: [])
        let pieces = metadata["tokenizer.ggml.tokens"]?.arrayValue?.strings ?? []
        let vocabulary = Dictionary(uniqueKeysWithValues: pieces.enumerated().map { ($0.element, $0.offset) })
        let files = [
            "vocab.json": try JSONEncoder().encode(vocabulary),
            "merges.txt": Data("#version: 0.2\na b\nĠ ab\n".utf8),
        ]
        let folder = try ExportFolder(files: files, config: #"{"model_type": "qwen2_moe"}"#)
        #expect(try folder.metadata()["tokenizer.ggml.pre"] == .string("qwen2"))
        try expectSame(folder.tokenizer(), folder.exported())
    }
}
