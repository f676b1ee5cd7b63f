import Routing

/// The text model of Llama-4 (Meta 2025): every fourth block without positions but with a temperature, the others in
/// chunks of positions; the chosen expert's input is multiplied with a sigmoid of its score; a shared expert; blocks
/// with experts interleaved with dense ones in Maverick; queries and keys normalised after their rotation in Scout.
extension Architecture {
    static let llama4 = Architecture(
        ggufName: "llama4", huggingFaceName: "llama4_text",
        huggingFaceTensors: .huggingFace(
            moe: "feed_forward", shared: "shared_expert",
            experts: .fusedColumns(gateUp: "gate_up_proj", down: "down_proj", isInterleaved: false),
            renamed: [.router: "feed_forward.router"]),
        ggufPairing: .neighbours,
        readGGUF: { keys in
            var attention = try keys.attention()
            let isMaverick = try keys.int("expert_count") == 128
            attention.queryKeyNorm = isMaverick ? .none : .afterRotary
            attention.temperature = .init(
                interval: Float(try keys.optionalFloat("attention.temperature_length") ?? 8192),
                factor: Float(try keys.optionalFloat("attention.temperature_scale") ?? 0.1))
            let chunk = try keys.optionalInt("attention.sliding_window") ?? 8192
            keys.pass("interleave_moe_layer_step")
            var experts = weighingInputs(try keys.experts(policy))
            experts.shared = .init(width: experts.width)
            let blocks = try keys.blocks().enumerated().map { index, block in
                (index + 1).isMultiple(of: 4) && chunk > 0
                    ? block.withoutRotary() : block.with(chunk > 0 ? .chunk(chunk) : .causal)
            }
            try keys.checkWindows(blocks, period: 4)
            return FamilyConfiguration(
                attention: attention, rotary: try keys.rotary(.neighbours, headSize: attention.headSize),
                experts: experts, blocks: blocks, denseWidth: try keys.denseWidth())
        },
        readHuggingFace: { fields in
            var attention = try fields.attention(headSize: 128)
            attention.queryKeyNorm = try fields.optionalBool("use_qk_norm") ?? true ? .afterRotary : .none
            attention.temperature = try fields.temperature()
            var experts = weighingInputs(try fields.experts(width: "intermediate_size", policy: policy))
            experts.shared = .init(width: experts.width)
            return FamilyConfiguration(
                attention: attention,
                rotary: try fields.rotary(defaultBase: 500_000, size: attention.headSize, pairing: .neighbours),
                experts: experts, blocks: try fields.llama4Blocks(),
                denseWidth: try fields.optionalInt("intermediate_size_mlp") ?? 16384)
        })

    private static let policy = TopKPolicy(scoring: .logits, weighting: .sigmoid)

    private static func weighingInputs(_ experts: ModelConfiguration.ExpertShape) -> ModelConfiguration.ExpertShape {
        var experts = experts
        experts.weighsInput = true
        return experts
    }
}

extension ConfigFields {
    fileprivate func temperature() throws -> ModelConfiguration.Temperature? {
        let interval = Float(try optionalFloat("floor_scale") ?? 8192)
        let factor = Float(try optionalFloat("attn_scale") ?? 0.1)
        let temperature = ModelConfiguration.Temperature(interval: interval, factor: factor)
        // The first released files say 4 for true.
        if let number = try? optionalInt("attn_temperature_tuning") { return number == 0 ? nil : temperature }
        return try optionalBool("attn_temperature_tuning") ?? true ? temperature : nil
    }

    /// `no_rope_layers` lists 1 for blocks with positions and 0 for those without.
    fileprivate func llama4Blocks() throws -> [ModelConfiguration.BlockShape] {
        let interval = try optionalInt("no_rope_layer_interval") ?? 4
        let step = try optionalInt("interleave_moe_layer_step") ?? 1
        guard interval > 0 else { throw error("no_rope_layer_interval", "\(interval) is not positive") }
        guard step > 0 else { throw error("interleave_moe_layer_step", "\(step) is not positive") }
        let listed = try optionalInts("no_rope_layers").flatMap { $0.isEmpty ? nil : $0 }
        let layers = try layers()
        let rotary = listed.map { $0.map { $0 != 0 } } ?? (0..<layers).map { !($0 + 1).isMultiple(of: interval) }
        guard rotary.count == layers else { throw error("no_rope_layers", "\(rotary.count) for \(layers) layers") }
        let types = try layerTypes { rotary[$0] ? "chunked_attention" : "full_attention" }
        let chunk = try optionalInt("attention_chunk_size") ?? 8192
        let moe = try optionalInts("moe_layers").map(Set.init)
        return try blocks { index in !(moe?.contains(index) ?? (index + 1).isMultiple(of: step)) }.enumerated().map {
            index, block in
            var block = block.with(try mask(types[index], chunk: chunk))
            block.usesRotary = rotary[index]
            return block
        }
    }
}
