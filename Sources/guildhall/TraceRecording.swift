import Activations
import Foundation
import Inference
import Models

extension RecordingOptions {
    /// A recorder that writes to `folder` what a model does.
    func recorder(
        folder: String, model: LoadedModel, source: String, onFailure: (@Sendable (TraceError) -> Void)? = nil
    ) throws -> TraceRecorder {
        let outline = model.model.outline
        guard !outline.moeBlocks.isEmpty else { throw CommandError("\(model.path): the model has no experts to trace") }
        let shape = TraceShape(
            blocks: outline.moeBlocks, expertCount: outline.experts, topK: outline.expertsPerToken)
        var writing = TraceWriter.Options()
        writing.budgetBytes = budget?.bytes
        var options = TraceRecorder.Options()
        options.sample = sample
        options.recordsWeights = recordsWeights
        options.onFailure = onFailure
        let writer = try TraceWriter(
            folder: (folder as NSString).expandingTildeInPath, shape: shape,
            description: TraceDescription(model: model.id, source: source, started: Date().timeIntervalSince1970),
            options: writing)
        return TraceRecorder(writer: writer, options: options, seed: seed)
    }
}

extension TraceRecorder.Summary {
    /// What there is to say when recording ends.
    var text: String {
        var text = "\(requests) requests, \(tokens) tokens, \(bytes) bytes"
        if dropped > 0 { text += "; \(dropped) requests were dropped" }
        if let failure { text += "; writing failed: \(failure)" }
        return text
    }
}
