import ChatTemplates
import Checkpoints
import Foundation
import Tokenization

/// The chat template of a checkpoint with the special tokens it spells out, as transformers and llama.cpp find them.
/// Needs neither weights nor a tokenizer.
public struct PromptTemplate: Sendable {
    /// Jinja source.
    public var source: String
    /// The template for conversations with tools, where the checkpoint has one of its own.
    public var toolUse: String?
    /// `bos_token`, `eos_token`, `pad_token`, … by the name templates use.
    public var specialTokens: [String: String] = [:]

    /// A template on its own.
    public init(source: String) { self.source = source }

    /// The template of the GGUF file or Hugging Face folder at `path`.
    ///
    /// - Throws: `PromptError.noChatTemplate` where there is none; `CheckpointError` for files that cannot be read.
    public init(checkpoint path: String) throws {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if isFolder.boolValue {
            try self.init(folder: path)
        } else {
            try self.init(metadata: GGUFFile(path: path).metadata)
        }
    }

    /// The prompt of `conversation` at the time `now`.
    ///
    /// - Throws: `ChatTemplateError`.
    public func render(
        _ conversation: Conversation, now: WallTime? = nil, limits: ChatTemplate.Limits = ChatTemplate.Limits()
    ) throws(ChatTemplateError) -> String {
        let source = conversation.hasTools ? toolUse ?? source : source
        let template = try ChatTemplate(source: source, limits: limits)
        return try template.render(
            conversation.context(
                specialTokens: specialTokens, now: now?.date ?? Date(), timeZone: now?.timeZone ?? .current))
    }
}

/// Templates in GGUF metadata.
extension PromptTemplate {
    private static let keys = [
        "bos": "bos_token", "eos": "eos_token", "unknown": "unk_token", "seperator": "sep_token",
        "padding": "pad_token", "cls": "cls_token", "mask": "mask_token",
    ]

    init(metadata: [String: MetadataValue]) throws(PromptError) {
        guard case .string(let source) = metadata["tokenizer.chat_template"] else { throw .noChatTemplate }
        self.init(source: source)
        if case .string(let other) = metadata["tokenizer.chat_template.tool_use"] { toolUse = other }
        guard case .array(let array) = metadata["tokenizer.ggml.tokens"], let pieces = array.strings else { return }
        for (key, name) in Self.keys {
            let id: Int? =
                switch metadata["tokenizer.ggml.\(key)_token_id"] {
                case .uint(let id): Int(exactly: id)
                case .int(let id): Int(exactly: id)
                default: nil
                }
            if let id, pieces.indices.contains(id) { specialTokens[name] = pieces[id] }
        }
    }
}
