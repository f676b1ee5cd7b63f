/// How a stretch of text, free of added tokens, becomes tokens: one conformance for each family of vocabularies.
///
/// Encoders are objects because a text may consist of many stretches, and copying a reference is cheap.
protocol StretchEncoder: AnyObject, Sendable {
    var vocabulary: Vocabulary { get }
    /// The merges that the merger passed to `encode` must apply.
    var table: MergeTable { get }

    /// Appends the tokens of `range`, which is not empty, to `output`.
    func encode(_ text: ScannedText, _ range: Range<Int>, with merger: inout WordMerger, into output: inout [TokenID])
}
