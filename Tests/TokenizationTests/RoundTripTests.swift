import Randomness
import Testing
import Tokenization

/// Properties that hold for any text and any tokens.
@Suite struct RoundTripTests {
    static let seed: UInt64 = 20_251_121

    @Test(arguments: ["gpt-2", "qwen2", "gpt-4o", "deepseek-v3"]) func decodingUndoesEncoding(pre: String) throws {
        let metadata = try GGUFFixture.byteLevel().byteLevelMetadata(pre: pre)
        let tokenizer = try Tokenizer(metadata: metadata, source: "fixture")
        var generator = SplitMix64(seed: Self.seed)
        for round in 0..<1000 {
            let text = randomText(using: &generator)
            for parseSpecial in [false, true] {
                let decoded = tokenizer.decode(tokenizer.encode(text, parseSpecial: parseSpecial))
                #expect(decoded.utf8.elementsEqual(text.utf8), "seed \(Self.seed), round \(round), \(pre)")
            }
        }
    }

    @Test(arguments: [true, false]) func decodingUndoesSentencePiece(addsSpacePrefix: Bool) throws {
        let metadata = try GGUFFixture.sentencePiece().sentencePieceMetadata(addsSpacePrefix: addsSpacePrefix)
        let tokenizer = try Tokenizer(metadata: metadata, source: "fixture")
        var generator = SplitMix64(seed: Self.seed)
        for round in 0..<1000 {
            // What SentencePiece cannot undo: `▁` in text, and the space it puts after an added token.
            let text = randomText(using: &generator, without: "▁<")
            let decoded = tokenizer.decode(tokenizer.encode(text))
            #expect(decoded.utf8.elementsEqual(text.utf8), "seed \(Self.seed), round \(round)")
        }
    }

    /// Valid text in tokens that end within characters: no push may replace what later pushes complete.
    @Test func incrementalTextIsNeverBroken() throws {
        for tokenizer in try tokenizers() {
            var generator = SplitMix64(seed: Self.seed)
            for round in 0..<300 {
                let text = randomText(using: &generator, without: "\u{FFFD}")
                let tokens = tokenizer.encode(text)
                var detokenizer = IncrementalDetokenizer(tokenizer: tokenizer, skipSpecial: false)
                let parts = tokens.map { detokenizer.push($0) } + [detokenizer.flush()]
                let place = "seed \(Self.seed), round \(round)"
                #expect(!parts.contains { $0.unicodeScalars.contains("\u{FFFD}") }, "\(place)")
                #expect(parts.joined().utf8.elementsEqual(tokenizer.decode(tokens).utf8), "\(place)")
                #expect(parts.last == "", "\(place)")
            }
        }
    }

    /// Any tokens, most of which do not make valid UTF-8, and ids that are none.
    @Test(arguments: [true, false]) func incrementalTextOfAnyTokensIsTheWholeText(skipSpecial: Bool) throws {
        for tokenizer in try tokenizers() {
            var generator = SplitMix64(seed: Self.seed)
            let ids = (-2)..<TokenID(tokenizer.vocabularySize + 2)
            for round in 0..<1000 {
                let tokens = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                    // Half of them single bytes, whose ids are low in all fixtures.
                    Bool.random(using: &generator)
                        ? TokenID.random(in: ids, using: &generator) : TokenID.random(in: 0..<260, using: &generator)
                }
                var detokenizer = IncrementalDetokenizer(tokenizer: tokenizer, skipSpecial: skipSpecial)
                let text = tokens.map { detokenizer.push($0) }.joined() + detokenizer.flush()
                let whole = tokenizer.decode(tokens, skipSpecial: skipSpecial)
                #expect(text.utf8.elementsEqual(whole.utf8), "seed \(Self.seed), round \(round)")
            }
        }
    }

    @Test func textThatContinuesKeepsItsSpace() throws {
        let metadata = try GGUFFixture.sentencePiece().sentencePieceMetadata(addsSpacePrefix: true)
        let tokenizer = try Tokenizer(metadata: metadata, source: "fixture")
        let token = try #require(tokenizer.id(of: "▁the"))
        var fresh = IncrementalDetokenizer(tokenizer: tokenizer)
        var continuing = IncrementalDetokenizer(tokenizer: tokenizer, continuesText: true)
        #expect(fresh.push(token) == "the" && fresh.push(token) == " the")
        #expect(continuing.push(token) == " the")
    }

    private func tokenizers() throws -> [Tokenizer] {
        let byteLevel = try GGUFFixture.byteLevel().byteLevelMetadata(pre: "qwen2")
        let sentencePiece = try GGUFFixture.sentencePiece().sentencePieceMetadata(addsSpacePrefix: true)
        return [
            try Tokenizer(metadata: byteLevel, source: "byte-level"),
            try Tokenizer(metadata: sentencePiece, source: "SentencePiece"),
        ]
    }
}
