import Checkpoints
import Foundation

extension TraceIndex {
    /// The JSON of `trace.json`, keys in alphabetical order.
    private struct Form: Encodable {
        let format = TraceIndex.format
        let version = TraceIndex.version
        let model: String?
        let source: String?
        let started: Double?
        let blocks: [Int]
        let expert_count: Int
        let top_k: Int
        let dropped_requests: Int
        let segments: [SegmentForm]
    }

    private struct SegmentForm: Encodable {
        let file: String
        let requests: Int
        let tokens: Int
        let bytes: Int
    }

    private var form: Form {
        Form(
            model: description.model, source: description.source, started: description.started.flatMap(finite),
            blocks: shape.blocks, expert_count: shape.expertCount, top_k: shape.topK,
            dropped_requests: droppedRequests,
            segments: segments.map {
                SegmentForm(file: $0.file, requests: $0.requests, tokens: $0.tokens, bytes: $0.bytes)
            })
    }

    /// Replaces the index in `folder` in one step, so that readers see the old one or the new one. Returns its bytes.
    @discardableResult func write(folder: String) throws(TraceError) -> Int {
        let path = folder + "/" + Self.fileName
        let text = try jsonBytes(form, file: path)
        try writeWhole(text, to: path)
        return text.count
    }
}

/// Writes a file that appears at `path` when it is complete.
func writeWhole(_ bytes: [UInt8], to path: String) throws(TraceError) {
    var output = try CheckpointOutput(path: path)
    try output.write(bytes)
    try output.commit()
}

/// `value` as JSON text, keys sorted.
func jsonBytes(_ value: some Encodable, file: String) throws(TraceError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return [UInt8](try encoder.encode(value)) } catch { throw TraceError(file: file, reason: "\(error)") }
}

/// JSON has no infinities.
func finite(_ number: Double) -> Double? { number.isFinite ? number : nil }
