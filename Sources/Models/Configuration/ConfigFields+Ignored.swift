/// Fields of `config.json` that do not change what a model computes in inference.
extension ConfigFields {
    /// Throws for the first field that says something and that nothing asked for: it may change the result.
    ///
    /// - Parameter allowed: fields the user vouches for.
    func refuseUnread(allowed: Set<String>) throws(ConfigurationError) {
        for field in unread where !allowed.contains(field) {
            let name = field.split(separator: ".").last.map(String.init) ?? field
            if Self.harmless.contains(name) || Self.harmlessEndings.contains(where: name.hasSuffix) { continue }
            if name.hasPrefix("_") || name.hasPrefix("unsloth_") { continue }
            throw ConfigurationError(
                file: file, key: field,
                reason: "is not supported for this architecture and may change the result; "
                    + "if it does not, pass --allow-config-field \(field)")
        }
    }

    /// Names, training, generation defaults, memory and parallel layout.
    private static let harmless: Set<String> = [
        "architectures", "auto_map", "dtype", "torch_dtype", "transformers_version", "model_type", "name_or_path",
        "use_cache", "initializer_range", "output_router_logits", "output_attentions", "output_hidden_states",
        "return_dict", "torchscript", "chunk_size_feed_forward", "id2label", "label2id", "problem_type",
        "task_specific_params", "finetuning_task", "tokenizer_class", "cross_attention_hidden_size",
        "router_aux_loss_coef", "aux_loss_alpha", "seq_aux", "router_z_loss_coef", "pretraining_tp", "ep_size",
        "cache_implementation", "keys_to_ignore_at_inference", "for_llm_compressor", "use_mamba_kernels",
        "model_max_length", "unsloth_fixed", "attn_implementation", "architecture", "language", "license",
        "do_sample", "temperature", "top_k", "top_p", "max_length", "min_length", "repetition_penalty",
        "length_penalty", "num_beams", "num_beam_groups", "num_return_sequences", "diversity_penalty",
        "early_stopping", "typical_p", "max_new_tokens", "rope_type", "type",
    ]

    private static let harmlessEndings = ["_token_id", "_dropout", "_pdrop", "_dropout_prob", "_dropout_rate"]
}
