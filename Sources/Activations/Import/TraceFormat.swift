/// What other programs tell about routed experts, as `TraceImport` reads it. docs/traces.md has the details.
public enum TraceFormat: String, Sendable, CaseIterable {
    /// Answers of vLLM, also through Dynamo, with `routed_experts`.
    case vllm
    /// Answers of SGLang with `routed_experts`.
    case sglang
    /// Files of SGLang's expert distribution recorder.
    case sglangRecorder = "sglang-recorder"
    /// Folder of TensorRT-LLM's expert statistics: counts.
    case tensorRTLLM = "tensorrt-llm"
    /// The compact layout.
    case compact
    /// A request a line.
    case jsonl
}

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

/// What an import came to.
public struct ImportSummary: Sendable, Equatable {
    public var requests = 0
    public var tokens = 0
    /// Present if the source had counts only: they are in `counts.json`.
    public var counts: ExpertCounts?
    /// What was passed over.
    public var damages: [TraceDamage] = []
}
