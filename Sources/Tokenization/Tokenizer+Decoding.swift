extension Tokenizer {
    /// The text of `ids`. Ids outside the vocabulary have none; bytes that are not UTF-8 become U+FFFD. Where a
    /// vocabulary puts a space in front of text, one space at the start is dropped again.
    ///
    /// - Parameter skipSpecial: leaves special tokens out; otherwise they are spelt.
    public func decode(_ ids: [TokenID], skipSpecial: Bool = false) -> String {
        var detokenizer = IncrementalDetokenizer(tokenizer: self, skipSpecial: skipSpecial)
        var bytes: [UInt8] = []
        for id in ids { bytes += detokenizer.bytes(of: id) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
