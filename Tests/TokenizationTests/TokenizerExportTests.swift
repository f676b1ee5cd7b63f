import Checkpoints
import Foundation
import Randomness
import Testing
import Tokenization

/// What `TokenizerExport` writes is read back as the same tokenizer.
@Suite struct TokenizerExportTests {
    @Test(arguments: ["qwen-like", "llama3-like"]) func byteLevel(name: String) throws {
        let folder = try ExportFolder(fixture: name)
        let exported = try folder.exported()
        for vector in try Fixture.json(name + ".vectors.json", as: [HuggingFaceVectorTests.Vector].self) {
            let tokens = exported.encode(vector.text, addSpecial: true, parseSpecial: true)
            #expect(tokens == vector.tokens, "\(vector.text.debugDescription)")
        }
        try expectSame(folder.tokenizer(), exported)
    }

    /// With the merges of a converted SentencePiece model, in the older and the newer form of its pipeline.
    @Test(arguments: ["normalizer", "always true", "always false", "first true", "first false", "never false"])
    func sentencePiece(setting: String) throws {
        let words = setting.split(separator: " ")
        let folder = try ExportFolder(fixture: "mixtral-like") { file in
            file["model"] = completed(try #require(file["model"] as? [String: Any]))
            guard words.count == 2 else { return }
            file["normalizer"] = NSNull()
            file["pre_tokenizer"] = [
                "type": "Metaspace", "replacement": "▁", "prepend_scheme": String(words[0]),
                "split": words[1] == "true",
            ]
        }
        try expectSame(folder.tokenizer(), folder.exported())
    }

    /// Older converters of SentencePiece models lose the first merge, whose score is 0.
    @Test func aPieceThatNoMergeMakes() throws {
        let folder = try ExportFolder(fixture: "mixtral-like") { file in
            var model = completed(try #require(file["model"] as? [String: Any]))
            var merges = try #require(model["merges"] as? [[String]])
            merges.removeAll { $0.joined() == "▁t" }
            model["merges"] = merges
            file["model"] = model
        }
        let (original, exported) = (try folder.tokenizer(), try folder.exported())
        let lost = try #require(original.id(of: "▁t"))
        #expect(try folder.metadata()["guildhall.tokenizer.unmade_pieces"] == .array(.ints([Int64(lost)])))
        for text in ["t", "the t", "to the expert", "  t t"] {
            let tokens = original.encode(text)
            #expect(exported.encode(text) == tokens && !tokens.contains(lost), "\(text)")
        }
        try expectSame(original, exported)
    }

    @Test func keys() throws {
        let tokenizerConfig = """
            {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "unk_token": "<unk>", "pad_token": "<|end|>",
             "add_eos_token": true, "chat_template": "{{ messages }}"}
            """
        let folder = try ExportFolder(fixture: "mixtral-like", tokenizerConfig: tokenizerConfig) { file in
            file["model"] = completed(try #require(file["model"] as? [String: Any]))
            var added = try #require(file["added_tokens"] as? [[String: Any]])
            added.append(["id": 684, "content": "<tool>", "special": false])
            file["added_tokens"] = added
        }
        let metadata = try folder.metadata()
        let expected: [String: MetadataValue] = [
            "tokenizer.ggml.model": .string("llama"), "tokenizer.ggml.bos_token_id": .uint(1),
            "tokenizer.ggml.eos_token_id": .uint(2), "tokenizer.ggml.unknown_token_id": .uint(0),
            "tokenizer.ggml.padding_token_id": .uint(682), "tokenizer.ggml.add_bos_token": .bool(true),
            "tokenizer.ggml.add_eos_token": .bool(true), "tokenizer.ggml.add_space_prefix": .bool(true),
            "tokenizer.chat_template": .string("{{ messages }}"),
            "guildhall.tokenizer.right_space_tokens": .array(.ints([681])),
            "guildhall.tokenizer.left_space_tokens": .array(.ints([682])),
        ]
        for (key, value) in expected { #expect(metadata[key] == value, "\(key)") }
        let pieces = try #require(metadata["tokenizer.ggml.tokens"]?.arrayValue?.strings)
        let kinds = try #require(metadata["tokenizer.ggml.token_type"]?.arrayValue?.ints)
        let scores = try #require(metadata["tokenizer.ggml.scores"]?.arrayValue?.floats)
        #expect(pieces.count == 685 && kinds.count == 685 && scores.count == 685)
        #expect(Array(pieces[681...]) == ["<|user|>", "<|end|>", "[PAD683]", "<tool>"])
        #expect(Array(kinds[681...]) == [3, 3, 5, 4])
        #expect(Array(kinds[0...3]) == [2, 3, 3, 6])
        let best = try #require(scores.indices.max { scores[$0] < scores[$1] })
        #expect(pieces[best] == "▁▁")
    }

    @Test func tokensNamedByTheModelOnly() throws {
        let config = #"{"model_type": "qwen3_moe", "bos_token_id": 700, "eos_token_id": 701, "pad_token_id": 9999}"#
        let metadata = try ExportFolder(fixture: "qwen-like", config: config).metadata()
        #expect(metadata["tokenizer.ggml.pre"] == .string("qwen2"))
        #expect(metadata["tokenizer.ggml.bos_token_id"] == .uint(700))
        #expect(metadata["tokenizer.ggml.eos_token_id"] == .uint(701))
        #expect(metadata["tokenizer.ggml.padding_token_id"] == nil)
        #expect(metadata["tokenizer.ggml.add_bos_token"] == .bool(false))
    }

    @Test func aFolderWithoutTokenizerHasNoVocabulary() throws {
        let metadata = try ExportFolder(files: [:]).metadata()
        #expect(metadata == ["tokenizer.ggml.model": .string("no_vocab")])
    }

    /// `</s>` is an ordinary piece of Qwen 2's vocabulary; readers of GGUF know the name.
    @Test func ordinaryPiecesStayOrdinary() throws {
        let folder = try ExportFolder(pieces: ["</", "s>", "</s>"], merges: ["< /", "s >", "</ s>"])
        let (original, exported) = (try folder.tokenizer(), try folder.exported())
        let piece = try #require(original.id(of: "</s>"))
        for tokenizer in [original, exported] {
            #expect(tokenizer.endOfGeneration.isEmpty)
            #expect(!tokenizer.isSpecial(piece))
            #expect(tokenizer.encode("a</s>", parseSpecial: true).count == 4)
        }
        #expect(original.encode("a</s>", parseSpecial: true) == exported.encode("a</s>", parseSpecial: true))
    }
}
