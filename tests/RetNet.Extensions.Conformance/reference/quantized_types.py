"""What every quantised type of GGUF files costs: KL divergences of a trained model's next tokens.

    python3 quantized_types.py prepare MODEL_FOLDER WORK     makes the models and llama.cpp's logits
    python3 quantized_types.py table WORK                    compares them with the logits WORK/TYPE.FORMAT.f32

Between the two, the benchmarks write our logits: for every TYPE and for FORMAT in auto, float32, int8 and int4
`dotnet run --project tests/RetNet.Extensions.Benchmarks -- logits WORK/TYPE.gguf WORK/tokens.json WORK/TYPE.FORMAT.f32 --weights FORMAT`.

The model is widened to rows of 256 numbers, which the larger blocks need: the residual stream is padded with zeros and turned by a random
rotation, norms are folded into what reads them, heads without values are added. It computes the same. Its texts are its own.
Needs what llama_logits.py needs, safetensors, and llama-quantize and llama-imatrix (Debian: llama.cpp-tools, llama.cpp-tools-extra).
"""
import json
import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors import safe_open

import llama_logits

TYPES = """Q8_0 Q6_K Q5_K_S Q5_1 Q5_0 Q4_K_S Q4_1 Q4_0 IQ4_NL IQ4_XS MXFP4 NVFP4 Q3_K_S IQ3_S IQ3_XXS Q2_K_S IQ2_S IQ2_XS IQ2_XXS IQ1_M
    IQ1_S Q2_0 TQ2_0 TQ1_0 Q1_0""".split()
WIDTH, LISTS, LENGTH = 256, 24, 160


def widen(folder, target):
    config = json.loads((folder / "config.json").read_text())
    width, layers, head = config["hidden_size"], config["num_hidden_layers"], config["head_dim"]
    heads, keys, inner, vocabulary = (config[k] for k in ("num_attention_heads", "num_key_value_heads", "intermediate_size", "vocab_size"))
    with safe_open(folder / "model.safetensors", "pt") as file:
        weights = {name: file.get_tensor(name).float().numpy().astype(np.float64) for name in file.keys()}
    rng = np.random.default_rng(15)
    rotation = np.linalg.qr(rng.standard_normal((WIDTH, WIDTH)))[0]
    wide_heads = WIDTH // head
    wide_keys = wide_heads * keys // heads
    scale = np.sqrt(width / WIDTH)  # of the mean square over more numbers

    def read_stream(name, norm):
        weight = weights[name] * (weights[norm] * scale if norm else 1)
        return np.pad(weight, ((0, 0), (0, WIDTH - width))) @ rotation.T

    def write_stream(name, columns):
        return rotation @ np.pad(weights[name], ((0, WIDTH - width), (0, columns - weights[name].shape[1])), mode="constant")

    def add_heads(weight, count):
        return np.pad(weight, ((0, count * head - len(weight)), (0, 0)))

    def pair_neighbours(weight):
        return weight.reshape(-1, 2, head // 2, WIDTH).swapaxes(1, 2).reshape(weight.shape)

    writer = gguf.GGUFWriter(target, "llama")
    writer.add_block_count(layers)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(wide_heads)
    writer.add_head_count_kv(wide_keys)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"] * width / WIDTH)
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_rope_dimension_count(head)
    add_tokenizer(writer, folder, config)

    def add(name, weight):
        writer.add_tensor(name, np.ascontiguousarray(weight, np.float32))

    ones = np.ones(WIDTH)
    add("token_embd.weight", read_stream("model.embed_tokens.weight", None))
    add("output.weight", read_stream("model.embed_tokens.weight", "model.norm.weight"))
    add("output_norm.weight", ones)
    for layer in range(layers):
        model, file = f"model.layers.{layer}.", f"blk.{layer}."
        mixing, feed = model + "input_layernorm.weight", model + "post_attention_layernorm.weight"
        add(file + "attn_norm.weight", ones)
        add(file + "ffn_norm.weight", ones)
        add(file + "attn_q.weight", pair_neighbours(add_heads(read_stream(model + "self_attn.q_proj.weight", mixing), wide_heads)))
        add(file + "attn_k.weight", pair_neighbours(add_heads(read_stream(model + "self_attn.k_proj.weight", mixing), wide_keys)))
        add(file + "attn_v.weight", add_heads(read_stream(model + "self_attn.v_proj.weight", mixing), wide_keys))
        # What multiplies heads without values does not matter, but has the size of the others.
        output = write_stream(model + "self_attn.o_proj.weight", WIDTH)
        output[:, heads * head:] = output[:, :WIDTH - heads * head]
        add(file + "attn_output.weight", output)
        add(file + "ffn_gate.weight", read_stream(model + "mlp.gate_proj.weight", feed))
        add(file + "ffn_up.weight", read_stream(model + "mlp.up_proj.weight", feed))
        add(file + "ffn_down.weight", write_stream(model + "mlp.down_proj.weight", inner))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer, folder, config):
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    ids = dict(tokenizer["model"]["vocab"])
    added = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    names = {number: name for name, number in {**ids, **added}.items()}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([names.get(i, f"<unused{i}>") for i in range(config["vocab_size"])])
    writer.add_token_types([3 if i in added.values() else 1 for i in range(config["vocab_size"])])
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])


def sample(model, count, rng):
    """Texts that the model writes, all at once."""
    llama, handle = llama_logits.load(str(model))
    context = llama_logits.open_context(llama, handle, LENGTH, count)
    lists = [[0] for _ in range(count)]
    for position in range(LENGTH - 1):
        last = [tokens[-1] for tokens in lists]
        for tokens, logits in zip(lists, llama_logits.decode(llama, handle, context, last, [position] * count, range(count))):
            p = np.exp(logits.astype(np.float64) - logits.max())
            tokens.append(int(rng.choice(len(p), p=p / p.sum())))
    return lists


def prepare(folder, work):
    original, tokens = work / "F32.gguf", work / "tokens.json"
    work.mkdir(exist_ok=True)
    widen(folder, original)
    tokens.write_text(json.dumps(sample(original, LISTS, np.random.default_rng(16))))
    llama_logits.main(str(original), str(tokens), str(work / "F32.llama.f32"))
    text = work / "text.txt"
    names = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    names = {number: name for name, number in names.items()}
    text.write_text(" ".join("".join(names.get(t, "") for t in list_).replace("\u0120", " ").replace("\u010a", "\n")
                             for list_ in sample(original, LISTS, np.random.default_rng(17))))
    subprocess.run(["llama-imatrix", "-m", original, "-f", text, "-o", work / "imatrix.gguf", "-c", "128", "-t", "1", "--no-ppl",
                    "--process-output"], check=True)
    for name in TYPES:
        target = work / f"{name}.gguf"
        kind = name.removesuffix("_S") if name.endswith("K_S") else name
        command = ["llama-quantize", "--imatrix", work / "imatrix.gguf", "--pure"]
        command += ["--output-tensor-type", kind, "--token-embedding-type", "F16", "--tensor-type", f"blk.*={kind}"]
        command += [original, target, "Q8_0", "1"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        llama_logits.main(str(target), str(tokens), str(work / f"{name}.llama.f32"))


def log_softmax(path, size):
    logits = np.fromfile(path, np.float32).reshape(-1, size).astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def divergence(p, q):
    return float((np.exp(p) * (p - q)).sum(axis=1).mean())


def table(work, size=4096):
    original = log_softmax(work / "F32.llama.f32", size)
    print("| type | of the type | kept here | ours | int8 | int4 | llama.cpp |")
    print("|---|---|---|---|---|---|---|")
    for name in TYPES:
        if not (work / f"{name}.float32.f32").exists():
            continue
        exact = log_softmax(work / f"{name}.float32.f32", size)
        row = [divergence(original, exact)]
        row += [divergence(exact, log_softmax(work / f"{name}.{format_}.f32", size)) for format_ in ("auto", "int8", "int4", "llama")]
        kept = (work / f"{name}.auto.txt").read_text().split(",")[0] if (work / f"{name}.auto.txt").exists() else ""
        print(f"| {name.removesuffix('_S') if name.endswith('K_S') else name} | {row[0]:.2g} | {kept} | "
              + " | ".join(f"{value:.1e}" for value in row[1:]) + " |")


if sys.argv[1] == "prepare":
    prepare(Path(sys.argv[2]), Path(sys.argv[3]))
else:
    table(Path(sys.argv[2]))
