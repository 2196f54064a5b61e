"""Gradients and AdamW steps of transformers' own models."""

import json
import pathlib
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file

from cases import CASES, Case
from models import SELECTION_BIAS, Double, Margins, build, randomise

BATCH, TOKENS = 2, 17
NOISE_FACTOR = 15
SMALL = {"vocab_size": 37, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
         "num_key_value_heads": 1, "max_position_embeddings": 64}


def _small(name, **options):
    case = CASES[name]
    return Case({**case.config, **SMALL, **options}, stored_minus_one=case.stored_minus_one, attention=case.attention,
                seed=case.seed + 5000)


TRAINING = {
    "train-gemma2": _small("gemma2", head_dim=8, sliding_window=6),
    "train-olmo2": _small("olmo2", num_key_value_heads=2),
    "train-granite": _small("granite"),
    "train-phi3": _small("phi3-longrope", original_max_position_embeddings=32, sliding_window=6,
                         rope_scaling={"type": "longrope", "short_factor": [1.0, 1.2, 1.7], "long_factor": [2.0, 4.0, 8.0]}),
    "train-smollm3": _small("smollm3", no_rope_layers=[1, 0], no_rope_layer_interval=2, layer_types=["full_attention"] * 2),
    "train-glm4": _small("glm4", head_dim=8, attention_bias=False),
    "train-hunyuan": _small("hunyuan_v1_dense", head_dim=8, max_position_embeddings=32768),
    "train-qwen2_moe": _small("qwen2_moe", num_hidden_layers=1, intermediate_size=16, num_experts=4),
    "train-mixtral": _small("mixtral", num_hidden_layers=1, intermediate_size=16),
    "train-ernie4_5_moe": _small("ernie4_5_moe", moe_num_experts=4, moe_k=2, moe_layer_interval=2, moe_layer_start_index=0,
                                 moe_layer_end_index=1),
    "train-glm4_moe": _small("glm4_moe", head_dim=8, attention_bias=False, use_qk_norm=False, num_experts_per_tok=2),
    "train-olmoe": _small("olmoe", num_hidden_layers=1, intermediate_size=16, num_key_value_heads=2, num_experts=4),
    "train-dots1": _small("dots1", num_key_value_heads=2, num_experts_per_tok=2),
}


def checkpoint_names(model, values):
    """Tensors of the trained parameters (values, gradients) under the names that a checkpoint has."""
    trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    kept = {name: parameter.data.clone() for name, parameter in trained.items()}
    for name, parameter in trained.items():
        parameter.data = values[name].float()
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tensors = load_file(pathlib.Path(folder) / "model.safetensors")
    for name, parameter in trained.items():
        parameter.data = kept[name]
    return {name: values for name, values in tensors.items() if not name.endswith(SELECTION_BIAS)}


def train(model, ids, labels):
    """Losses before the steps and after the last one, the first gradients, the parameters after one step and after three."""
    trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=1e-3, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.01)
    losses, snapshots = [], {}
    for step in range(4):
        optimizer.zero_grad()
        logits = model(input_ids=ids, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
        losses.append(loss.item())
        if step == 3:
            break
        loss.backward()
        if step == 0:
            snapshots["logits"] = logits.detach().clone()
            snapshots["grad"] = {name: parameter.grad.clone() for name, parameter in trained.items()}
        optimizer.step()
        snapshots[f"after{step + 1}"] = {name: parameter.data.clone() for name, parameter in trained.items()}
    return losses, snapshots


def attempt(case, seed):
    ids, labels = torch.randint(3, case.config["vocab_size"], (2, BATCH, TOKENS), generator=torch.Generator().manual_seed(seed + 1))
    results = []
    for precision in ("float32", "float64"):
        model = build(case.config)
        randomise(model, case, seed)
        router = Margins(model)
        if precision == "float32":
            results.append(train(model, ids, labels))
        else:
            with Double():
                results.append(train(model.double(), ids, labels))
        router.close()
    (losses, found), (exact_losses, exact) = results

    def noise(of):
        return {name: (found[of][name].double() - exact[of][name]).abs().max().item() for name in found[of]}

    gradients = noise("grad")
    for name, gradient in found["grad"].items():
        size = gradient.abs()
        if ((size > 0) & (size < 5 * gradients[name])).any():
            return None, f"a gradient of {name} is as small as its rounding"
    if router.smallest < 1e-3:
        return None, f"an expert is chosen by {router.smallest:.1e} only"
    loss_noise = max(abs(a - b) for a, b in zip(losses, exact_losses))
    measured = {"losses": losses, "loss_noise": loss_noise}
    tolerance = {"losses": NOISE_FACTOR * loss_noise}
    for of in ("grad", "after1", "after3"):
        measured[f"{of}_noise_vs_float64_max_abs"] = max(noise(of).values())
        tolerance[of] = NOISE_FACTOR * measured[f"{of}_noise_vs_float64_max_abs"]
    if measured["after3_noise_vs_float64_max_abs"] > 1e-6:
        return None, "an AdamW step magnifies the rounding"
    measured["gradient_max_abs"] = max(gradient.abs().max().item() for gradient in found["grad"].values())
    return (ids, labels, losses, found, measured, tolerance), None


def make_training(name, folder, versions):
    case = TRAINING[name]
    for seed in range(case.seed, case.seed + 90):
        result, fault = attempt(case, seed)
        if result is not None:
            break
        print(f"{name}: seed {seed}: {fault}", file=sys.stderr)
    else:
        raise RuntimeError(f"No seed of {name} does.")
    ids, labels, losses, found, measured, tolerance = result
    model = build(case.config)
    randomise(model, case, seed)
    expected = {"input_ids": ids, "labels": labels, "logits": found["logits"], "losses": torch.tensor(losses)}
    for of in ("grad", "after1", "after3"):
        expected.update({f"{of}.{key}": value for key, value in checkpoint_names(model, found[of]).items()})

    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "config.json").write_text(json.dumps(case.config, indent=2) + "\n")
    save_file({key: value.contiguous().clone() for key, value in expected.items()}, folder / "expected.safetensors")
    (folder / "case.json").write_text(json.dumps({
        "kind": "training-transformer-hf", "model_type": case.config["model_type"], "seeds": {"weights": seed, "data": seed + 1},
        "what": f"cross-entropy gradients and three AdamW steps of transformers' own {case.config['architectures'][0]}, eager "
                "attention, float32, CPU, made by reference/make_golden.py",
        "how": ["Loss, optimiser and tensors as in train-retnet-fla; gradients and parameters under the checkpoint's names, as "
                "transformers stores them."],
        "shapes": {key: list(value.shape) for key, value in expected.items()},
        "measured": measured, "suggested_max_abs_tolerance": tolerance, "versions": versions,
    }, indent=1) + "\n")
    print(f"{name}: seed {seed}, tolerance {tolerance}, {sum(f.stat().st_size for f in folder.iterdir()) // 1000} kB")
