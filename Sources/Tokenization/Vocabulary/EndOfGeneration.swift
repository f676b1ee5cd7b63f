/// Tokens at which generation stops, found by name: few files list them all. The names are those llama.cpp knows.
enum EndOfGeneration {
    private static let names: Set<String> = [
        "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
        "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
        "<end_of_utterance>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[",
        // Infilling: padding and the start of the next file or repository end the text between.
        "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>",
        "<REPO>", "<reponame>", "<|file_sep|>",
    ]

    /// The tokens among `pieces` whose names say that generation ends.
    static func named(in pieces: [String]) -> Set<TokenID> {
        var found: [String: TokenID] = [:]
        for (id, piece) in pieces.enumerated() where couldBeName(piece) && names.contains(piece) {
            if found[piece] == nil { found[piece] = TokenID(id) }
        }
        // In the harmony format `<|end|>` ends one message of several, in Gemma 4 `</s>` is text.
        if found["<|end|>"] != nil, endsMessagesOnly(found) { found["<|end|>"] = nil }
        if found["<|tool_response>"] != nil { found["</s>"] = nil }
        return Set(found.values)
    }

    private static func endsMessagesOnly(_ found: [String: TokenID]) -> Bool {
        let calls = found["<|call|>"] != nil || found["<|calls|>"] != nil
        return calls && (found["<|return|>"] != nil || found["<|flush|>"] != nil)
    }

    /// Spares most pieces of a large vocabulary the search.
    private static func couldBeName(_ piece: String) -> Bool {
        guard let first = piece.utf8.first else { return false }
        return first == UInt8(ascii: "<") || first == UInt8(ascii: "[") || first == UInt8(ascii: "_")
    }
}
