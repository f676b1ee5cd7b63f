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
        ("qwen3_moe", "hidden_act", "\"gelu\""), ("qwen3_moe", "final_logit_softcapping", "30.0"),
        ("qwen3_moe", "rope_scaling", #"{"type": "dynamic", "factor": 2}"#),
        ("qwen3_moe", "rope_scaling", #"{"type": "linear", "factor": -2}"#),
        ("qwen3_moe", "rope_parameters", #"{"rope_type": "llama3", "factor": 4}"#),
        ("qwen3_moe", "rope_parameters", #"{"rope_type": "default", "rope_mystery": 4}"#),
        ("qwen3_moe", "partial_rotary_factor", "0.5"), ("olmoe", "num_experts_per_tok", "0"),
        ("olmoe", "num_experts_per_tok", "1000"), ("olmoe", "num_hidden_layers", "-1"),
        ("olmoe", "num_hidden_layers", "\"three\""), ("olmoe", "num_attention_heads", "0"),
        ("mixtral", "num_key_value_heads", "3"), ("mixtral", "rms_norm_eps", "null"),
        ("mixtral", "quantization_config", #"{"quant_method": "awq"}"#), ("mixtral", "model_type", "\"llama\""),
        ("mixtral", "sliding_window", "-4"), ("mixtral", "alibi", "true"),
        ("mixtral", "residual_multiplier", "0.5"), ("granitemoe", "residual_multiplier", "0"),
        ("qwen3_moe", "decoder_sparse_step", "0"), ("mixtral", "hidden_size", "4611686018427387904"),
        ("deepseek_v3", "scoring_func", "\"softmax\""), ("deepseek_v3", "topk_method", "\"greedy\""),
        ("deepseek_v3", "n_group", "3"), ("deepseek_v3", "topk_group", "5"), ("deepseek_v3", "moe_layer_freq", "2"),
        ("deepseek_v2", "topk_method", "\"noaux_tc\""), ("deepseek_v2", "qk_rope_head_dim", "7"),
        ("deepseek_v2", "kv_lora_rank", "0"), ("deepseek_v2", "mlp_bias", "true"),
        ("deepseek_v2", "n_shared_experts", "1000000000000"), ("glm4_moe", "partial_rotary_factor", "1.5"),
        ("gpt_oss", "layer_types", #"["sliding_attention"]"#), ("gpt_oss", "layer_types", #"["a", "b"]"#),
        ("llama4_text", "attention_chunk_size", "0"), ("llama4_text", "no_rope_layers", "[1]"),
        ("llama4_text", "floor_scale", "0"), ("phimoe", "num_experts_per_tok", "1"),
    ])
    func unsupportedFieldsAreNamed(name: String, field: String, json: String) throws {
        let checkpoint = try DamagedCheckpoint(of: name)
        try checkpoint.set(field, JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed))
        let complaint = try #require(checkpoint.complaint())
        #expect(complaint.contains("config.json"))
        let words = field.hasPrefix("rope") ? ["rope", "rotary"] : field.split(separator: "_").map(String.init)
        let said = complaint.lowercased().split(separator: "config.json").last.map(String.init) ?? ""
        #expect(words.contains { said.contains($0.prefix(4).lowercased()) }, "\(complaint)")
    }

    /// What a user vouches for is let through, and what says nothing.
    @Test func fieldsMayBeAllowed() throws {
        let checkpoint = try DamagedCheckpoint(of: "qwen3_moe")
        try checkpoint.set("invented_by_a_tool", 7)
        try checkpoint.set("also_invented", false)
        let complaint = try #require(checkpoint.complaint())
        #expect(complaint.contains("invented_by_a_tool") && complaint.contains("--allow-config-field"))
        _ = try TransformerModel(path: checkpoint.path, allowedFields: ["invented_by_a_tool"])
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
