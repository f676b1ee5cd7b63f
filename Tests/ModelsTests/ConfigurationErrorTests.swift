import Checkpoints
import Foundation
import Models
import Testing

/// A copy of a golden checkpoint that a test damages.
private final class DamagedCheckpoint {
    let path: String

    init(of name: String) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())").path
        let source = try #require(GoldenCheckpoint.fixtures.first { $0.path.hasSuffix("/" + name) })
        try FileManager.default.copyItem(atPath: source.path, toPath: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Sets `field` of config.json to a JSON value; nil removes it.
    func set(_ field: String, _ value: Any?) throws {
        let url = URL(fileURLWithPath: path + "/config.json")
        var config = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
        config[field] = value
        try JSONSerialization.data(withJSONObject: config).write(to: url)
    }

    /// What loading says, or nil if it does not fail.
    func complaint() -> String? {
        do {
            _ = try TransformerModel(path: path)
            return nil
        } catch { return "\(error)" }
    }
}

@Suite struct ConfigurationErrorTests {
    /// Fields that change the result and are not supported, or do not fit the weights: each is named.
    @Test(arguments: [
        ("qwen3_moe", "attention_bias", "true"), ("qwen3_moe", "hidden_act", "\"gelu\""),
        ("qwen3_moe", "rope_scaling", #"{"type": "linear", "factor": 2}"#),
        ("qwen3_moe", "rope_parameters", #"{"rope_type": "yarn", "factor": 4}"#),
        ("qwen3_moe", "partial_rotary_factor", "0.5"), ("olmoe", "num_experts_per_tok", "0"),
        ("olmoe", "num_experts_per_tok", "1000"), ("olmoe", "num_hidden_layers", "-1"),
        ("olmoe", "num_hidden_layers", "\"three\""), ("olmoe", "num_attention_heads", "0"),
        ("mixtral", "num_key_value_heads", "3"), ("mixtral", "rms_norm_eps", "null"),
        ("mixtral", "quantization_config", "{}"), ("mixtral", "model_type", "\"llama\""),
        ("qwen3_moe", "decoder_sparse_step", "0"), ("mixtral", "hidden_size", "4611686018427387904"),
    ])
    func unsupportedFieldsAreNamed(name: String, field: String, json: String) throws {
        let checkpoint = try DamagedCheckpoint(of: name)
        try checkpoint.set(field, JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed))
        let complaint = try #require(checkpoint.complaint())
        #expect(complaint.contains("config.json"))
        let spoken = field == "rope_parameters" ? "rope" : field.split(separator: "_").last.map(String.init) ?? field
        #expect(complaint.lowercased().contains(spoken.prefix(4).lowercased()), "\(complaint)")
    }

    @Test(arguments: ["hidden_size", "vocab_size", "moe_intermediate_size", "head_dim"])
    func aWrongSizeNamesTheTensor(field: String) throws {
        let checkpoint = try DamagedCheckpoint(of: "qwen3_moe")
        try checkpoint.set(field, 256)
        let complaint = try #require(checkpoint.complaint())
        #expect(complaint.contains("shape") && complaint.contains("model."), "\(complaint)")
    }

    @Test func aMissingTensorIsNamed() throws {
        let checkpoint = try DamagedCheckpoint(of: "qwen3_moe")
        try checkpoint.set("num_hidden_layers", 9)
        let complaint = try #require(checkpoint.complaint())
        #expect(complaint.contains("model.layers."), "\(complaint)")
    }

    @Test func aTensorWithoutAPlaceIsNamed() throws {
        let checkpoint = try DamagedCheckpoint(of: "qwen3_moe")
        try checkpoint.set("num_hidden_layers", 1)
        let complaint = try #require(checkpoint.complaint())
        #expect(complaint.contains("model.layers.1"), "\(complaint)")
    }

    @Test func thePathIsNamed() {
        #expect(throws: CheckpointError.self) { try TransformerModel(path: "/nonexistent/model.gguf") }
    }
}
