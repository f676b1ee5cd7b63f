import Checkpoints
import Foundation

/// The tokenizer files of a Hugging Face folder: `tokenizer.json`, or else those that its slow tokenizers read.
struct TokenizerFolder {
    let path: String
    private static let largestFile = 256 << 20

    func description() throws -> VocabularyDescription {
        let config = try data("tokenizer_config.json")
        if let json = try data("tokenizer.json") {
            return try VocabularyDescription(tokenizerJSON: json, config: config, source: "\(path)/tokenizer.json")
        }
        for name in ["tokenizer.model", "spiece.model", "tiktoken.model", "qwen.tiktoken"] {
            guard let data = try data(name) else { continue }
            let source = "\(path)/\(name)"
            // A rank file is text; a SentencePiece model begins with the key of its first piece.
            if data.first == 0x0A {
                return try VocabularyDescription(sentencePieceModel: data, config: config, source: source)
            }
            return try VocabularyDescription(
                ranks: data, modelType: try modelType(), config: config, source: source)
        }
        if let vocabulary = try data("vocab.json"), let merges = try data("merges.txt") {
            return try VocabularyDescription(
                vocabulary: vocabulary, merges: merges, modelType: try modelType(), config: config,
                source: "\(path)/vocab.json")
        }
        throw CheckpointError(
            file: path, reason: "has no tokenizer.json, tokenizer.model, rank file, or vocab.json with merges.txt")
    }

    /// What `config.json` calls the architecture: these files do not say how text is cut into words.
    private func modelType() throws -> String {
        guard let config = try data("config.json") else { return "" }
        return try JSONTree.parse(Array(config), source: "\(path)/config.json")["model_type"]?.string ?? ""
    }

    private func data(_ name: String) throws -> Data? {
        let file = "\(path)/\(name)"
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        let attributes = try FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: file).resolvingSymlinksInPath().path)
        guard attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? Int,
            size <= Self.largestFile
        else { throw CheckpointError(file: file, reason: "is not a regular file of at most \(Self.largestFile) bytes") }
        return try Data(contentsOf: URL(fileURLWithPath: file))
    }
}

extension PreTokenizer {
    static let kimi: PreTokenizer? = {
        let head = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"#
        let tail = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"#
        let first = #"[^\r\n\p{L}\p{N}]?"#
        let end = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        let rest = #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        let words = first + head + "*" + tail + "+" + end + "|" + first + head + "+" + tail + "*" + end
        return (try? ExpressionPattern(#"[\p{Han}]+|"# + words + "|" + rest)).map { PreTokenizer(patterns: [$0]) }
    }()

    /// How the architecture's own tokenizer cuts text into words; nil for those that are not known.
    static func ofArchitecture(_ modelType: String) -> PreTokenizer? {
        switch modelType {
        case "kimi_k2", "kimi_linear", "kimi_vl", "deepseek_v3": kimi
        case "llama4", "llama4_text", "gpt_oss": gpt4o
        case "llama": llama3
        case "qwen", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe": qwen2
        case "gpt2", "gpt_neox", "olmo", "olmoe": gpt2
        case "granite", "granitemoe", "granitemoeshared", "gpt_bigcode", "starcoder2": starCoder
        default: nil
        }
    }
}
