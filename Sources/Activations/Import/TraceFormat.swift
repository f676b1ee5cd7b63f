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

/// What an import came to.
public struct ImportSummary: Sendable, Equatable {
    public var requests = 0
    public var tokens = 0
    /// Present if the source had counts only: they are in `counts.json`.
    public var counts: ExpertCounts?
    /// What was passed over.
    public var damages: [TraceDamage] = []
}
