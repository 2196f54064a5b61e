"""The architectures of the golden vectors: configurations as the hubs have them, in tiny shapes, and what each feature is without it."""

from dataclasses import dataclass, field


@dataclass
class Case:
    """A model, how its random weights are drawn, and the features that must be seen in its logits."""

    config: dict
    """config.json, written as the architecture's published checkpoints have it."""

    features: dict = field(default_factory=dict)
    """For each feature the options that turn it off, or a function that turns it off in the loaded model."""

    stored_minus_one: bool = False
    """Norm weights are stored as w - 1."""

    attention: float = 1.4
    """Factor of the query and key weights, so that attention is uneven."""

    long_tokens: int = 0
    """Tokens of a second prompt, beyond the original length of longrope."""

    seed: int = 0
    """The first seed that is tried."""


def _decoder(model_type, architecture, **options):
    config = {
        "architectures": [architecture], "model_type": model_type, "vocab_size": 61, "hidden_size": 32, "intermediate_size": 40,
        "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_act": "silu",
        "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False,
        "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "torch_dtype": "float32",
    }
    config.update(options)
    return config


def _without_norms(*names):
    """Turns norms into the identity: those whose module has one of these names."""

    def change(model):
        for module in list(model.modules()):
            for name, child in list(module.named_children()):
                if name in names:
                    child.forward = lambda x: x

    return change


def _norm_weight_as_stored(model):
    """Norms multiply by the stored weight instead of 1 more."""
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.data -= 1


def _embedding_scale_off(model):
    model.model.embed_tokens.embed_scale.fill_(1.0)


def _gemma_embedding_scale_off(model):
    # Gemma multiplies in its model's forward; the inverse factor in the tied table is taken back before the logits.
    embeddings = model.model.embed_tokens
    forward = embeddings.forward
    embeddings.forward = lambda ids: forward(ids) / model.config.hidden_size ** 0.5


def _sinks_off(model):
    for name, parameter in model.named_parameters():
        if name.endswith("sinks"):
            parameter.data.fill_(-1e9)


def _parameters_zero(*ends):
    def change(model):
        for name, parameter in model.named_parameters():
            if name.endswith(ends):
                parameter.data.zero_()

    return change


def _selection_bias_off(model):
    for name, values in (*model.named_parameters(), *model.named_buffers()):
        if name.endswith("e_score_correction_bias"):
            values.data.zero_()


def _clamp_off(model):
    for layer in model.model.layers:
        layer.mlp.experts.limit = 1e9


def _rotate_all_layers(model):
    for layer in model.model.layers:
        layer.self_attn.use_rope = 1


def _scale_all_layers(model):
    for layer in model.model.layers:
        layer._forward_pre_hooks.clear()
        layer._forward_pre_hooks_with_kwargs.clear()


def _rotate_halves(model):
    """Queries and keys whose even values stand before the odd ones: a rotation of neighbours then turns others together."""
    for name, parameter in model.named_parameters():
        if ".q_proj." in name or ".k_proj." in name:
            heads = parameter.data.unflatten(0, (-1, model.config.head_dim // 2, 2))
            parameter.data = heads.transpose(1, 2).flatten(0, 2).contiguous()


def _norms_before_rotation(model):
    for layer in model.model.layers:
        attention = layer.self_attn
        for projection, norm in ((attention.q_proj, attention.query_layernorm), (attention.k_proj, attention.key_layernorm)):
            projection.forward = lambda x, project=projection.forward, normalise=norm.forward: normalise(
                project(x).unflatten(-1, (-1, attention.head_dim))).flatten(-2)
            norm.forward = lambda x: x


def _query_scale_off(model):
    model.config.rope_parameters["llama_4_scaling_beta"] = 0.0


GEMMA = dict(hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh", head_dim=16, rms_norm_eps=1e-6,
             num_attention_heads=2, num_key_value_heads=1, attention_bias=False, bos_token_id=2, eos_token_id=1)

CASES = {
    "gemma": Case(
        _decoder("gemma", "GemmaForCausalLM", **{**GEMMA, "hidden_act": "gelu_pytorch_tanh"}, tie_word_embeddings=True),
        {
            "gelu (tanh)": dict(hidden_act="silu", hidden_activation="silu"),
            "norm weights stored less 1": _norm_weight_as_stored,
            "embedding scale": _gemma_embedding_scale_off,
        }, stored_minus_one=True, seed=1100),
    "gemma2": Case(
        _decoder("gemma2", "Gemma2ForCausalLM", **GEMMA, tie_word_embeddings=True, query_pre_attn_scalar=8, sliding_window=16,
                 attn_logit_softcapping=3.0, final_logit_softcapping=2.0, cache_implementation="hybrid"),
        {
            "gelu (tanh)": dict(hidden_act="silu", hidden_activation="silu"),
            "norm weights stored less 1": _norm_weight_as_stored,
            "embedding scale": _embedding_scale_off,
            "soft cap of attention": dict(attn_logit_softcapping=None),
            "soft cap of logits": dict(final_logit_softcapping=None),
            "query_pre_attn_scalar": dict(query_pre_attn_scalar=16),
            "windows": dict(sliding_window=1000),
            "norms after": _without_norms("post_attention_layernorm", "post_feedforward_layernorm"),
            "norms before": _without_norms("input_layernorm", "pre_feedforward_layernorm"),
        }, stored_minus_one=True, attention=2.0, seed=1200),
    "gemma3_text": Case(
        _decoder("gemma3_text", "Gemma3ForCausalLM", **{**GEMMA, "head_dim": 8, "num_attention_heads": 4}, intermediate_size=24,
                 num_hidden_layers=6, vocab_size=53,
                 tie_word_embeddings=True, query_pre_attn_scalar=4, sliding_window=16, sliding_window_pattern=6,
                 rope_theta=1000000.0, rope_local_base_freq=100.0, rope_scaling={"rope_type": "linear", "factor": 8.0},
                 attn_logit_softcapping=None, final_logit_softcapping=None, cache_implementation="hybrid"),
        {
            "gelu (tanh)": dict(hidden_act="silu", hidden_activation="silu"),
            "norm weights stored less 1": _norm_weight_as_stored,
            "embedding scale": _embedding_scale_off,
            "query_pre_attn_scalar": dict(query_pre_attn_scalar=8),
            "windows": dict(sliding_window=1000),
            "pattern of windows": dict(sliding_window_pattern=3),
            "local base": dict(rope_local_base_freq=1000000.0),
            "linear scaling of the global base": dict(rope_scaling=None),
            "norms of q and k": _without_norms("q_norm", "k_norm"),
            "norms after": _without_norms("post_attention_layernorm", "post_feedforward_layernorm"),
        }, stored_minus_one=True, seed=1300),
    "phi3-longrope": Case(
        _decoder("phi3", "Phi3ForCausalLM", hidden_size=48, intermediate_size=48, num_attention_heads=3, num_key_value_heads=1,
                 num_hidden_layers=2, partial_rotary_factor=0.75, tie_word_embeddings=True, original_max_position_embeddings=48,
                 max_position_embeddings=768, sliding_window=None,
                 rope_scaling={"type": "longrope", "short_factor": [1.0, 1.1, 1.3, 1.6, 2.0, 2.5],
                               "long_factor": [1.5, 3.0, 6.0, 10.0, 16.0, 24.0]}),
        {
            "short factors": dict(rope_scaling={"type": "longrope", "short_factor": [1.0] * 6,
                                                "long_factor": [1.5, 3.0, 6.0, 10.0, 16.0, 24.0]}),
            "attention factor": dict(rope_scaling={"type": "longrope", "short_factor": [1.0, 1.1, 1.3, 1.6, 2.0, 2.5],
                                                   "long_factor": [1.5, 3.0, 6.0, 10.0, 16.0, 24.0], "attention_factor": 1.0}),
            "partial rotary": dict(partial_rotary_factor=1.0, rope_scaling={"type": "longrope",
                                   "short_factor": [1.0, 1.1, 1.3, 1.6, 2.0, 2.5, 1.0, 1.0], "long_factor": [1.0] * 8}),
        }, attention=1.0, long_tokens=60, seed=1400),
    "phi3-window": Case(
        _decoder("phi3", "Phi3ForCausalLM", num_hidden_layers=2, original_max_position_embeddings=256, sliding_window=16,
                 rope_scaling=None),
        {"window": dict(sliding_window=None)}, seed=1450),
    "smollm3": Case(
        _decoder("smollm3", "SmolLM3ForCausalLM", num_hidden_layers=4, tie_word_embeddings=True, no_rope_layers=[1, 1, 1, 0],
                 no_rope_layer_interval=4, rope_theta=5000000.0, use_sliding_window=False, sliding_window=None,
                 attention_bias=False, mlp_bias=False, layer_types=["full_attention"] * 4),
        {"a layer without rotation": _rotate_all_layers}, attention=1.4, seed=1500),
    "ministral3": Case(
        _decoder("ministral3", "Ministral3ForCausalLM", head_dim=16, num_attention_heads=2, num_key_value_heads=1, sliding_window=None,
                 max_position_embeddings=256, rope_theta=1000000.0,
                 rope_parameters={"type": "yarn", "rope_type": "yarn", "rope_theta": 1000000.0, "factor": 16.0,
                                  "original_max_position_embeddings": 16, "beta_fast": 8.0, "beta_slow": 0.05, "mscale": 1.0,
                                  "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.5}),
        {
            "scale of queries with the position": _query_scale_off,
            "yarn": dict(rope_parameters={"rope_type": "default", "rope_theta": 1000000.0, "llama_4_scaling_beta": 0.5,
                                          "original_max_position_embeddings": 16}),
        }, attention=0.9, seed=1600),
    "granite": Case(
        _decoder("granite", "GraniteForCausalLM", tie_word_embeddings=True, embedding_multiplier=6.0, logits_scaling=0.5,
                 residual_multiplier=0.4, attention_multiplier=0.2, attention_bias=False, mlp_bias=False, rope_scaling=None),
        {
            "embedding_multiplier": dict(embedding_multiplier=1.0),
            "logits_scaling": dict(logits_scaling=1.0),
            "residual_multiplier": dict(residual_multiplier=1.0),
            "attention_multiplier": dict(attention_multiplier=8 ** -0.5),
        }, attention=2.0, seed=1700),
    "olmo2": Case(
        _decoder("olmo2", "Olmo2ForCausalLM", attention_bias=False, rope_theta=500000.0, rms_norm_eps=1e-6, num_key_value_heads=4),
        {
            "norms after": _without_norms("post_attention_layernorm", "post_feedforward_layernorm"),
            "norms of q and k": _without_norms("q_norm", "k_norm"),
        }, seed=1800),
    "llama-yarn": Case(
        _decoder("llama", "LlamaForCausalLM", head_dim=16, num_attention_heads=2, num_key_value_heads=1,
                 rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}),
        {
            "yarn": dict(rope_scaling=None),
            "ramp": dict(rope_scaling={"rope_type": "linear", "factor": 4.0}),
            "attention factor": dict(rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64,
                                                   "attention_factor": 1.0}),
        }, attention=1.0, seed=1900),
    "llama-bias": Case(
        _decoder("llama", "LlamaForCausalLM", attention_bias=True, mlp_bias=False, num_hidden_layers=2),
        {"biases of q, k and v": _parameters_zero("q_proj.bias", "k_proj.bias", "v_proj.bias"),
         "bias of the output": _parameters_zero("o_proj.bias")}, seed=2000),
    "mixtral": Case(
        _decoder("mixtral", "MixtralForCausalLM", num_hidden_layers=2, intermediate_size=24, num_local_experts=4,
                 num_experts_per_tok=2, sliding_window=None, rope_theta=1000000.0, router_aux_loss_coef=0.02,
                 output_router_logits=False),
        {"two experts per token": dict(num_experts_per_tok=1)}, seed=2100),
    "qwen3_moe": Case(
        _decoder("qwen3_moe", "Qwen3MoeForCausalLM", num_hidden_layers=2, head_dim=16, num_attention_heads=2, num_key_value_heads=1,
                 moe_intermediate_size=12, num_experts=8, num_experts_per_tok=3, norm_topk_prob=True, decoder_sparse_step=1,
                 mlp_only_layers=[], attention_bias=False, use_sliding_window=False, sliding_window=None, rope_theta=1000000.0,
                 router_aux_loss_coef=0.001, output_router_logits=False, max_window_layers=2),
        {"norm_topk_prob": dict(norm_topk_prob=False), "norms of q and k": _without_norms("q_norm", "k_norm")}, seed=2200),
    "gpt_oss": Case(
        _decoder("gpt_oss", "GptOssForCausalLM", num_hidden_layers=2, head_dim=16, num_attention_heads=2, num_key_value_heads=1,
                 intermediate_size=16, num_local_experts=4, num_experts_per_tok=2, sliding_window=16, attention_bias=True,
                 layer_types=["sliding_attention", "full_attention"], rope_theta=150000.0, swiglu_limit=7.0, experts_per_token=2,
                 initial_context_length=16, max_position_embeddings=128, router_aux_loss_coef=0.9, output_router_logits=False,
                 rope_scaling={"rope_type": "yarn", "factor": 8.0, "beta_fast": 8.0, "beta_slow": 0.2, "truncate": False,
                               "original_max_position_embeddings": 16}),
        {
            "sinks": _sinks_off,
            "clamp": _clamp_off,
            "windows": dict(sliding_window=1000),
            "biases of q, k, v and output": _parameters_zero("q_proj.bias", "k_proj.bias", "v_proj.bias", "o_proj.bias"),
            "biases of the router": _parameters_zero("router.bias"),
            "biases of the experts": _parameters_zero("gate_up_proj_bias", "down_proj_bias"),
            "yarn without rounding its range": dict(rope_scaling={
                "rope_type": "yarn", "factor": 8.0, "beta_fast": 8.0, "beta_slow": 0.2, "truncate": True,
                "original_max_position_embeddings": 16}),
        }, attention=1.0, seed=2300),
    "granitemoe": Case(
        _decoder("granitemoe", "GraniteMoeForCausalLM", num_hidden_layers=2, intermediate_size=16, num_local_experts=6,
                 num_experts_per_tok=3, tie_word_embeddings=True, embedding_multiplier=6.0, logits_scaling=0.5,
                 residual_multiplier=0.4, attention_multiplier=0.2, attention_bias=False, rope_scaling=None,
                 router_aux_loss_coef=0.001, output_router_logits=False),
        {
            "embedding_multiplier": dict(embedding_multiplier=1.0),
            "logits_scaling": dict(logits_scaling=1.0),
            "residual_multiplier": dict(residual_multiplier=1.0),
            "attention_multiplier": dict(attention_multiplier=8 ** -0.5),
            "three experts per token": dict(num_experts_per_tok=1),
        }, attention=2.0, seed=2400),
    "granitemoeshared": Case(
        _decoder("granitemoeshared", "GraniteMoeSharedForCausalLM", num_hidden_layers=2, intermediate_size=16, num_local_experts=6,
                 num_experts_per_tok=3, shared_intermediate_size=20, tie_word_embeddings=True, embedding_multiplier=6.0,
                 logits_scaling=0.5, residual_multiplier=0.4, attention_multiplier=0.2, attention_bias=False, rope_scaling=None,
                 router_aux_loss_coef=0.001, output_router_logits=False),
        {
            "shared expert": _parameters_zero("shared_mlp.output_linear.weight"),
            "three experts per token": dict(num_experts_per_tok=1),
        }, attention=2.0, seed=2500),
    "qwen2_moe": Case(
        _decoder("qwen2_moe", "Qwen2MoeForCausalLM", num_hidden_layers=2, moe_intermediate_size=12, shared_expert_intermediate_size=20,
                 num_experts=6, num_experts_per_tok=2, norm_topk_prob=False, decoder_sparse_step=1, use_sliding_window=False,
                 sliding_window=32768, max_window_layers=21, rope_theta=1000000.0, router_aux_loss_coef=0.001,
                 output_router_logits=False),
        {
            "softmax over all experts": dict(norm_topk_prob=True),
            "shared expert": _parameters_zero("shared_expert.down_proj.weight"),
            "gate of the shared expert": _parameters_zero("shared_expert_gate.weight"),
            "biases of q, k and v": _parameters_zero("q_proj.bias", "k_proj.bias", "v_proj.bias"),
        }, seed=2600),
    "olmo3": Case(
        _decoder("olmo3", "Olmo3ForCausalLM", num_hidden_layers=4, head_dim=16, num_attention_heads=2, attention_bias=False,
                 rope_theta=500000.0, rms_norm_eps=1e-6, sliding_window=16,
                 layer_types=["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"],
                 max_position_embeddings=512,
                 rope_scaling={"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 64, "beta_fast": 32.0,
                               "beta_slow": 1.0, "attention_factor": 1.2079441541679836}),
        {
            "norms after": _without_norms("post_attention_layernorm", "post_feedforward_layernorm"),
            "norms of q and k": _without_norms("q_norm", "k_norm"),
            "windows": dict(sliding_window=1000),
            "yarn": dict(rope_scaling=None),
            "yarn of the layer that sees everything alone": _scale_all_layers,
        }, seed=2700),
    "ernie4_5": Case(
        _decoder("ernie4_5", "Ernie4_5ForCausalLM", head_dim=16, num_attention_heads=2, num_key_value_heads=1, use_bias=False,
                 tie_word_embeddings=True, rope_theta=500000.0),
        {"rotation of neighbours": _rotate_halves}, attention=1.0, seed=2800),
    "seed_oss": Case(
        _decoder("seed_oss", "SeedOssForCausalLM", head_dim=16, num_attention_heads=2, num_key_value_heads=1, attention_bias=True,
                 attention_out_bias=False, mlp_bias=False, attention_dropout=0.1, residual_dropout=0.1, rms_norm_eps=1e-6,
                 rope_theta=10000000.0, rope_scaling={"rope_type": "default"}),
        {"biases of q, k and v": _parameters_zero("q_proj.bias", "k_proj.bias", "v_proj.bias")}, seed=2900),
    "glm4": Case(
        _decoder("glm4", "Glm4ForCausalLM", head_dim=16, num_attention_heads=2, num_key_value_heads=1, attention_bias=True,
                 partial_rotary_factor=0.5, num_hidden_layers=2),
        {
            "rotation of neighbours": _rotate_halves,
            "partial rotary": dict(partial_rotary_factor=1.0),
            "norms after": _without_norms("post_self_attn_layernorm", "post_mlp_layernorm"),
            "norms before": _without_norms("input_layernorm", "post_attention_layernorm"),
            "biases of q, k and v": _parameters_zero("q_proj.bias", "k_proj.bias", "v_proj.bias"),
        }, attention=1.0, seed=3000),
    "hunyuan_v1_dense": Case(
        _decoder("hunyuan_v1_dense", "HunYuanDenseV1ForCausalLM", head_dim=16, num_attention_heads=2, num_key_value_heads=1,
                 attention_bias=False, mlp_bias=False, tie_word_embeddings=True, max_position_embeddings=32768, use_qk_norm=True,
                 use_cla=False, num_experts=1,
                 rope_scaling={"type": "dynamic", "alpha": 1000.0, "factor": 1.0, "beta_fast": 32, "beta_slow": 1, "mscale": 1.0,
                               "mscale_all_dim": 1.0}),
        {
            "alpha": dict(rope_scaling=None),
            "norms of q and k": _without_norms("query_layernorm", "key_layernorm"),
            "norms after the rotation": _norms_before_rotation,
        }, attention=1.0, seed=3100),
    "olmoe": Case(
        _decoder("olmoe", "OlmoeForCausalLM", num_hidden_layers=2, intermediate_size=12, num_key_value_heads=4, attention_bias=False,
                 clip_qkv=None, num_experts=8, num_experts_per_tok=3, norm_topk_prob=False, rope_scaling=None,
                 router_aux_loss_coef=0.01, output_router_logits=False),
        {
            "softmax over all experts": dict(norm_topk_prob=True),
            "norms of q and k": _without_norms("q_norm", "k_norm"),
        }, seed=3200),
    "ernie4_5_moe": Case(
        _decoder("ernie4_5_moe", "Ernie4_5_MoeForCausalLM", num_hidden_layers=3, intermediate_size=24, num_attention_heads=2,
                 num_key_value_heads=1, use_bias=False, tie_word_embeddings=True, rope_theta=500000.0, moe_intermediate_size=12,
                 moe_num_experts=8, moe_k=3, moe_num_shared_experts=2, moe_layer_start_index=1, moe_layer_end_index=2,
                 moe_layer_interval=1, moe_norm_min=1e-12),
        {
            "three experts per token": dict(moe_k=1),
            "bias of the choice": _selection_bias_off,
            "shared experts": _parameters_zero("shared_experts.down_proj.weight"),
        }, attention=1.0, seed=3300),
    "glm4_moe": Case(
        _decoder("glm4_moe", "Glm4MoeForCausalLM", head_dim=16, num_attention_heads=2, num_key_value_heads=1, attention_bias=True,
                 use_qk_norm=True, partial_rotary_factor=0.5, moe_intermediate_size=12, n_routed_experts=8, num_experts_per_tok=3,
                 n_shared_experts=1, n_group=4, topk_group=2, routed_scaling_factor=2.5, norm_topk_prob=True, first_k_dense_replace=1,
                 num_nextn_predict_layers=0, rope_scaling=None),
        {
            "groups": dict(n_group=1, topk_group=1),
            "bias of the choice": _selection_bias_off,
            "normalised weights": dict(norm_topk_prob=False),
            "factor of the weights": dict(routed_scaling_factor=1.0),
            "shared expert": _parameters_zero("shared_experts.down_proj.weight"),
            "partial rotary": dict(partial_rotary_factor=1.0),
            "norms of q and k": _without_norms("q_norm", "k_norm"),
            "biases of q, k and v": _parameters_zero("q_proj.bias", "k_proj.bias", "v_proj.bias"),
        }, attention=1.0, seed=3400),
    "dots1": Case(
        _decoder("dots1", "Dots1ForCausalLM", num_hidden_layers=2, num_key_value_heads=4, attention_bias=False, moe_intermediate_size=12,
                 n_routed_experts=8, num_experts_per_tok=3, n_shared_experts=2, n_group=1, topk_group=1, routed_scaling_factor=2.5,
                 norm_topk_prob=True, first_k_dense_replace=1, scoring_func="sigmoid", sliding_window=None, max_window_layers=62, rope_scaling=None),
        {
            "bias of the choice": _selection_bias_off,
            "factor of the weights": dict(routed_scaling_factor=1.0),
            "shared experts": _parameters_zero("shared_experts.down_proj.weight"),
            "norms of q and k": _without_norms("q_norm", "k_norm"),
        }, seed=3500),
}
