import Checkpoints
import Foundation

/// The tokenizer of a Hugging Face folder as GGUF metadata.
///
/// Keys and conventions are those of the GGUF specification and of llama.cpp, which reads the same tokens from them.
/// What a folder asks for and these keys cannot say is written under keys of this program's own
/// (`guildhall.tokenizer.…`, see `OwnTokenizerKey`): llama.cpp passes them over, as its own converter does with what
/// they hold. A vocabulary whose pieces or words would come out differently is refused.
public enum TokenizerExport {
    /// The metadata in the order in which to write it. A folder without tokenizer gets the vocabulary type `no_vocab`,
    /// which llama.cpp loads if the file also has the key `<architecture>.vocab_size`.
    ///
    /// Throws `CheckpointError` for files of the folder that cannot be read, and `TokenizerError` where the tokenizer
    /// is not supported or is not expressible; the error names what is not.
    public static func metadata(of folder: HuggingFaceFolder) throws -> [(key: String, value: MetadataValue)] {
        let files = TokenizerFolder(path: folder.path)
        guard !files.isEmpty else { return [("tokenizer.ggml.model", .string("no_vocab"))] }
        let original = try files.description()
        try original.checkLimits()
        let description = try original.writableForm()

        var draft = MetadataDraft()
        try add(description, family: folder.config["model_type"]?.stringValue, to: &draft)
        try draft.addPieces(of: description)
        try draft.addSpecialTokens(of: description, folder)
        draft.add("tokenizer.chat_template", try folder.chatTemplate.map { .string($0) })
        try draft.addOwnKeys(of: description)
        try ExportCheck(description).check(draft)
        return draft.pairs
    }

    /// The keys of the algorithm: its type and its rules.
    private static func add(
        _ description: VocabularyDescription, family: String?, to draft: inout MetadataDraft
    ) throws(TokenizerError) {
        switch description.algorithm {
        case .byteLevel(let rules):
            let name = try PreTokenizerName.name(of: rules, in: description, family: family)
            draft.add("tokenizer.ggml.model", .string("gpt2"))
            draft.add("tokenizer.ggml.pre", .string(name))
            draft.add("tokenizer.ggml.merges", .array(.strings(rules.merges.map(\.text))))
            if PreTokenizer.ignoringMerges.contains(name) != rules.ignoresMerges {
                draft.add(OwnTokenizerKey.ignoresMerges, .bool(rules.ignoresMerges))
            }
        case .sentencePiece(let rules):
            let merging = try MergeScores(rules, of: description)
            draft.add("tokenizer.ggml.model", .string("llama"))
            draft.add("tokenizer.ggml.pre", .string("default"))
            draft.add("tokenizer.ggml.scores", .array(.floats(merging.scores.map { Double($0) })))
            draft.add("tokenizer.ggml.add_space_prefix", .bool(rules.spacePrefix != .none))
            draft.addIDs(OwnTokenizerKey.unmadePieces, merging.unmade)
        case .composed(let rules): try draft.addUnigram(rules, of: description)
        }
    }
}

extension TokenizerFolder {
    /// Whether none of the files is there.
    fileprivate var isEmpty: Bool {
        let names = [
            "tokenizer.json", "tokenizer.model", "spiece.model", "tiktoken.model", "qwen.tiktoken", "vocab.json",
        ]
        return !names.contains { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
    }
}

/// Metadata in the making.
struct MetadataDraft {
    private(set) var pairs: [(key: String, value: MetadataValue)] = []

    /// Adds a pair if there is a value.
    mutating func add(_ key: String, _ value: MetadataValue?) {
        if let value { pairs.append((key, value)) }
    }
}
