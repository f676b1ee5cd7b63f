import Randomness
import Testing
import Tokenization

/// Words of pre-tokenisers against the regular expressions they stand for, as the `tokenizers` library runs them.
@Suite struct SplitTests {
    /// `[text, lengths of the words in UTF-8 bytes]`.
    struct Vector: Decodable {
        var text: String
        var lengths: [Int]

        init(from decoder: any Decoder) throws {
            var elements = try decoder.unkeyedContainer()
            text = try elements.decode(String.self)
            lengths = try elements.decode([Int].self)
        }
    }

    /// One name of each pre-tokeniser.
    static let different = [
        "gpt-2", "llama-bpe", "qwen2", "qwen35", "gpt-4o", "tekken", "starcoder", "falcon", "default", "deepseek-llm",
        "deepseek-coder", "deepseek-v3",
    ]

    @Test(arguments: different) func wordsAreThoseOfTheExpressions(name: String) throws {
        let preTokenizer = try #require(PreTokenizer.named(name))
        let vectors = try #require(try Fixture.json("split-vectors.json", as: [String: [Vector]].self)[name])
        #expect(vectors.count > 100)
        for vector in vectors {
            let lengths = preTokenizer.words(of: vector.text).map(\.utf8.count)
            #expect(lengths == vector.lengths, "\(name): \(vector.text.debugDescription)")
        }
    }

    @Test(arguments: PreTokenizer.names) func wordsCoverTheText(name: String) throws {
        let preTokenizer = try #require(PreTokenizer.named(name))
        var generator = SplitMix64(seed: 1)
        for round in 0..<200 {
            let text = randomText(using: &generator)
            let words = preTokenizer.words(of: text)
            #expect(words.joined().utf8.elementsEqual(text.utf8), "seed 1, round \(round)")
            #expect(!words.contains(""), "seed 1, round \(round)")
        }
    }

    /// Each text would take minutes if a pattern looked at it from every position to the end.
    @Test(.timeLimit(.minutes(1)), arguments: different) func longRunsTakeLinearTime(name: String) throws {
        let preTokenizer = try #require(PreTokenizer.named(name))
        for part in ["a", "A", " ", " x", "\n", "\t\r\n ", "1", "!", "'", "中", "\u{301}", "\0", "A\u{301}"] {
            let text = String(repeating: part, count: 200_000)
            #expect(preTokenizer.words(of: text).reduce(0) { $0 + $1.utf8.count } == text.utf8.count)
        }
        let gap = String(repeating: " ", count: 200_000)
        #expect(preTokenizer.words(of: gap + "x" + gap + "1").reduce(0) { $0 + $1.utf8.count } == 400_002)
    }
}
