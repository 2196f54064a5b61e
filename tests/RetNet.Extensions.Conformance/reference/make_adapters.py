"""Golden vectors of LoRA adapters: transformers' logits with the weights that PEFT's formula merges.

python3 make_adapters.py GOLDEN     writes GOLDEN/lora-*; needs torch, transformers, safetensors and gguf (of gguf-py)

Each case has an adapter in the files that PEFT saves, and one of them also as llama.cpp's convert_lora_to_gguf.py writes it. Its base is
another case of GOLDEN. Tolerances are 15 times the difference between the reference in float32 and in float64.
"""
import json
import math
import os
import re
import sys

import gguf
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

GOLDEN = sys.argv[1]
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

CASES = {
    # A list of names; a rank and an alpha of their own for some.
    "lora-llama": ("llama-plain", 7, dict(
        r=4, lora_alpha=8, target_modules=LINEAR, rank_pattern={"down_proj": 2}, alpha_pattern={r"layers\.1\.self_attn\.q_proj": 12})),
    # The same base with other modules, some layers, embedding and head.
    "lora-llama-embeddings": ("llama-plain", 8, dict(
        r=3, lora_alpha=6, target_modules=["embed_tokens", "lm_head", "v_proj"], layers_to_transform=None)),
    "lora-qwen2-layers": ("qwen2-bias", 9, dict(
        r=2, lora_alpha=5, target_modules=["q_proj", "up_proj"], layers_to_transform=[1], layers_pattern="layers")),
    # A regular expression, rank-stabilised.
    "lora-qwen2-regex": ("qwen2-bias", 10, dict(
        r=4, lora_alpha=4, use_rslora=True, target_modules=r".*\.(self_attn\.(k|v)_proj|mlp\.down_proj)")),
    # A module that is saved whole.
    "lora-qwen2-saved": ("qwen2-bias", 11, dict(r=2, lora_alpha=2, target_modules="all-linear", modules_to_save=["lm_head"])),
}


def targets(config, module):
    """PEFT's check_target_module_exists."""
    target = config["target_modules"]
    if target == "all-linear":
        return module.endswith(tuple(LINEAR))
    if isinstance(target, str):
        return re.fullmatch(target, module) is not None
    if not any(module == name or module.endswith("." + name) for name in target):
        return False
    layers = config.get("layers_to_transform")
    if layers is None:
        return True
    match = re.match(rf".*\.{config['layers_pattern']}\.(\d+)\.", module)
    return match is not None and int(match.group(1)) in layers


def pattern_value(patterns, module, default):
    """PEFT's get_pattern_key."""
    for key, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({key})$", module):
            return value
    return default


def make(name, base, seed, config):
    folder = os.path.join(GOLDEN, name)
    os.makedirs(folder, exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    weights = load_file(os.path.join(GOLDEN, base, "model.safetensors"))
    adapter, merged, scales = {}, {key: value.double() for key, value in weights.items()}, {}
    for key, weight in sorted(weights.items()):
        module = key.removesuffix(".weight")
        prefix = f"base_model.model.{module}"
        if module in (config.get("modules_to_save") or []):
            merged[key] = (weight + 0.2 * torch.randn(weight.shape, generator=generator)).double()
            adapter[prefix + ".weight"] = merged[key].float()
        if weight.dim() != 2 or not key.endswith(".weight") or not targets(config, module):
            continue
        rank = pattern_value(config.get("rank_pattern"), module, config["r"])
        alpha = pattern_value(config.get("alpha_pattern"), module, config["lora_alpha"])
        scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
        scales[key] = scale
        outputs, inputs = weight.shape
        if module.endswith("embed_tokens"):
            a, b = torch.randn(rank, outputs, generator=generator), torch.randn(inputs, rank, generator=generator) * 0.3
            adapter[prefix + ".lora_embedding_A"], adapter[prefix + ".lora_embedding_B"] = a, b
            merged[key] += (b.double() @ a.double()).T * scale
        else:
            a = torch.randn(rank, inputs, generator=generator) / math.sqrt(inputs)
            b = torch.randn(outputs, rank, generator=generator) * 0.3
            adapter[prefix + ".lora_A.weight"], adapter[prefix + ".lora_B.weight"] = a, b
            merged[key] += (b.double() @ a.double()) * scale
    save_file(adapter, os.path.join(folder, "adapter_model.safetensors"), metadata={"format": "pt"})
    with open(os.path.join(folder, "adapter_config.json"), "w") as file:
        json.dump({"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base, "bias": "none", "fan_in_fan_out": False,
                   "inference_mode": True, "init_lora_weights": True, "lora_dropout": 0.05, "use_dora": False, "loftq_config": {},
                   "megatron_config": None, "megatron_core": "megatron.core", "layer_replication": None, "exclude_modules": None,
                   "eva_config": None, "lora_bias": False, **config}, file, indent=2)

    ids = load_file(os.path.join(GOLDEN, base, "expected.safetensors"))["input_ids"]
    logits = {}
    for dtype in (torch.float32, torch.float64):
        model = AutoModelForCausalLM.from_pretrained(os.path.join(GOLDEN, base), dtype=dtype, attn_implementation="eager")
        model.load_state_dict({key: value.to(dtype) for key, value in merged.items()}, strict=True)
        with torch.no_grad():
            logits[dtype] = model(ids).logits
    noise = (logits[torch.float32].double() - logits[torch.float64]).abs().max().item()
    save_file({"input_ids": ids, "logits": logits[torch.float32].contiguous()}, os.path.join(folder, "expected.safetensors"))
    with open(os.path.join(folder, "case.json"), "w") as file:
        json.dump({"kind": "lora", "base": base, "seed": seed, "what": "transformers with W + s B A in every targeted module",
                   "measured": {"float32_noise_vs_float64_max_abs": {"logits": noise}},
                   "suggested_max_abs_tolerance": {"logits": 15 * noise}}, file, indent=2)
    return adapter, config


def gguf_names(key):
    layer = re.match(r"model\.layers\.(\d+)\.", key)
    names = {"q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output", "gate_proj": "ffn_gate",
             "up_proj": "ffn_up", "down_proj": "ffn_down"}
    return f"blk.{layer.group(1)}.{names[key.split('.')[-2]]}.weight"


def permute(rows, heads):
    """LlamaModel.permute of llama.cpp's converter."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def make_gguf(name, adapter, config, base):
    """One rank and alpha for all: what the file can express."""
    with open(os.path.join(GOLDEN, base, "config.json")) as file:
        model = json.load(file)
    writer = gguf.GGUFWriter(os.path.join(GOLDEN, name, "adapter.gguf"), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", config["lora_alpha"])
    for key, value in sorted(adapter.items()):
        module, factor = re.fullmatch(r"base_model\.model\.(.*)\.lora_(A|B)\.weight", key).groups()
        if factor == "B" and module.endswith(("q_proj", "k_proj")):
            value = permute(value, model["num_attention_heads" if module.endswith("q_proj") else "num_key_value_heads"])
        writer.add_tensor(gguf_names(module + ".weight") + ".lora_" + factor.lower(), value.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


for case, (base_case, case_seed, settings) in CASES.items():
    make(case, base_case, case_seed, settings)
plain = dict(r=4, lora_alpha=8, target_modules=LINEAR)
made, _ = make("lora-gguf", "llama-plain", 12, plain)
make_gguf("lora-gguf", made, plain, "llama-plain")
