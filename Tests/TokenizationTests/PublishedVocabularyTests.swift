import Checkpoints
import Foundation
import Testing
import Tokenization

/// Published vocabularies with llama.cpp's own vectors, where they are at hand.
@Suite struct PublishedVocabularyTests {
    static let folder: URL = {
        if let shared = ProcessInfo.processInfo.environment["GUILDHALL_SHARED"] {
            return URL(fileURLWithPath: shared).appendingPathComponent("tokenizers")
        }
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return tests.appendingPathComponent("../../shared/tokenizers").standardized
    }()

    static let isPresent = FileManager.default.fileExists(atPath: folder.path)

    /// A `.inp` file has texts with a marker line between, the `.out` file their tokens, one text a line.
    static func vectors(_ path: String) throws -> [(text: String, tokens: [TokenID])] {
        let texts = try String(contentsOfFile: path + ".inp", encoding: .utf8)
            .components(separatedBy: "\n__ggml_vocab_test__\n")
        let lines = try String(contentsOfFile: path + ".out", encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(texts.count > 40 && lines.count >= texts.count)
        return zip(texts, lines).map { ($0, $1.split(separator: " ").compactMap { TokenID($0) }) }
    }

    @Test(.enabled(if: isPresent), arguments: ["gpt-2", "qwen2", "llama-bpe", "deepseek-llm", "llama-spm", "phi-3"])
    func vectors(name: String) throws {
        let path = Self.folder.appendingPathComponent("ggml-vocab-\(name).gguf").path
        let tokenizer = try Tokenizer(path: path)
        for (text, expected) in try Self.vectors(path) {
            let tokens = tokenizer.encode(text)
            #expect(tokens == expected, "\(text.debugDescription)")
            #expect(tokenizer.decode(tokens).utf8.elementsEqual(text.utf8), "\(text.debugDescription)")
        }
    }

    @Test(.enabled(if: isPresent)) func endOfGeneration() throws {
        let ends = ["gpt-2": ["<|endoftext|>"], "llama-bpe": ["<|end_of_text|>", "<|eot_id|>"]]
        for (name, pieces) in ends {
            let tokenizer = try Tokenizer(path: Self.folder.appendingPathComponent("ggml-vocab-\(name).gguf").path)
            #expect(tokenizer.endOfGeneration == Set(pieces.compactMap { tokenizer.id(of: $0) }), "\(name)")
        }
    }
}
