/// What the files of other programs do not tell.
public struct ImportOptions: Sendable {
    /// Experts of a layer; nil: one more than the largest id.
    public var expertCount: Int?
    /// Transformer blocks of the MoE layers; nil: counted from 0, or those that are not left empty.
    public var blocks: [Int]?
    /// All Transformer blocks, dense ones included, and experts a token uses: the shape of SGLang's bare arrays.
    public var hiddenLayers: Int?
    public var topK: Int?
    /// Leave out the prompt's rows, which are not valid where prefill ran on another machine.
    public var skipsPrefill = false
    /// Name of the model.
    public var model: String?

    public init() {}
}

extension ImportOptions {
    /// Throws if what was told besides contradicts the shape that the source itself tells.
    func check(_ shape: TraceShape, file: String) throws(TraceError) {
        try check("--experts", expertCount, shape.expertCount, file)
        try check("--top-k", topK, shape.topK, file)
        try check("--blocks", blocks, shape.blocks, file)
    }

    /// Throws if what was told besides contradicts counts, or means nothing where there are no tokens.
    func check(_ counts: ExpertCounts, file: String) throws(TraceError) {
        try check("--experts", expertCount, counts.expertCount, file)
        if let known = counts.topK { try check("--top-k", topK, known, file) }
        try check("--blocks", blocks, counts.blocks, file)
        if skipsPrefill {
            throw TraceError(file: file, item: "--decode-only", reason: "counts do not tell prompts from answers")
        }
    }

    /// Throws if all blocks were told and there are none but those with experts.
    func checkHasNoHiddenLayers(_ format: TraceFormat, file: String) throws(TraceError) {
        guard hiddenLayers != nil else { return }
        throw TraceError(
            file: file, item: "--hidden-layers", reason: "says nothing about \(format.rawValue), which tells its layers"
        )
    }

    private func check<Value: Equatable>(
        _ option: String, _ asked: Value?, _ told: Value, _ file: String
    ) throws(TraceError) {
        guard let asked, asked != told else { return }
        throw TraceError(file: file, item: option, reason: "is \(asked), but the source itself says \(told)")
    }
}
