import Checkpoints
import Testing
import Tokenization

/// Tokens of vocabularies out of GGUF metadata against llama.cpp.
@Suite struct GGUFVectorTests {
    @Test(arguments: ["gpt-2", "llama-bpe", "qwen2", "starcoder", "falcon", "deepseek-llm", "default"])
    func byteLevel(pre: String) throws {
        let fixture = try GGUFFixture.byteLevel()
        let tokenizer = try Tokenizer(metadata: fixture.byteLevelMetadata(pre: pre), source: "fixture")
        try check(tokenizer, fixture, pre)
    }

    @Test(arguments: ["prefix", "none"]) func sentencePiece(setting: String) throws {
        let fixture = try GGUFFixture.sentencePiece()
        let metadata = fixture.sentencePieceMetadata(addsSpacePrefix: setting == "prefix")
        try check(try Tokenizer(metadata: metadata, source: "fixture"), fixture, setting)
    }

    private func check(_ tokenizer: Tokenizer, _ fixture: GGUFFixture, _ setting: String) throws {
        let vectors = try #require(fixture.vectors[setting])
        #expect(vectors.count > 40)
        for vector in vectors {
            let plain = tokenizer.encode(vector.text)
            #expect(plain == vector.plain, "\(setting): \(vector.text.debugDescription)")
            if isReversible(vector.text, setting) {
                #expect(tokenizer.decode(plain).utf8.elementsEqual(vector.text.utf8), "\(vector.text.debugDescription)")
            }
            let special = tokenizer.encode(vector.text, addSpecial: true, parseSpecial: true)
            #expect(special == vector.special, "\(setting), special: \(vector.text.debugDescription)")
        }
    }

    /// SentencePiece does not tell `▁` from a space, and puts one after a user-defined token.
    private func isReversible(_ text: String, _ setting: String) -> Bool {
        switch setting {
        case "prefix": !text.contains("▁") && !text.contains("<tool>")
        case "none": !text.contains("▁")
        default: true
        }
    }

    @Test func aFileWithoutPreTokenizerGetsTheDefaultOne() throws {
        let fixture = try GGUFFixture.byteLevel()
        let unnamed = try Tokenizer(metadata: fixture.byteLevelMetadata(pre: nil), source: "fixture")
        try check(unnamed, fixture, "default")
    }

    @Test func specialTokensAndSettings() throws {
        let fixture = try GGUFFixture.byteLevel()
        var metadata = fixture.byteLevelMetadata(pre: "qwen2")
        metadata["tokenizer.chat_template"] = .string("{{ messages }}")
        let plain = try Tokenizer(metadata: metadata, source: "fixture")
        let begin = try #require(plain.id(of: "<|begin|>"))
        let end = try #require(plain.id(of: "<|end|>"))
        #expect(plain.vocabularySize == fixture.tokens.count)
        #expect(plain.beginOfText == begin && plain.endOfText == end)
        #expect(plain.endOfGeneration == [end])
        #expect(plain.chatTemplate == "{{ messages }}")
        #expect(!plain.addsBeginOfText)
        #expect(plain.encode("", addSpecial: true) == [])

        metadata["tokenizer.ggml.add_bos_token"] = .bool(true)
        metadata["tokenizer.ggml.add_eos_token"] = .bool(true)
        let adding = try Tokenizer(metadata: metadata, source: "fixture")
        #expect(adding.addsBeginOfText)
        #expect(adding.encode("", addSpecial: true) == [begin, end])
        #expect(adding.encode("") == [])
    }

    /// Phi-3's tokens swallow the whitespace after them, which GGUF cannot say; the name of the model does.
    @Test func phi3TokensSwallowWhitespace() throws {
        var metadata = try GGUFFixture.sentencePiece().sentencePieceMetadata(addsSpacePrefix: true)
        let text = "<|user|>\n x"
        let others = try Tokenizer(metadata: metadata, source: "fixture")
        #expect(others.decode(others.encode(text, parseSpecial: true)) == "<|user|> \n x")
        metadata["general.name"] = .string("Phi-3 mini")
        let phi = try Tokenizer(metadata: metadata, source: "fixture")
        #expect(phi.decode(phi.encode(text, parseSpecial: true)) == "<|user|> x")
        #expect(phi.decode(phi.encode("<s> x", parseSpecial: true)) == "<s>  x")
    }
}
