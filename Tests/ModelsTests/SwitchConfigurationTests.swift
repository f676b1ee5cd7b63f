import Checkpoints
import Foundation
import Models
import Testing

@Suite struct SwitchConfigurationTests {
    private static let released = SwitchCheckpoint.all[0]

    /// Loads a copy with `field` changed; what loading says, or nil if it does not fail.
    private func complaint(_ field: String, _ json: String) throws -> String? {
        let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        return try Self.released.withChanged([field: value]) { changed in
            do {
                _ = try changed.model()
                return nil
            } catch { return "\(error)" }
        }
    }

    /// Fields that change the result and are not supported, or that no model can have: each is named.
    @Test(arguments: [
        ("dense_act_fn", "\"gelu_new\""), ("feed_forward_proj", "\"gated-gelu\""), ("is_gated_act", "true"),
        ("router_dtype", "\"bfloat16\""), ("router_type", "\"tokens_choose_scatter\""), ("use_cache", "false"),
        ("is_encoder_decoder", "false"), ("quantization_config", "{}"), ("expert_capacity", "-1"),
        ("num_experts", "0"), ("d_kv", "0"), ("d_model", "4611686018427387904"), ("num_heads", "\"three\""),
        ("relative_attention_num_buckets", "3"), ("relative_attention_num_buckets", "9223372036854775807"),
        ("relative_attention_max_distance", "4"), ("layer_norm_epsilon", "1"), ("vocab_size", "null"),
        ("decoder_start_token_id", "null"), ("decoder_start_token_id", "48"), ("num_decoder_layers", "100000"),
        ("eos_token_id", "\"one\""), ("model_type", "\"t5\""),
    ])
    func unsupportedFieldsAreNamed(field: String, json: String) throws {
        let complaint = try #require(try complaint(field, json))
        #expect(complaint.contains("config.json: \(field)"), "\(complaint)")
    }

    @Test(arguments: ["d_model", "d_ff", "vocab_size", "relative_attention_num_buckets"])
    func aWrongSizeNamesTheTensor(field: String) throws {
        let complaint = try #require(try complaint(field, "10"))
        #expect(complaint.contains("shape") && complaint.contains(".weight"), "\(complaint)")
    }

    @Test(arguments: [
        ("num_layers", "5", "encoder.block.4.layer.0"), ("num_layers", "3", "encoder.block.3.layer.0"),
        ("num_experts", "3", "router.classifier.weight"), ("router_bias", "true", "router.classifier.bias"),
        ("encoder_sparse_step", "1", "encoder.block.0.layer.1.mlp.router"),
        ("decoder_sparse_step", "0", "decoder.block.1.layer.2.mlp.wi.weight"),
    ])
    func aTensorThatIsMissingOrLeftOverIsNamed(field: String, json: String, tensor: String) throws {
        let complaint = try #require(try complaint(field, json))
        #expect(complaint.contains(tensor), "\(complaint)")
    }

    /// Without `…_sparse_step` it follows from the number of sparse layers, as in transformers.
    @Test func theSparseStepFollowsFromTheCount() throws {
        try Self.released.withChanged(["encoder_sparse_step": nil, "decoder_sparse_step": nil]) { changed in
            let (derived, written) = (try changed.model(), try Self.released.model())
            #expect(derived.configuration == written.configuration)
        }
    }

    @Test func generationConfigComesFirst() throws {
        let fields: [String: Any?] = ["decoder_start_token_id": 5, "eos_token_id": [7, 9]]
        try Self.released.withChanged(fields, of: "generation_config.json") { changed in
            let configuration = try changed.model().configuration
            #expect(configuration.startToken == 5)
            #expect(configuration.endTokens == [7, 9])
        }
    }
}
