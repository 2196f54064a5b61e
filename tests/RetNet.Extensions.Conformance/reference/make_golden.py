#!/usr/bin/env python3
"""Makes the golden vectors of the Transformer architectures with transformers' own code.

On Debian sid (or a chroot of it):

    apt install python3-torch python3-transformers python3-safetensors
    ATEN_CPU_CAPABILITY=default OMP_NUM_THREADS=1 python3 make_golden.py OUTPUT [CASE...]

OUTPUT receives a folder per case, laid out as ../golden/README.md says. Without cases all of them are made. The result depends on the
versions, which case.json names; on the same versions it is the same bits. "vectors" is one of them: torch draws random numbers and sums
in the processor's vectors, and rounds otherwise without any. ATEN_CPU_CAPABILITY chooses them (default, avx2 or avx512).
"""

import json
import pathlib
import platform
import sys

import numpy
import safetensors
import torch
import transformers
from safetensors.torch import save_file

from cases import CASES
from models import Double, Margins, build, mend, randomise
from multistate import Run
from training import TRAINING, make_training

BATCH, TOKENS = 2, 33
K, PROMPT, STEPS, CHUNK = 12, 24, 16, 8
POLICIES = ["tova", "window", "window4", "h2o", "tova_chunked"]
NOISE_FACTOR = 15


def versions():
    return {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__,
            "safetensors": safetensors.__version__, "numpy": numpy.__version__,
            "vectors": torch.backends.cpu.get_cpu_capability()}


def difference(a, b):
    return (a.double() - b.double()).abs().max().item()


def forward(model, ids):
    """Logits, the output of every layer, and the final norm's output."""
    hidden = []
    hooks = [layer.register_forward_hook(lambda m, i, o: hidden.append(o[0] if isinstance(o, tuple) else o))
             for layer in model.model.layers]
    hooks.append(model.model.norm.register_forward_hook(lambda m, i, o: hidden.append(o)))
    logits = model(input_ids=ids, use_cache=False).logits
    for hook in hooks:
        hook.remove()
    return {"logits": logits, **{f"hidden.{i + 1}": x[:1] for i, x in enumerate(hidden[:-1])}, "final_norm": hidden[-1]}


def run_policies(model, prompt, forced):
    pieces = [prompt[i:i + CHUNK] for i in range(0, PROMPT, CHUNK)]
    return {name: Run(model, name.split("_")[0], K, pieces if name.endswith("_chunked") else [prompt], forced) for name in POLICIES}


def attempt(case, seed):
    """The case's vectors with one seed, or why the seed does not do."""
    model = build(case.config)
    randomise(model, case, seed)
    generator = torch.Generator().manual_seed(seed + 1)
    vocabulary = case.config["vocab_size"]
    ids = torch.randint(3, vocabulary, (BATCH, TOKENS), generator=generator)
    prompt = torch.randint(3, vocabulary, (PROMPT,), generator=generator).tolist()
    forced = torch.randint(3, vocabulary, (STEPS,), generator=generator).tolist()
    long_ids = torch.randint(3, vocabulary, (1, case.long_tokens), generator=generator) if case.long_tokens else None
    router = Margins(model)
    results = {}
    for precision in ("float32", "float64"):
        with torch.no_grad(), (Double() if precision == "float64" else torch.no_grad()):
            if precision == "float64":
                model = model.double()
            tensors = forward(model, ids)
            if long_ids is not None:
                tensors["long.logits"] = forward(model, long_ids)["logits"]
            results[precision] = (tensors, run_policies(model, prompt, forced))
    router.close()
    (tensors, runs), (exact, exact_runs) = results["float32"], results["float64"]
    noise = {name: difference(tensors[name], exact[name]) for name in tensors}
    noise_steps = {name: max(difference(run.step_logits, exact_runs[name].step_logits),
                             difference(run.prompt_logits, exact_runs[name].prompt_logits)) for name, run in runs.items()}
    noise_scores = {name: difference(runs[name].scores, exact_runs[name].scores) for name in ("tova", "h2o", "tova_chunked")}
    tolerance = {
        "logits": NOISE_FACTOR * max(noise["logits"], noise.get("long.logits", 0), *noise_steps.values()),
        "hidden": NOISE_FACTOR * max(value for name, value in noise.items() if not name.endswith("logits")),
        "scores": NOISE_FACTOR * max(noise_scores.values()),
    }
    margins = {name: runs[name].smallest_margin for name in noise_scores}
    if any(not torch.equal(run.kept, exact_runs[name].kept) for name, run in runs.items()):
        return None, "kept rows differ in float64"
    if min(margins.values()) < 2 * tolerance["scores"]:
        return None, f"a row is kept by {min(margins.values()):.1e} only"
    if router.smallest < 50 * max(noise.values()):
        return None, f"an expert is chosen by {router.smallest:.1e} only"

    expected = {"input_ids": ids, **tensors, "prompt_ids": torch.tensor([prompt]), "forced_tokens": torch.tensor(forced)}
    if long_ids is not None:
        expected["long.input_ids"] = long_ids
    expected["prompt_logits"] = runs["tova"].prompt_logits
    for name, run in runs.items():
        expected[f"{name}.forced.step_logits"], expected[f"{name}.forced.kept"] = run.step_logits, run.kept
        if name in noise_scores:
            expected[f"{name}.forced.scores"] = run.scores
        if name.endswith("_chunked"):
            expected[f"{name}.forced.prompt_logits"] = run.prompt_logits
            expected[f"{name}.forced.chunk_kept"] = run.chunk_kept
    measured = {
        "float32_noise_vs_float64_max_abs": noise, "float32_noise_of_policies_vs_float64": noise_steps,
        "float32_noise_scores_vs_float64": noise_scores, "logits_rms": tensors["logits"].pow(2).mean().sqrt().item(),
        "smallest_margin_between_last_kept_and_first_dropped_score": margins,
        "layers_whose_last_kept_rows_differ_from_window": {name: run.differs_from_window for name, run in runs.items()},
    }
    if router.smallest < float("inf"):
        measured["smallest_margin_between_last_chosen_expert_and_next"] = router.smallest
    return (expected, measured, tolerance), None


def switched_off(case, state, expected, tolerance):
    """How far the logits go when a feature is switched off; each must be far beyond the tolerance."""
    distances = {}
    for name, change in case.features.items():
        options = dict(case.config)
        if isinstance(change, dict):
            options.update(change)
        model = build(options, state)
        if not isinstance(change, dict):
            change(model)
        with torch.no_grad():
            distances[name] = difference(model(input_ids=expected["input_ids"], use_cache=False).logits, expected["logits"])
        assert distances[name] > 100 * tolerance["logits"], f"{name}: {distances[name]} is not visible beside {tolerance['logits']}"
    return distances


def make(name, folder):
    case = CASES[name]
    for seed in range(case.seed, case.seed + 90):
        found, fault = attempt(case, seed)
        if found is not None:
            break
        print(f"{name}: seed {seed}: {fault}", file=sys.stderr)
    else:
        raise RuntimeError(f"No seed of {name} does.")
    expected, measured, tolerance = found
    model = build(case.config)
    randomise(model, case, seed)
    measured["logits_change_when_switched_off"] = switched_off(case, model.state_dict(), expected, tolerance)

    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    (folder / "config.json").rename(folder / "config.transformers5.json")
    (folder / "generation_config.json").unlink(missing_ok=True)
    (folder / "config.json").write_text(json.dumps(case.config, indent=2) + "\n")
    save_file({key: value.contiguous().clone() for key, value in expected.items()}, folder / "expected.safetensors")
    reloaded = transformers.AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32)
    reloaded = mend(reloaded).eval()
    with torch.no_grad():
        measured["reloaded_from_folder_max_abs"] = difference(reloaded(input_ids=expected["input_ids"]).logits, expected["logits"])
    assert measured["reloaded_from_folder_max_abs"] <= tolerance["logits"] / NOISE_FACTOR * 2
    describe(folder, case, seed, expected, measured, tolerance)
    print(f"{name}: seed {seed}, tolerance {tolerance['logits']:.1e}, {sum(f.stat().st_size for f in folder.iterdir()) // 1000} kB")


def describe(folder, case, seed, expected, measured, tolerance):
    (folder / "case.json").write_text(json.dumps({
        "kind": "transformer-hf", "model_type": case.config["model_type"], "k": K, "prompt_tokens": PROMPT, "decode_steps": STEPS,
        "chunk": CHUNK, "policies": POLICIES, "seeds": {"weights": seed, "tokens": seed + 1},
        "what": f"transformers' own {case.config['architectures'][0]}, eager attention, float32, CPU, made by reference/make_golden.py",
        "how": [
            "config.json has the options as published checkpoints write them, config.transformers5.json as transformers 5 does; both "
            "give the same model.",
            "hidden.i = the first sequence after decoder layer i, final_norm = after model.norm.",
            "Policies run over the attention weights of transformers' eager attention, averaged over the query heads; only the rows are "
            "kept by own code. Sinks that are logits of the model itself (gpt_oss) are no rows: the weights of the rows are as they "
            "stand after the softmax over rows and sink. Layers with a window drop, after the policy, the rows that the next query "
            "cannot see.",
            "kept [steps+1, layers, k], scores [steps, layers, k+1], chunk_kept [chunks, layers, k]: as in tova-llama.",
        ],
        "shapes": {key: list(value.shape) for key, value in expected.items()},
        "measured": measured,
        "suggested_max_abs_tolerance": {**tolerance, "kept": "exact"},
        "versions": versions(),
    }, indent=1) + "\n")


def main():
    torch.use_deterministic_algorithms(True)
    output, names = pathlib.Path(sys.argv[1]), sys.argv[2:] or [*CASES, *TRAINING]
    for name in names:
        if name in TRAINING:
            make_training(name, output / name, versions())
        else:
            make(name, output / name)


if __name__ == "__main__":
    main()
