extension ModelDimensions {
    /// The YAML that ``init(yaml:file:)`` reads.
    public var yaml: String {
        """
        version: 1
        name: \(name)
        moe_layers: \(moeLayers)
        experts: \(experts)
        experts_per_token: \(expertsPerToken)
        hidden_size: \(hiddenSize)
        expert_width: \(expertWidth)
        expert_matrices: \(expertMatrices)
        bits_per_weight: \(bitsPerWeight)
        shared_expert_width: \(sharedExpertWidth)
        attention_parameters: \(Int(attentionParameters))  # of one block
        attention_bits: \(attentionBits)
        cache_bytes_per_token: \(cacheBytesPerToken)  # of one block

        """
    }
}
