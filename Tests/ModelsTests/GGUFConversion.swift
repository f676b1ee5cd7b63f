import Checkpoints
import Tensors

/// Makes an F32 GGUF file of a Hugging Face folder, with the names and keys that llama.cpp's converter writes. Only
/// for tests: the product's converter is not built on it, so that the two can disagree.
struct GGUFConversion {
    let folder: HuggingFaceFolder
    private let family: Family

    private enum Family: String {
        case mixtral, qwen3_moe, olmoe

        var ggufName: String {
            switch self {
            case .mixtral: "llama"
            case .qwen3_moe: "qwen3moe"
            case .olmoe: "olmoe"
            }
        }
    }

    struct Unsupported: Error {}

    init(folder: HuggingFaceFolder) throws {
        self.folder = folder
        guard let family = Family(rawValue: folder.config["model_type"]?.stringValue ?? "") else { throw Unsupported() }
        self.family = family
    }

    func write(to path: String) throws {
        var writer = GGUFWriter()
        writeKeys(to: &writer)
        try copy("model.embed_tokens.weight", "token_embd.weight", to: &writer)
        try copy("model.norm.weight", "output_norm.weight", to: &writer)
        if folder.contains("lm_head.weight") { try copy("lm_head.weight", "output.weight", to: &writer) }
        for layer in 0..<int("num_hidden_layers") { try writeBlock(layer, to: &writer) }
        try writer.write(to: path)
    }

    private func int(_ key: String) -> Int { folder.config[key]?.intValue ?? 0 }

    private func writeKeys(to writer: inout GGUFWriter) {
        let name = family.ggufName
        func set(_ key: String, _ value: MetadataValue) { writer.set("\(name).\(key)", value) }
        func set(_ key: String, from field: String) { set(key, .uint(UInt64(int(field)))) }
        writer.set("general.architecture", .string(name))
        set("block_count", from: "num_hidden_layers")
        set("embedding_length", from: "hidden_size")
        set("context_length", from: "max_position_embeddings")
        set("attention.head_count", from: "num_attention_heads")
        set("attention.head_count_kv", from: "num_key_value_heads")
        set("feed_forward_length", from: "intermediate_size")
        set("expert_used_count", from: "num_experts_per_tok")
        set("expert_count", .uint(UInt64(expertCount)))
        set("attention.layer_norm_rms_epsilon", .float(folder.config["rms_norm_eps"]?.floatValue ?? 0))
        let rope = folder.config["rope_parameters"]?["rope_theta"] ?? folder.config["rope_theta"]
        set("rope.freq_base", .float(rope?.floatValue ?? 0))
        if family == .qwen3_moe {
            set("expert_feed_forward_length", from: "moe_intermediate_size")
            set("attention.key_length", from: "head_dim")
            set("attention.value_length", from: "head_dim")
        }
    }

    private var expertCount: Int { max(int("num_experts"), int("num_local_experts")) }

    private func writeBlock(_ layer: Int, to writer: inout GGUFWriter) throws {
        let from = "model.layers.\(layer)"
        let to = "blk.\(layer)"
        for (hugging, gguf) in [
            ("input_layernorm", "attn_norm"), ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"),
            ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"),
            ("post_attention_layernorm", "ffn_norm"), ("\(moe).gate", "ffn_gate_inp"),
        ] where folder.contains("\(from).\(hugging).weight") {
            try copy("\(from).\(hugging).weight", "\(to).\(gguf).weight", to: &writer)
        }
        try copyRotated("\(from).self_attn.q_proj.weight", "\(to).attn_q.weight", "num_attention_heads", to: &writer)
        try copyRotated("\(from).self_attn.k_proj.weight", "\(to).attn_k.weight", "num_key_value_heads", to: &writer)
        for (name, gguf) in expertNames {
            let parts = try (0..<expertCount).map { try numbers("\(from).\(moe).experts.\($0).\(name).weight") }
            writer.add(
                "\(to).ffn_\(gguf)_exps.weight", shape: [expertCount] + parts[0].shape, floats: parts.flatMap(\.values))
        }
    }

    private var moe: String { family == .mixtral ? "block_sparse_moe" : "mlp" }

    private var expertNames: [(String, String)] {
        family == .mixtral
            ? [("w1", "gate"), ("w3", "up"), ("w2", "down")]
            : [("gate_proj", "gate"), ("up_proj", "up"), ("down_proj", "down")]
    }

    private func copy(_ from: String, _ to: String, to writer: inout GGUFWriter) throws {
        let tensor = try numbers(from)
        writer.add(to, shape: tensor.shape, floats: tensor.values)
    }

    /// Queries and keys of `llama` files have the two halves of each head interleaved.
    private func copyRotated(_ from: String, _ to: String, _ headsField: String, to writer: inout GGUFWriter) throws {
        let tensor = try numbers(from)
        guard family == .mixtral else { return writer.add(to, shape: tensor.shape, floats: tensor.values) }
        let columns = tensor.shape[1]
        let headSize = tensor.shape[0] / int(headsField)
        var values: [Float] = []
        for row in 0..<tensor.shape[0] {
            let (head, place) = row.quotientAndRemainder(dividingBy: headSize)
            let source = head * headSize + place / 2 + (place.isMultiple(of: 2) ? 0 : headSize / 2)
            values += tensor.values[source * columns..<(source + 1) * columns]
        }
        writer.add(to, shape: tensor.shape, floats: values)
    }

    private func numbers(_ name: String) throws -> (shape: [Int], values: [Float]) {
        let view = try folder.tensor(name)
        let count = view.shape.reduce(1, *)
        let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
            guard let base = buffer.baseAddress else { return }
            Kernels.selected.dequantize(view.type, view.region.base, count: count, into: base)
            initialised = count
        }
        return (view.shape, values)
    }
}
