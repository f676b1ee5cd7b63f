extension Tokenizer {
    /// The tokens of `text`.
    ///
    /// - Parameters:
    ///   - addSpecial: puts the vocabulary's begin and end tokens around the text, where it asks for them.
    ///   - parseSpecial: text that spells a special token becomes that token. Leave it off for text from users, who
    ///     could otherwise forge turns of a conversation. User-defined tokens are found either way.
    public func encode(_ text: String, addSpecial: Bool = false, parseSpecial: Bool = false) -> [TokenID] {
        var output = addSpecial ? prefix : []
        let text = ScannedText(Array(text.utf8))
        output.reserveCapacity(output.count + text.bytes.count / 3 + suffix.count)
        var merger = WordMerger(table: encoder.table)
        let stage = matchers.stage(parseSpecial: parseSpecial)
        stage.raw.forEachSegment(in: text, range: 0..<text.bytes.count) { segment in
            switch segment {
            case .token(let token): output.append(token)
            case .text(let range): encode(text, range, finding: stage.normalized, with: &merger, into: &output)
            }
        }
        if addSpecial { output += suffix }
        return output
    }

    private func encode(
        _ text: ScannedText, _ range: Range<Int>, finding added: AddedTokenMatcher, with merger: inout WordMerger,
        into output: inout [TokenID]
    ) {
        var (text, range) = (text, range)
        if let normalized = normalizer.applied(to: text.bytes[range]) {
            text = ScannedText(normalized, startsText: range.lowerBound == 0)
            range = 0..<normalized.count
        }
        added.forEachSegment(in: text, range: range) { segment in
            switch segment {
            case .token(let token): output.append(token)
            case .text(let range): encoder.encode(text, range, with: &merger, into: &output)
            }
        }
    }
}
