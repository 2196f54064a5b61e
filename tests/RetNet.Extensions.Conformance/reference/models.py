"""Builds the models of the cases with transformers, draws their weights, and runs them in float64."""

import copy

import torch
from torch.overrides import TorchFunctionMode
from transformers import AutoConfig, AutoModelForCausalLM

SELECTION_BIAS = "e_score_correction_bias"
"""What a router adds to its scores for choosing only: a parameter without a gradient, or a buffer."""


def configuration(options):
    """The configuration of a config.json."""
    options = copy.deepcopy(options)
    return AutoConfig.for_model(options.pop("model_type"), **options)


def build(options, state=None):
    """The model of a config.json, with the weights of another one."""
    model = AutoModelForCausalLM.from_config(configuration(options), dtype=torch.float32, attn_implementation="eager")
    if hasattr(model, "set_experts_implementation") and model._can_set_experts_implementation():
        model.set_experts_implementation("eager")
    if state is not None:
        model.load_state_dict(state)
    return mend(model).eval()


def mend(model):
    """OLMo 3's layers with a window have an unscaled rotary embedding: transformers 5 lost that (its pull request 45945 restores it)."""
    if model.config.model_type != "olmo3":
        return model
    plain = copy.deepcopy(model.config)
    plain.rope_parameters = {"rope_type": "default", "rope_theta": model.config.rope_parameters["rope_theta"]}
    rotation = type(model.model.rotary_emb)(plain)

    def unscaled(layer, inputs, options):
        return inputs, {**options, "position_embeddings": rotation(inputs[0], options["position_ids"])}

    for kind, layer in zip(model.config.layer_types, model.model.layers):
        if kind == "sliding_attention":
            layer.register_forward_pre_hook(unscaled, with_kwargs=True)
    return model


def randomise(model, case, seed, embeddings=None):
    """Draws every weight: linear N(0, 1/fan_in), more for queries and keys, norms around 1, biases and sinks visible."""
    generator = torch.Generator().manual_seed(seed)
    tied = model.config.tie_word_embeddings
    width = model.config.hidden_size
    biases = [(name, values) for name, values in model.named_buffers() if name.endswith(SELECTION_BIAS)]
    for name, parameter in (*model.named_parameters(), *biases):
        value = torch.randn(parameter.shape, generator=generator, dtype=torch.float32)
        if "norm" in name:
            value = 0.3 * value + (0 if case.stored_minus_one else 1)
        elif name.endswith("sinks"):
            value = 1.0 + value
        elif name.endswith(SELECTION_BIAS):
            value *= 0.15
        elif "bias" in name:
            value *= 0.5
        elif "embed_tokens" in name:
            value *= width ** -0.5 if tied else 1
        elif "experts.gate_up_proj" in name and model.config.model_type == "gpt_oss":
            value *= 3 * parameter.shape[-2] ** -0.5
        elif "experts.down_proj" in name and model.config.model_type == "gpt_oss":
            value *= 0.3 * parameter.shape[-2] ** -0.5
        elif "router" in name or name.endswith("mlp.gate.weight"):
            value *= 2 * parameter.shape[-1] ** -0.5
        else:
            value *= parameter.shape[-1] ** -0.5
        if any(part in name for part in ("q_proj.weight", "k_proj.weight")):
            value *= case.attention
        if "qkv_proj" in name:
            heads = model.config.num_attention_heads + model.config.num_key_value_heads
            rotated = heads * (width // model.config.num_attention_heads)
            value[:rotated] *= case.attention
        parameter.data.copy_(value)


class Double(TorchFunctionMode):
    """Runs a float64 model in float64 throughout: the reference's own casts to float32 are left out."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function is torch.Tensor.float:
            return args[0].double()
        is_double = bool(args) and isinstance(args[0], torch.Tensor) and args[0].dtype is torch.float64
        if is_double and function in (torch.Tensor.to, torch.Tensor.type) and torch.float32 in (*args[1:], kwargs.get("dtype")):
            return args[0]
        if is_double and kwargs.get("dtype") is torch.float32:
            kwargs["dtype"] = torch.float64
        return function(*args, **kwargs)


class Margins:
    """Watches how close the choices of the routers are: the difference of the last expert, or group, that is chosen and the next."""

    def __init__(self, model):
        self.smallest = float("inf")
        self._config = model.config
        self._experts = getattr(model.config, "num_experts_per_tok", None)
        self._hooks = [module.register_forward_hook(self._watch) for name, module in model.named_modules()
                       if type(module).__name__.lower().endswith("topkrouter") or name.endswith("router.layer")]

    def _watch(self, module, inputs, output):
        logits = output[0] if isinstance(output, tuple) else output
        scores = logits.detach().flatten(0, -2)
        if hasattr(module, "moe_statics"):
            scores = module.moe_statics(scores.softmax(-1)).detach()
        elif hasattr(module, SELECTION_BIAS):
            scores = self._within_groups(scores.sigmoid() + module.e_score_correction_bias)
        self._compare(scores, self._experts)

    def _within_groups(self, scores):
        """DeepSeek V3's choice: experts of the groups whose two highest scores have the largest sums."""
        count, chosen = self._config.n_group, self._config.topk_group
        groups = scores.unflatten(-1, (count, -1))
        sums = groups.topk(2, -1).values.sum(-1)
        if chosen < count:
            self._compare(sums, chosen)
        last = sums.topk(chosen, -1).values[:, -1:]
        return groups.masked_fill((sums < last)[..., None], float("-inf")).flatten(-2)

    def _compare(self, scores, chosen):
        ordered = scores.sort(dim=-1, descending=True).values
        self.smallest = min(self.smallest, (ordered[:, chosen - 1] - ordered[:, chosen]).min().item())

    def close(self):
        for hook in self._hooks:
            hook.remove()
