import ArgumentParser
import Checkpoints
import Foundation
import Models
import Tensors

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a model's architecture, sizes and what decoding a token reads.")

    @OptionGroup var modelOptions: ModelOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() throws {
        let path = try modelOptions.path()
        let report =
            switch try LanguageModel(path: path, allowedFields: modelOptions.fields.allowed) {
            case .decoder(let model): InspectOutput(path: path, model: model)
            case .encoderDecoder(let model): InspectOutput(path: path, model: model)
            }
        if json { try printJSON(report) } else { Terminal.out(report.text) }
    }
}

/// What `inspect --json` prints.
private struct InspectOutput: Encodable {
    let model: String
    let architecture: String
    let layers: Int
    let moe_layers: Int
    let hidden_size: Int
    let attention_heads: Int
    let key_value_heads: Int
    let head_size: Int
    let experts: Int
    let experts_per_token: Int
    let shared_experts: Int
    let expert_width: Int
    /// Tokens of a sequence that one expert takes, where that is limited.
    let expert_capacity: Int?
    let vocabulary_size: Int
    let context_length: Int
    let tied_embeddings: Bool
    let total_parameters: Int
    let active_parameters: Int
    let total_bytes: Int
    let bytes_by_type: [String: Int]
    let bytes_per_decoded_token: Int

    init(path: String, model transformer: TransformerModel) {
        let configuration = transformer.configuration
        let summary = ModelSummary(transformer)
        model = path
        architecture = configuration.architecture
        layers = configuration.layers
        moe_layers = configuration.moeBlocks.count
        hidden_size = configuration.hiddenSize
        attention_heads = configuration.attention.queryHeads
        key_value_heads = configuration.attention.keyValueHeads
        head_size = configuration.attention.headSize
        experts = configuration.experts.count
        experts_per_token = configuration.experts.perToken
        shared_experts = configuration.experts.shared == nil ? 0 : 1
        expert_width = configuration.experts.width
        expert_capacity = nil
        vocabulary_size = configuration.vocabularySize
        context_length = configuration.contextLength
        tied_embeddings = transformer.isTied
        total_parameters = summary.totalParameters
        active_parameters = summary.activeParameters
        total_bytes = summary.totalBytes
        bytes_by_type = Dictionary(uniqueKeysWithValues: summary.bytesByType.map { ($0.name, $1) })
        bytes_per_decoded_token = summary.bytesPerDecodedToken
    }

    init(path: String, model transformer: SwitchTransformer) {
        let configuration = transformer.configuration
        let summary = ModelSummary(transformer)
        model = path
        architecture = SwitchConfiguration.architecture
        layers = configuration.encoder.blocks + configuration.decoder.blocks
        moe_layers = configuration.moeBlocks.count
        hidden_size = configuration.hiddenSize
        attention_heads = configuration.heads
        key_value_heads = configuration.heads
        head_size = configuration.headSize
        experts = configuration.experts
        experts_per_token = 1
        shared_experts = 0
        expert_width = configuration.feedForwardWidth
        expert_capacity = configuration.expertCapacity
        vocabulary_size = configuration.vocabularySize
        context_length = SwitchConfiguration.contextLength
        tied_embeddings = configuration.isTied
        total_parameters = summary.totalParameters
        active_parameters = summary.activeParameters
        total_bytes = summary.totalBytes
        bytes_by_type = Dictionary(uniqueKeysWithValues: summary.bytesByType.map { ($0.name, $1) })
        bytes_per_decoded_token = summary.bytesPerDecodedToken
    }

    var text: String {
        let capacity = expert_capacity.map { ", \($0) tokens of a sequence each at most" } ?? ""
        let types = bytes_by_type.sorted { $0.value > $1.value }
            .map { "\($0.key) \(megabytes($0.value))" }.joined(separator: ", ")
        let rows = [
            ("model", model), ("architecture", architecture),
            ("layers", "\(layers), \(moe_layers) with experts"),
            ("hidden size", "\(hidden_size)"),
            ("attention", "\(attention_heads) heads, \(key_value_heads) key-value heads of \(head_size)"),
            ("experts", "\(experts) a layer, \(experts_per_token) a token, \(shared_experts) shared" + capacity),
            ("expert width", "\(expert_width)"),
            ("vocabulary", "\(vocabulary_size)" + (tied_embeddings ? ", embedding is the output matrix too" : "")),
            ("context", "\(context_length)"),
            ("parameters", "\(millions(total_parameters)), active in a token \(millions(active_parameters))"),
            ("weights", "\(megabytes(total_bytes)): \(types)"),
            ("read per token", megabytes(bytes_per_decoded_token)),
        ]
        return rows.map { $0.0.padding(toLength: 16, withPad: " ", startingAt: 0) + $0.1 + "\n" }.joined()
    }

    private func megabytes(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }

    private func millions(_ count: Int) -> String { String(format: "%.1f M", Double(count) / 1e6) }
}
