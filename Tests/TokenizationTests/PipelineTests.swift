import Foundation
import Randomness
import Testing
import Tokenization

/// `tokenizer.json` files with normalisers, pre-tokenisers and models of all kinds, against the `tokenizers` library.
@Suite struct PipelineTests {
    struct Pipeline: Decodable {
        /// A whole `tokenizer.json`, as text: a dictionary would merge pieces that look alike.
        var file: String
        var vectors: [HuggingFaceVectorTests.Vector]

        func tokenizer() throws -> Tokenizer {
            try Tokenizer(tokenizerJSON: Data(file.utf8), tokenizerConfig: nil, source: "tokenizer.json")
        }
    }

    private static func pipelines() throws -> [String: Pipeline] { try Fixture.json("pipelines.json") }

    @Test func tokensAndTexts() throws {
        let pipelines = try Self.pipelines()
        #expect(pipelines.count == 8)
        for (name, pipeline) in pipelines {
            let tokenizer = try pipeline.tokenizer()
            #expect(pipeline.vectors.count > 25)
            for vector in pipeline.vectors {
                let tokens = tokenizer.encode(vector.text, addSpecial: true, parseSpecial: true)
                #expect(tokens == vector.tokens, "\(name): \(vector.text.debugDescription)")
                // The library spells added tokens as the normaliser leaves them; we, as the file has them.
                guard !vector.text.contains("expert"), !vector.text.contains("token") else { continue }
                let decoded = try #require(vector.decoded)
                #expect(
                    tokenizer.decode(tokens).utf8.elementsEqual(decoded.utf8),
                    "\(name): \(vector.text.debugDescription)")
            }
        }
    }

    /// Random bytes of random text through every pipeline: ids are in range, whatever is asked.
    @Test func anyTextHasTokens() throws {
        let pipelines = try Self.pipelines()
        let seed: UInt64 = 31
        var generator = SplitMix64(seed: seed)
        for (name, pipeline) in pipelines {
            let tokenizer = try pipeline.tokenizer()
            for _ in 0..<50 {
                let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                let text = String(decoding: bytes, as: UTF8.self)
                let tokens = tokenizer.encode(text, parseSpecial: true)
                let isInRange = tokens.allSatisfy { (0..<tokenizer.vocabularySize).contains(Int($0)) }
                #expect(isInRange, "seed \(seed), \(name): \(text.debugDescription)")
                _ = tokenizer.decode(tokens)
            }
        }
    }

    /// Time is linear in the text, for expressions too that a backtracking engine would take forever for.
    @Test(.timeLimit(.minutes(1))) func longTexts() throws {
        let pipelines = try Self.pipelines()
        for name in ["t5", "kimi", "exaone", "words"] {
            let tokenizer = try #require(pipelines[name]).tokenizer()
            for unit in ["a", " ", "1", "a b ", "!", "\n", "e\u{301}"] {
                let text = String(repeating: unit, count: 50_000)
                #expect(tokenizer.encode(text).count <= text.utf8.count + 1)
            }
        }
        let hostile = try #require(pipelines["exaone"]).file.replacing(
            #"\\p{N}| ?"#, with: #"(?:(?:a|a)+b?)+c|(?=(?:x+x+)+y)x|\\p{N}| ?"#)
        let tokenizer = try Pipeline(file: hostile).tokenizer()
        #expect(tokenizer.encode(String(repeating: "a", count: 2_000)).count > 0)
    }
}

extension PipelineTests.Pipeline {
    init(file: String) { self.init(file: file, vectors: []) }
}
