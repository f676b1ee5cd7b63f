"""Shrunken copies of released config.json files, each with one thing that a loader can get wrong.

Keys are those the released files carry (rope_theta, rope_scaling, torch_dtype), also the ones that change nothing;
sizes and ranges are shrunk so that windows, chunks and RoPE scalings act within 48 to 150 tokens.
`without` names configurations to compare with: {what: changes to the config that load the same tensors}.
"""
from dataclasses import dataclass, field


@dataclass
class Variant:
    name: str
    exercises: str
    config: dict
    tokens: int = 96
    seed: int = 1
    without: dict[str, dict] = field(default_factory=dict)
    prediction_layer: bool = False  # the file also has a multi-token-prediction layer, which inference leaves out
    nested: bool = False            # config in text_config, tensors under language_model., a vision tower beside them
    store: str = "bfloat16"         # or "mxfp4" (experts), "fp8" (128 x 128 blocks)


COMMON = dict(vocab_size=320, hidden_size=64, num_hidden_layers=3, num_attention_heads=4, hidden_act="silu",
              attention_dropout=0.0, initializer_range=0.02, use_cache=True, tie_word_embeddings=False, bos_token_id=1,
              eos_token_id=2, torch_dtype="bfloat16", transformers_version="4.46.0")
YARN = dict(type="yarn", factor=40, beta_fast=32, beta_slow=1, original_max_position_embeddings=64)


def model(architecture: str, kind: str, **keys) -> dict:
    return {"architectures": [architecture], "model_type": kind, **COMMON, **keys}


def qwen2(**keys) -> dict:
    return model("Qwen2MoeForCausalLM", "qwen2_moe", **{**dict(
        num_key_value_heads=4, intermediate_size=96, moe_intermediate_size=32, shared_expert_intermediate_size=64,
        num_experts=12, num_experts_per_tok=4, norm_topk_prob=False, decoder_sparse_step=1, rope_theta=1000000.0,
        rms_norm_eps=1e-06, max_position_embeddings=8192, sliding_window=32768, max_window_layers=21,
        use_sliding_window=False, output_router_logits=False, router_aux_loss_coef=0.001), **keys})


def qwen3(**keys) -> dict:
    return model("Qwen3MoeForCausalLM", "qwen3_moe", **{**dict(
        num_key_value_heads=2, head_dim=32, intermediate_size=96, moe_intermediate_size=32, num_experts=16,
        num_experts_per_tok=4, norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], attention_bias=False,
        rope_theta=1000000.0, rope_scaling=None, rms_norm_eps=1e-06, max_position_embeddings=40960, sliding_window=None,
        max_window_layers=48, use_sliding_window=False, output_router_logits=False, router_aux_loss_coef=0.001), **keys})


def mixtral(**keys) -> dict:
    return model("MixtralForCausalLM", "mixtral", **{**dict(
        num_key_value_heads=2, intermediate_size=64, num_local_experts=8, num_experts_per_tok=2, rope_theta=1000000.0,
        rms_norm_eps=1e-05, max_position_embeddings=32768, sliding_window=None, output_router_logits=False,
        router_aux_loss_coef=0.02), **keys})


def olmoe(**keys) -> dict:
    return model("OlmoeForCausalLM", "olmoe", **{**dict(
        num_key_value_heads=4, intermediate_size=32, num_experts=16, num_experts_per_tok=4, norm_topk_prob=False,
        attention_bias=False, clip_qkv=None, rope_theta=10000.0, rope_scaling=None, rms_norm_eps=1e-05,
        max_position_embeddings=4096, output_router_logits=False, router_aux_loss_coef=0.01, pad_token_id=1), **keys})


def deepseek(version: str, **keys) -> dict:
    names = {"2": ("DeepseekV2ForCausalLM", "deepseek_v2"), "3": ("DeepseekV3ForCausalLM", "deepseek_v3")}[version]
    return model(*names, **{**dict(
        num_key_value_heads=4, intermediate_size=96, moe_intermediate_size=16, n_routed_experts=32, n_shared_experts=2,
        num_experts_per_tok=4, first_k_dense_replace=1, moe_layer_freq=1, q_lora_rank=48, kv_lora_rank=32,
        qk_nope_head_dim=16, qk_rope_head_dim=16, v_head_dim=24, attention_bias=False, rope_theta=10000,
        rms_norm_eps=1e-06, max_position_embeddings=2560, aux_loss_alpha=0.001, seq_aux=True, ep_size=1,
        pretraining_tp=1), **keys})


def deepseek_v2(**keys) -> dict:
    return deepseek("2", **{**dict(scoring_func="softmax", norm_topk_prob=False,
                                   rope_scaling={**YARN, "mscale": 0.707, "mscale_all_dim": 0.707}), **keys})


def deepseek_v3(**keys) -> dict:
    return deepseek("3", **{**dict(scoring_func="sigmoid", topk_method="noaux_tc", norm_topk_prob=True, n_group=8,
                                   topk_group=4, routed_scaling_factor=2.5, n_shared_experts=1, num_nextn_predict_layers=1,
                                   rope_scaling={**YARN, "mscale": 1.0, "mscale_all_dim": 1.0}), **keys})


def gpt_oss(**keys) -> dict:
    return model("GptOssForCausalLM", "gpt_oss", **{**dict(
        num_hidden_layers=4, num_key_value_heads=2, head_dim=32, intermediate_size=64, num_local_experts=8,
        num_experts_per_tok=4, experts_per_token=4, attention_bias=True, sliding_window=16, initial_context_length=64,
        layer_types=["sliding_attention", "full_attention"] * 2, swiglu_limit=7.0, rms_norm_eps=1e-05,
        max_position_embeddings=2048, rope_theta=150000, router_aux_loss_coef=0.9, output_router_logits=False,
        rope_scaling=dict(rope_type="yarn", factor=32.0, beta_fast=32.0, beta_slow=1.0, truncate=False,
                          original_max_position_embeddings=64)), **keys})


def llama4(**keys) -> dict:
    return model("Llama4ForCausalLM", "llama4_text", **{**dict(
        num_hidden_layers=4, num_key_value_heads=2, head_dim=16, intermediate_size=48, intermediate_size_mlp=96,
        num_local_experts=8, num_experts_per_tok=1, interleave_moe_layer_step=1, use_qk_norm=True, attention_bias=False,
        attention_chunk_size=32, attn_temperature_tuning=True, floor_scale=16, attn_scale=0.1, no_rope_layers=[],
        rope_theta=500000.0, rope_scaling=None, rms_norm_eps=1e-05, max_position_embeddings=10485760,
        for_llm_compressor=False, output_router_logits=False, router_aux_loss_coef=0.001, router_jitter_noise=0.0), **keys})


def granite(kind: str = "granitemoe", **keys) -> dict:
    return model({"granitemoe": "GraniteMoeForCausalLM", "granitemoeshared": "GraniteMoeSharedForCausalLM"}[kind], kind, **{**dict(
        num_key_value_heads=2, intermediate_size=32, num_local_experts=16, num_experts_per_tok=8, attention_bias=False,
        attention_multiplier=0.015625, embedding_multiplier=12.0, logits_scaling=6.0, residual_multiplier=0.22,
        rope_theta=10000000.0, rope_scaling=None, rms_norm_eps=1e-06, max_position_embeddings=131072,
        tie_word_embeddings=True, output_router_logits=False, router_aux_loss_coef=0.0), **keys})


def glm(**keys) -> dict:
    return model("Glm4MoeForCausalLM", "glm4_moe", **{**dict(
        num_key_value_heads=2, head_dim=32, intermediate_size=96, moe_intermediate_size=32, n_routed_experts=16,
        n_shared_experts=1, num_experts_per_tok=4, first_k_dense_replace=1, n_group=1, topk_group=1, norm_topk_prob=True,
        routed_scaling_factor=1.0, attention_bias=True, use_qk_norm=False, partial_rotary_factor=0.5, rope_theta=1000000,
        rope_scaling=None, rms_norm_eps=1e-05, max_position_embeddings=131072, num_nextn_predict_layers=1), **keys})


def phi(original: int, **keys) -> dict:
    return model("PhiMoEForCausalLM", "phimoe", **{**dict(
        num_key_value_heads=2, intermediate_size=64, num_local_experts=8, num_experts_per_tok=2, attention_bias=True,
        lm_head_bias=True, input_jitter_noise=0.01, router_jitter_noise=0.01, rope_theta=10000.0, rms_norm_eps=1e-05,
        max_position_embeddings=32 * original, original_max_position_embeddings=original, sliding_window=32 * original,
        hidden_dropout=0.0, output_router_logits=False, router_aux_loss_coef=0.0,
        rope_scaling=dict(type="longrope", original_max_position_embeddings=original, short_mscale=1.1, long_mscale=1.243163121016122,
                          short_factor=[1.0, 1.05, 1.1, 1.2, 1.3, 1.5, 1.8, 2.0],
                          long_factor=[1.0, 1.2, 1.8, 3.0, 6.0, 12.0, 24.0, 48.0])), **keys})


def scaled(kind: str, **keys) -> dict:
    return {"type": kind, **keys}


LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)
NO_SCALING = {"no rope_scaling": {"rope_scaling": None}}

VARIANTS = [
    Variant("qwen15_moe", "Qwen1.5-MoE-A2.7B: QKV bias, gated shared expert, no renormalisation, sliding window off",
            qwen2(), without={"norm_topk_prob true": {"norm_topk_prob": True}, "max_window_layers 0": {"max_window_layers": 0}}),
    Variant("qwen2_moe_57b", "Qwen2-57B-A14B: 64 experts top-8 shape, grouped KV heads, a wider shared expert",
            qwen2(num_key_value_heads=2, num_experts=16, num_experts_per_tok=8, shared_expert_intermediate_size=128,
                  sliding_window=65536, max_window_layers=28)),
    Variant("qwen2_moe_window", "use_sliding_window true: which layers slide, and dense layers by decoder_sparse_step",
            qwen2(num_hidden_layers=4, use_sliding_window=True, sliding_window=16, max_window_layers=3, decoder_sparse_step=2),
            without={"window off": {"use_sliding_window": False}, "max_window_layers 4": {"max_window_layers": 4},
                     "max_window_layers 2": {"max_window_layers": 2}}),
    Variant("qwen3_moe_30b", "Qwen3-30B-A3B: per-head QK norm, head_dim above hidden/heads, renormalised top-k", qwen3(),
            without={"norm_topk_prob false": {"norm_topk_prob": False}}),
    Variant("qwen3_moe_yarn", "mlp_only_layers, decoder_sparse_step 2, YaRN with default betas and truncation",
            qwen3(num_hidden_layers=4, mlp_only_layers=[3], decoder_sparse_step=2, max_position_embeddings=256,
                  rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)),
            without={**NO_SCALING, "truncate false": {"rope_scaling": dict(
                rope_type="yarn", factor=4.0, original_max_position_embeddings=64, truncate=False)}}),
    Variant("qwen3_moe_window", "use_sliding_window true: every layer slides", qwen3(use_sliding_window=True, sliding_window=16),
            without={"window off": {"use_sliding_window": False}}),
    Variant("mixtral_window", "Mixtral-8x7B with sliding_window 16", mixtral(sliding_window=16),
            without={"no window": {"sliding_window": None}}),
    Variant("mixtral_llama3", "llama3 RoPE scaling", mixtral(rope_scaling=LLAMA3, rope_theta=500000.0), without=NO_SCALING),
    Variant("mixtral_linear", "linear RoPE scaling, head_dim in the config", mixtral(head_dim=32, rope_scaling=scaled("linear", factor=4.0)), without=NO_SCALING),
    Variant("mixtral_dynamic", "dynamic NTK beyond max_position_embeddings (64): frequencies depend on the length of the whole input",
            mixtral(head_dim=16, max_position_embeddings=64, rope_scaling=scaled("dynamic", factor=4.0)), without=NO_SCALING),
    Variant("mixtral_dynamic_short", "dynamic NTK within max_position_embeddings: must equal no scaling at all",
            mixtral(head_dim=16, max_position_embeddings=64, rope_scaling=scaled("dynamic", factor=4.0)), tokens=48, without=NO_SCALING),
    Variant("olmoe_clip", "OLMoE with clip_qkv 0.5 (after the QK norm) and norm_topk_prob true", olmoe(clip_qkv=0.5, norm_topk_prob=True),
            without={"no clip": {"clip_qkv": None}, "norm_topk_prob false": {"norm_topk_prob": False}}),
    Variant("olmoe_linear", "OLMoE with attention_bias and linear RoPE scaling", olmoe(attention_bias=True, rope_scaling=scaled("linear", factor=8.0)), without=NO_SCALING),
    Variant("deepseek_v2_lite", "DeepSeek-V2-Lite: no q_lora, greedy, YaRN with mscale 0.707; 27 layers, which llama.cpp takes for Lite",
            deepseek_v2(num_hidden_layers=27, hidden_size=32, intermediate_size=48, n_routed_experts=8, moe_intermediate_size=16, q_lora_rank=None,
                        kv_lora_rank=16, n_group=1, topk_group=1, topk_method="greedy", routed_scaling_factor=1.0),
            without={**NO_SCALING, "norm_topk_prob true": {"norm_topk_prob": True}}),
    Variant("deepseek_v2_full", "DeepSeek-V2: q_lora, group_limited_greedy (group score is the maximum), routed_scaling_factor 16",
            deepseek_v2(n_group=8, topk_group=3, topk_method="group_limited_greedy", routed_scaling_factor=16.0),
            without={**NO_SCALING, "greedy": {"topk_method": "greedy"}, "norm_topk_prob true": {"norm_topk_prob": True}}),
    Variant("deepseek_v2_mscale", "mscale different from mscale_all_dim: cos and sin are scaled too",
            deepseek_v2(n_group=1, topk_group=1, topk_method="greedy", routed_scaling_factor=1.0,
                        rope_scaling={**YARN, "mscale": 1.0, "mscale_all_dim": 0.5}),
            without={"equal mscales": {"rope_scaling": {**YARN, "mscale": 0.5, "mscale_all_dim": 0.5}}}),
    Variant("deepseek_v3_yarn", "DeepSeek-V3: sigmoid with correction bias, 8 groups of which 4, YaRN mscale 1.0, a prediction layer in the file",
            deepseek_v3(), prediction_layer=True, without={**NO_SCALING, "norm_topk_prob false": {"norm_topk_prob": False}}),
    Variant("deepseek_v3_halves", "rope_interleave false: rotation of halves instead of pairs", deepseek_v3(rope_interleave=False),
            without={"interleaved": {"rope_interleave": True}}),
    Variant("deepseek_v3_no_q_lora", "Moonlight shape: no q_lora, one group, no RoPE scaling",
            deepseek_v3(q_lora_rank=None, n_group=1, topk_group=1, routed_scaling_factor=2.446, rope_theta=50000.0, rope_scaling=None)),
    Variant("deepseek_v3_bias_eps", "attention_bias true, and rms_norm_eps 0.01: the two norms inside MLA keep 1e-6",
            deepseek_v3(attention_bias=True, rms_norm_eps=0.01), without={"rms_norm_eps 1e-6": {"rms_norm_eps": 1e-06}}),
    Variant("deepseek_v3_fp8", "FP8 weights with 128 x 128 block scales (weight_scale_inv), partial blocks at the edges; expected: the dequantised weights in float32",
            deepseek_v3(hidden_size=256, num_hidden_layers=2, intermediate_size=384, moe_intermediate_size=96, n_routed_experts=16, q_lora_rank=96,
                        kv_lora_rank=128, qk_nope_head_dim=32, v_head_dim=32, vocab_size=300, rope_scaling={**YARN, "mscale": 1.0, "mscale_all_dim": 1.0},
                        quantization_config=dict(activation_scheme="dynamic", fmt="e4m3", quant_method="fp8", weight_block_size=[128, 128])),
            tokens=48, store="fp8"),
    Variant("gpt_oss_20b", "gpt-oss-20b: sinks, alternating window 16, YaRN without truncation, clamped SwiGLU", gpt_oss(),
            without={"truncate true": {"rope_scaling": dict(rope_type="yarn", factor=32.0, beta_fast=32.0, beta_slow=1.0,
                                                            original_max_position_embeddings=64)},
                     "no window": {"layer_types": ["full_attention"] * 4}, "swiglu_limit 1": {"swiglu_limit": 1.0}}),
    Variant("gpt_oss_clamp", "swiglu_limit 1.0, small enough to act; no window (sliding_window above the input's length)",
            gpt_oss(swiglu_limit=1.0, sliding_window=128), without={"swiglu_limit 7": {"swiglu_limit": 7.0}, "window 16": {"sliding_window": 16}}),
    Variant("gpt_oss_mxfp4", "gpt-oss-20b with MXFP4 experts on disk (blocks and scales); expected: the dequantised weights in float32",
            gpt_oss(quantization_config=dict(quant_method="mxfp4", modules_to_not_convert=[
                "model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"])), store="mxfp4"),
    Variant("llama4_scout", "Llama-4-Scout: QK norm, llama3 scaling with equal frequency factors, temperature tuning (floor_scale 16), chunks of 32; released nesting with a vision tower",
            llama4(rope_scaling={**LLAMA3, "high_freq_factor": 1.0}), tokens=150, nested=True,
            without={**NO_SCALING, "no chunks": {"attention_chunk_size": 8192}, "no tuning": {"attn_temperature_tuning": False},
                     "no QK norm": {"use_qk_norm": False}, "floor_scale 8192": {"floor_scale": 8192}}),
    Variant("llama4_maverick", "Llama-4-Maverick: MoE every second layer, no QK norm, no_rope_layers as a list, tuning",
            llama4(interleave_moe_layer_step=2, use_qk_norm=False, no_rope_layers=[1, 1, 1, 0], num_local_experts=16, intermediate_size=32),
            tokens=150, without={"QK norm": {"use_qk_norm": True}, "no chunks": {"attention_chunk_size": 8192}}),
    Variant("granite_a800m", "Granite-3.1-3B-A800M: the four multipliers, top-8, tied embeddings", granite(),
            without={"attention_multiplier 0.25": {"attention_multiplier": 0.25}, "residual_multiplier 1": {"residual_multiplier": 1.0}}),
    Variant("granite_shared", "granitemoeshared: an ungated shared MLP beside the experts", granite("granitemoeshared", shared_intermediate_size=48, rope_theta=10000.0)),
    Variant("glm45_air", "GLM-4.5-Air: no QK norm, QKV bias (not on the output), half of each head rotated, a prediction layer in the file", glm(),
            prediction_layer=True, without={"all rotated": {"partial_rotary_factor": 1.0}}),
    Variant("glm45", "GLM-4.5: QK norm, two dense layers first, routed_scaling_factor 2.5, a prediction layer in the file",
            glm(use_qk_norm=True, first_k_dense_replace=2, num_hidden_layers=4, routed_scaling_factor=2.5), prediction_layer=True),
    Variant("phi35_moe_long", "Phi-3.5-MoE: biases, LongRoPE with the input longer than original_max_position_embeddings (64)", phi(64),
            without={"long_factor 1": {"rope_scaling": {**phi(64)["rope_scaling"], "long_factor": [1.0] * 8}},
                     "long_mscale 1": {"rope_scaling": {**phi(64)["rope_scaling"], "long_mscale": 1.0}},
                     "short_factor 1": {"rope_scaling": {**phi(64)["rope_scaling"], "short_factor": [1.0] * 8}}}),
    Variant("phi35_moe_short", "Phi-3.5-MoE: LongRoPE with the input within original_max_position_embeddings (256)", phi(256),
            without={"short_factor 1": {"rope_scaling": {**phi(256)["rope_scaling"], "short_factor": [1.0] * 8}},
                     "short_mscale 1": {"rope_scaling": {**phi(256)["rope_scaling"], "short_mscale": 1.0}},
                     "long_factor 1": {"rope_scaling": {**phi(256)["rope_scaling"], "long_factor": [1.0] * 8}}}),
    Variant("phi35_moe_window", "Phi-3.5-MoE with a sliding window of 16 that acts", phi(256, sliding_window=16),
            without={"no window": {"sliding_window": None}}),
]
