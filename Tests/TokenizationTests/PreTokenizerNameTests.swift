import Checkpoints
import Foundation
import Testing
import Tokenization

/// Which name a folder's pre-tokeniser gets in GGUF.
@Suite struct PreTokenizerNameTests {
    private static var digits: [String: Any] { ["type": "Digits", "individual_digits": true] }
    private static let llama3 =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let qwen2 = llama3.replacingOccurrences(of: "{1,3}", with: "")

    private func name(
        _ preTokenizer: [[String: Any]], merges: [String] = [], family: String = "", ignoringMerges: Bool = false
    ) throws -> String? {
        let pieces = merges.map { $0.replacingOccurrences(of: " ", with: "") }
        let folder = try ExportFolder(
            pieces: pieces, merges: merges, preTokenizer: preTokenizer, config: #"{"model_type": "\#(family)"}"#
        ) { file in
            var model = file["model"] as? [String: Any] ?? [:]
            model["ignore_merges"] = ignoringMerges
            file["model"] = model
        }
        return try folder.metadata()["tokenizer.ggml.pre"]?.stringValue
    }

    @Test func theFamilysNameOrTheMostCommonOne() throws {
        #expect(try name([ExportFolder.byteLevelSplit]) == "gpt-2")
        #expect(try name([ExportFolder.byteLevelSplit], family: "olmoe") == "olmo")
        #expect(try name([Self.digits, ExportFolder.byteLevelSplit], family: "granitemoe") == "refact")
        #expect(try name([Self.digits, ExportFolder.byteLevelSplit], family: "qwen3_moe") == "starcoder")
        let qwen2 = [ExportFolder.split(Self.qwen2), ExportFolder.bytesOnly]
        #expect(try name(qwen2, merges: ["1 2"], family: "qwen3_moe") == "qwen2")
    }

    /// Without merges across digits it makes no difference how many of them are a word.
    @Test func digitLimitsCountWhereDigitsMerge() throws {
        let three = [ExportFolder.split(Self.llama3), ExportFolder.bytesOnly]
        #expect(try name(three, family: "qwen3_moe") == "qwen2")
        #expect(try name(three, merges: ["1 2"], family: "qwen3_moe") == "llama-bpe")
        // `²` is a number too: C2 B2, here merged after a digit.
        #expect(try name(three, merges: ["2 Â"], family: "qwen3_moe") == "llama-bpe")
        #expect(try name(three, merges: ["a Â", "1 a"], family: "qwen3_moe") == "qwen2")
    }

    /// Llama 3's name says that words which are pieces stay whole; without pieces that merges miss, that says nothing.
    @Test func ignoredMergesCountWhereMergesMissPieces() throws {
        let three = [ExportFolder.split(Self.llama3), ExportFolder.bytesOnly]
        let missed = ["1 2", "a b", "b c", "ab c", "bc d", "a bcd"]
        #expect(try name(three, merges: ["1 2"], ignoringMerges: true) == "llama-bpe")
        #expect(try name(three, merges: missed, ignoringMerges: true) == "llama-bpe")
        #expect(try name(three, merges: ["1 2"], family: "glm4_moe", ignoringMerges: false) == "glm4")
        #expect(try name(three, merges: missed, family: "glm4_moe", ignoringMerges: false) == "dbrx")
    }

    /// No name stands for GPT-2's words with merges ignored: our own key does, and what is read back ignores them.
    @Test func ignoredMergesWithoutAName() throws {
        let merges = ["a b", "b c", "ab c", "bc d", "a bcd"]
        let folder = try ExportFolder(pieces: ["ab", "bc", "abc", "bcd", "abcd"], merges: merges) { file in
            var model = file["model"] as? [String: Any] ?? [:]
            model["ignore_merges"] = true
            file["model"] = model
        }
        let exported = try folder.exported()
        #expect(exported.encode("abcd") == [exported.id(of: "abcd")])
        #expect(try folder.metadata()["tokenizer.ggml.pre"] == .string("gpt-2"))
    }

    @Test func wordsThatNoNameStandsForAreRefused() throws {
        let odd = [ExportFolder.split(#"\p{N}+"#), ExportFolder.byteLevelSplit]
        #expect(try name(odd) == "starcoder")
        let error = #expect(throws: TokenizerError.self) { try name(odd, merges: ["1 2"]) }
        #expect(error?.item == "pre_tokenizer" && error?.reason.contains("RunPattern") == true)
    }
}
