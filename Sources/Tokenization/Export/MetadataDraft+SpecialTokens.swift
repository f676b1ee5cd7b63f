import Checkpoints
import Foundation

/// The tokens with a role, and whether they are added to a text.
extension MetadataDraft {
    /// Adds the ids of begin, end, unknown and padding token, and whether the first two go around a text. Tokens that
    /// the tokenizer's files do not name are taken from `config.json`.
    mutating func addSpecialTokens(of description: VocabularyDescription, _ folder: HuggingFaceFolder) throws {
        let ids: [(role: String, id: TokenID?)] = [
            ("bos", description.beginOfText), ("eos", description.endOfText), ("unknown", description.unknown),
            ("padding", try description.paddingToken(folder.tokenizerConfig)),
        ]
        let members = ["bos": "bos_token_id", "eos": "eos_token_id", "padding": "pad_token_id"]
        for (role, id) in ids {
            let fallback = members[role].flatMap { folder.config[$0]?.intValue }.flatMap { TokenID(exactly: $0) }
            guard let id = id ?? fallback, description.pieces.indices.contains(Int(id)) else { continue }
            add("tokenizer.ggml.\(role)_token_id", .uint(UInt64(id)))
        }
        try addAffixes(of: description)
    }

    private mutating func addAffixes(of description: VocabularyDescription) throws(TokenizerError) {
        let roles = [
            ("bos", "before", description.prefix, description.beginOfText),
            ("eos", "after", description.suffix, description.endOfText),
        ]
        for (role, place, tokens, token) in roles {
            guard tokens.isEmpty || tokens == [token] else {
                let pieces = tokens.map { description.pieces[Int($0)] }.joined(separator: " ")
                throw TokenizerError(
                    source: description.source, item: "post_processor",
                    reason: "puts \(pieces) \(place) a text; GGUF has room for the \(role) token only")
            }
            add("tokenizer.ggml.add_\(role)_token", .bool(!tokens.isEmpty))
        }
    }
}

extension VocabularyDescription {
    /// The token that `pad_token` of `tokenizer_config.json` names.
    fileprivate func paddingToken(_ config: Data?) throws(TokenizerError) -> TokenID? {
        guard let config else { return nil }
        let member = try JSONTree.parse(Array(config), source: source + " (tokenizer_config.json)")["pad_token"]
        guard let spelling = member?.string ?? member?["content"]?.string else { return nil }
        return pieces.firstIndex { $0.utf8.elementsEqual(spelling.utf8) }.map { TokenID($0) }
    }
}
