import Checkpoints
import Foundation
import Testing
import Tokenization

/// Published vocabularies as Hugging Face folders, exported, with llama.cpp's vectors.
@Suite struct PublishedExportTests {
    private static let words =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}LIMIT| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    /// What stands in `tokenizer.json` beside the vocabulary.
    private static func pipeline(_ name: String) -> String {
        func split(_ limit: String) -> String {
            let expression = words.replacingOccurrences(of: "LIMIT", with: limit)
                .replacingOccurrences(of: #"\"#, with: #"\\"#)
            return #""pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "behavior": "Isolated","#
                + #" "pattern": {"Regex": "\#(expression)"}},"#
                + #" {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}"#
        }
        return switch name {
        case "qwen2": split("")
        case "llama-bpe": split("{1,3}")
        case "gpt-2": #""pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}"#
        default:
            #""normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},"#
                + #" {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}"#
        }
    }

    @Test(
        .enabled(if: PublishedVocabularyTests.isPresent),
        arguments: ["gpt-2", "qwen2", "llama-bpe", "llama-spm", "phi-3"])
    func vectors(name: String) throws {
        let path = PublishedVocabularyTests.folder.appendingPathComponent("ggml-vocab-\(name).gguf").path
        let folder = try ExportFolder(tokenizer: Data(tokenizerJSON(GGUFFile(path: path), name).utf8))
        let exported = try folder.exported()
        for (text, tokens) in try PublishedVocabularyTests.vectors(path) {
            #expect(exported.encode(text) == tokens, "\(name): \(text.debugDescription)")
        }
    }

    private func tokenizerJSON(_ file: GGUFFile, _ name: String) throws -> String {
        let pieces = try #require(file.metadata["tokenizer.ggml.tokens"]?.arrayValue?.strings)
        let kinds = try #require(file.metadata["tokenizer.ggml.token_type"]?.arrayValue?.ints)
        let merges =
            try file.metadata["tokenizer.ggml.merges"]?.arrayValue?.strings
            ?? derivedMerges(pieces, try #require(file.metadata["tokenizer.ggml.scores"]?.arrayValue?.floats), kinds)
        let plain = pieces.indices.filter { [1, 2, 6].contains(kinds[$0]) }
        let added = pieces.indices.filter { [2, 3, 4].contains(kinds[$0]) }
        let encoder = JSONEncoder()
        func quoted(_ text: String) throws -> String { String(decoding: try encoder.encode(text), as: UTF8.self) }
        let vocabulary = try plain.map { "\(try quoted(pieces[$0])): \($0)" }.joined(separator: ",")
        let tokens = try added.map { id in
            #"{"id": \#(id), "content": \#(try quoted(pieces[id])), "special": \#(kinds[id] != 4)}"#
        }.joined(separator: ",")
        let list = String(decoding: try encoder.encode(merges), as: UTF8.self)
        return #"{"added_tokens": [\#(tokens)], \#(Self.pipeline(name)), "model": {"type": "BPE","#
            + #" "byte_fallback": \#(kinds.contains(6)), "ignore_merges": \#(name == "llama-bpe"),"#
            + #" "vocab": {\#(vocabulary)}, "merges": \#(list)}}"#
    }

    /// Every way to make a piece of two others, best score first, as Hugging Face converts SentencePiece models.
    private func derivedMerges(_ pieces: [String], _ scores: [Double], _ kinds: [Int64]) -> [String] {
        let spellings = Set(pieces.indices.filter { kinds[$0] == 1 }.map { Array(pieces[$0].utf8) })
        let order = pieces.indices.filter { kinds[$0] == 1 }.sorted { (scores[$0], $1) > (scores[$1], $0) }
        return order.flatMap { id in
            pieces[id].unicodeScalars.indices.dropFirst().compactMap { cut in
                let (left, right) = (pieces[id][..<cut], pieces[id][cut...])
                guard spellings.contains(Array(left.utf8)), spellings.contains(Array(right.utf8)) else { return nil }
                return "\(left) \(right)"
            }
        }
    }
}
