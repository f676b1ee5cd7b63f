import Foundation
import Testing
import Tokenization

/// Tokens and texts of `tokenizer.json` files against the `tokenizers` library.
@Suite struct HuggingFaceVectorTests {
    /// `[text, tokens]`, and where it differs from what decoding should give, the text of the tokens.
    struct Vector: Decodable {
        var text: String
        var tokens: [TokenID]
        var decoded: String?

        init(from decoder: any Decoder) throws {
            var elements = try decoder.unkeyedContainer()
            text = try elements.decode(String.self)
            tokens = try elements.decode([TokenID].self)
            decoded = elements.isAtEnd ? nil : try elements.decode(String.self)
        }
    }

    @Test(arguments: ["qwen-like", "llama3-like", "mixtral-like"]) func file(name: String) throws {
        let tokenizer = try Fixture.huggingFace(name)
        let vectors = try Fixture.json(name + ".vectors.json", as: [Vector].self)
        #expect(vectors.count > 50)
        for vector in vectors {
            let tokens = tokenizer.encode(vector.text, addSpecial: true, parseSpecial: true)
            #expect(tokens == vector.tokens, "\(name): \(vector.text.debugDescription)")
            let decoded = try #require(vector.decoded)
            #expect(tokenizer.decode(tokens).utf8.elementsEqual(decoded.utf8), "\(vector.text.debugDescription)")
        }
    }

    /// The other way to write spaces as `▁`, with every prefix scheme.
    @Test func metaspace() throws {
        let schemes = try Fixture.json("metaspace.vectors.json", as: [String: [Vector]].self)
        #expect(schemes.count == 6)
        for (setting, vectors) in schemes {
            let words = setting.split(separator: " ")
            let tokenizer = try Fixture.huggingFace("mixtral-like") { file in
                file["normalizer"] = NSNull()
                file["pre_tokenizer"] = [
                    "type": "Metaspace", "replacement": "▁", "prepend_scheme": String(words[0]),
                    "split": words[1] == "true",
                ]
            }
            for vector in vectors {
                let tokens = tokenizer.encode(vector.text, addSpecial: true, parseSpecial: true)
                #expect(tokens == vector.tokens, "\(setting): \(vector.text.debugDescription)")
            }
        }
    }

    /// Vectors: pairs of a text and its normalisation form C.
    @Test func normalization() throws {
        let tokenizer = try Fixture.huggingFace("qwen-like")
        for vector in try Fixture.json("normalization-vectors.json", as: [[String]].self) {
            let composed = tokenizer.decode(tokenizer.encode(vector[0]))
            #expect(composed.utf8.elementsEqual(vector[1].utf8), "\(vector[0].unicodeScalars.map { $0 })")
        }
    }

    @Test func configurationHasTheLastWord() throws {
        let config = """
            {"bos_token": {"content": "<|begin|>", "lstrip": false}, "eos_token": "<|end|>", "add_bos_token": true,
             "chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "{{ 1 }}"}]}
            """
        let tokenizer = try Fixture.huggingFace("qwen-like", config: config)
        let begin = try #require(tokenizer.id(of: "<|begin|>"))
        #expect(tokenizer.beginOfText == begin)
        #expect(tokenizer.endOfText == tokenizer.id(of: "<|end|>"))
        #expect(tokenizer.encode("", addSpecial: true) == [begin])
        #expect(tokenizer.chatTemplate == "{{ 1 }}")

        let without = #"{"bos_token": "<s>", "add_bos_token": false, "chat_template": "x"}"#
        let mixtral = try Fixture.huggingFace("mixtral-like", config: without)
        #expect(mixtral.beginOfText == 1 && !mixtral.addsBeginOfText)
        #expect(mixtral.encode("", addSpecial: true) == [])
        #expect(mixtral.chatTemplate == "x")
        #expect(try Fixture.huggingFace("mixtral-like").addsBeginOfText)
    }

    /// Two pieces that are canonically equivalent, which a dictionary of strings would merge.
    @Test func canonicallyEquivalentPiecesStayApart() throws {
        let json = #"""
            {"model": {"type": "BPE", "vocab": {"<unk>": 0, "▁": 1, "\u00e9": 2, "e": 3, "\u0301": 4, "e\u0301": 5},
             "merges": ["e \u0301"], "unk_token": "<unk>"},
             "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}}
            """#
        let tokenizer = try Tokenizer(tokenizerJSON: Data(json.utf8), tokenizerConfig: nil, source: "inline")
        #expect(tokenizer.encode("\u{E9}e\u{301} e!") == [2, 5, 1, 3, 0])
        #expect(tokenizer.id(of: "\u{E9}") == 2 && tokenizer.id(of: "e\u{301}") == 5)
    }
}
