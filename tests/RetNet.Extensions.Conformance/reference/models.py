"""Builds the models of the cases with transformers, draws their weights, and runs them in float64."""

import copy

import torch
from torch.overrides import TorchFunctionMode
from transformers import AutoConfig, AutoModelForCausalLM


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
    for name, parameter in model.named_parameters():
        value = torch.randn(parameter.shape, generator=generator, dtype=torch.float32)
        if "norm" in name:
            value = 0.3 * value + (0 if case.stored_minus_one else 1)
        elif name.endswith("sinks"):
            value = 1.0 + value
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
        if is_double and function is torch.Tensor.to and torch.float32 in (*args[1:], kwargs.get("dtype")):
            return args[0]
        if is_double and kwargs.get("dtype") is torch.float32:
            kwargs["dtype"] = torch.float64
        return function(*args, **kwargs)


class Margins:
    """Watches how close the choices of the routers are: the difference of the last expert that is chosen and the next."""

    def __init__(self, model):
        self.smallest = float("inf")
        self._experts = getattr(model.config, "num_experts_per_tok", None)
        self._hooks = [module.register_forward_hook(self._watch) for name, module in model.named_modules()
                       if type(module).__name__.endswith("TopKRouter") or name.endswith("router.layer")]

    def _watch(self, module, inputs, output):
        logits = output[0] if isinstance(output, tuple) else output
        ordered = logits.detach().flatten(0, -2).sort(dim=-1, descending=True).values
        gap = (ordered[:, self._experts - 1] - ordered[:, self._experts]).min().item()
        self.smallest = min(self.smallest, gap)

    def close(self):
        for hook in self._hooks:
            hook.remove()
