"""Makes the golden vectors of a decoder that embeds texts, with transformers itself.

    python3 make_embedding_golden.py FOLDER     writes FOLDER/embedding-qwen3

Needs torch, transformers 5, tokenizers and safetensors. A folder of the shape of Qwen3-Embedding: the tensors of the base class, no head,
a tokenizer that puts <|endoftext|> after a text, prompts, pooling of the last token. Random weights of a fixed seed, float32 on the CPU,
eager attention. The texts of a prompt are one batch, padded on the left, as the model's card has it. The tolerance is 15 times the largest
difference to the model in float64.
"""
import json
import pathlib
import sys

import tokenizers
import torch
import transformers

SEED = 950
FACTOR = 15
TEXTS = [
    "The capital of China is Beijing.", "Gravity pulls things down, and so on and on: it never stops pulling them.", "", "zz <|im_end|>"]
PROMPTS = {"query": "Instruct: Find the passage that answers.\nQuery:", "document": ""}
END, TURN = "<|endoftext|>", ["<|im_start|>", "<|im_end|>"]
WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CONFIGURATION = transformers.Qwen3Config(
    hidden_size=32, num_attention_heads=4, num_key_value_heads=2, head_dim=16, num_hidden_layers=2, intermediate_size=48, vocab_size=304,
    max_position_embeddings=512, rope_theta=1000000.0, tie_word_embeddings=False, bos_token_id=None, eos_token_id=None,
    use_sliding_window=False)


def byte_level():
    """Qwen's tokenizer with a vocabulary of 296 tokens."""
    parts = tokenizers.pre_tokenizers
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.normalizer = tokenizers.normalizers.NFC()
    tokenizer.pre_tokenizer = parts.Sequence([
        parts.Split(tokenizers.Regex(WORDS), "isolated"), parts.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.train_from_iterator([*TEXTS, *PROMPTS.values()], tokenizers.trainers.BpeTrainer(
        vocab_size=293, show_progress=False, initial_alphabet=parts.ByteLevel.alphabet()))
    tokenizer.add_special_tokens([END, *TURN])
    tokenizer.post_processor = tokenizers.processors.Sequence([
        tokenizers.processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False),
        tokenizers.processors.TemplateProcessing(single=f"$A {END}", special_tokens=[(END, tokenizer.token_to_id(END))])])
    return tokenizer


def randomize(model):
    """Weights under which every part of the model shows in the result."""
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            noise = torch.randn(weight.shape, generator=generator)
            if weight.dim() == 2:
                weight.copy_(noise if "embed" in name else noise * 1.3 / weight.shape[1] ** 0.5)
            else:
                weight.copy_(1 + 0.15 * noise)


def embed(model, tokenizer, texts):
    """The ids of each text, and the hidden state of its last token, scaled to length 1."""
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        last = model(**batch).last_hidden_state[:, -1]
    rows = [ids[mask.bool()].tolist() for ids, mask in zip(batch["input_ids"], batch["attention_mask"])]
    return rows, torch.nn.functional.normalize(last, dim=1)


def write(file, content):
    file.write_text(json.dumps(content, indent=2) + "\n")


def make(target):
    target.mkdir(parents=True, exist_ok=True)
    model = transformers.Qwen3Model(CONFIGURATION).eval()
    randomize(model)
    model.save_pretrained(target)
    configuration = json.loads((target / "config.json").read_text())
    write(target / "config.json", {**configuration, "architectures": ["Qwen3ForCausalLM"]})
    byte_level().save(str(target / "tokenizer.json"))
    write(target / "tokenizer_config.json", {
        "tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "eos_token": TURN[1], "pad_token": END, "padding_side": "left",
        "add_bos_token": False, "model_max_length": 131072})
    write(target / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])])
    (target / "1_Pooling").mkdir(exist_ok=True)
    write(target / "1_Pooling" / "config.json", {
        "word_embedding_dimension": 32, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": False,
        "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False, "pooling_mode_weightedmean_tokens": False,
        "pooling_mode_lasttoken": True, "include_prompt": True})
    write(target / "config_sentence_transformers.json", {
        "prompts": PROMPTS, "default_prompt_name": None, "similarity_fn_name": "cosine"})
    tokenizer = transformers.AutoTokenizer.from_pretrained(target)
    saved = transformers.AutoModel.from_pretrained(target, dtype=torch.float32, attn_implementation="eager").eval()
    assert tokenizer.padding_side == "left"
    prompts, noise = {}, 0.0
    for name, prompt in {"none": "", **PROMPTS}.items():
        texts = [prompt + text for text in TEXTS]
        ids, vectors = embed(saved.float(), tokenizer, texts)
        saved.double()  # Each text alone: padding becomes NaN in float64.
        double = torch.cat([embed(saved, tokenizer, [text])[1] for text in texts])
        noise = max(noise, (vectors - double).abs().max().item())
        prompts[name] = {"ids": ids, "vectors": vectors.tolist()}
    write(target / "texts.json", {"texts": TEXTS, "prompts": prompts})
    write(target / "case.json", {
        "kind": "embedding",
        "what": "transformers' Qwen3Model, eager attention, float32, CPU, batches padded on the left, last token, scaled to length 1",
        "seeds": {"weights": SEED},
        "measured": {"float32_noise_vs_float64_max_abs": noise},
        "suggested_max_abs_tolerance": {"vectors": FACTOR * noise},
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    })
    print(target.name, noise)


if __name__ == "__main__":
    torch.set_num_threads(1)
    make(pathlib.Path(sys.argv[1], "embedding-qwen3"))
