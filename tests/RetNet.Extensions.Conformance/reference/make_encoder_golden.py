"""Makes the golden vectors of encoders with transformers itself.

    python3 make_encoder_golden.py FOLDER     writes FOLDER/encoder-bert and so on

Needs torch, transformers 5, tokenizers and safetensors. Random weights of fixed seeds, tiny shapes, float32 on the CPU, eager
attention. Each text is computed alone, so that no padding takes part. The tolerance is 15 times the largest difference between the model in float32 and in float64.
"""
import json
import pathlib
import sys

import tokenizers
import torch
import transformers
from safetensors.torch import save_file

LENGTHS = [3, 70, 17]  # tokens of the texts: less than a tile of queries, more than a block of keys, between
FACTOR = 15
TEXTS = ["A dog ran.", "Cats & dogs: the cat sat on the mat, the dog ran, and so on and on.", "", "zzz"]
PROMPTS = {"query": "query: ", "document": ""}
MAX_TOKENS = 16
SHAPE = dict(hidden_size=48, num_attention_heads=4, num_hidden_layers=2, intermediate_size=80, vocab_size=97)

CASES = {
    "encoder-bert": ("learned positions, token types, gelu", transformers.BertModel, transformers.BertConfig(
        **SHAPE, max_position_embeddings=80, pad_token_id=0)),
    "encoder-xlm-roberta": ("positions after the padding token's id", transformers.XLMRobertaModel, transformers.XLMRobertaConfig(
        **SHAPE, max_position_embeddings=80, pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1, layer_norm_eps=1e-5)),
    "encoder-distilbert": ("no token types", transformers.DistilBertModel, transformers.DistilBertConfig(
        dim=48, n_heads=4, n_layers=2, hidden_dim=80, vocab_size=97, max_position_embeddings=80, pad_token_id=0)),
    "encoder-nomic-bert": ("rotary positions, gated silu, no biases", transformers.NomicBertModel, transformers.NomicBertConfig(
        **SHAPE, max_position_embeddings=80, pad_token_id=0)),
    "encoder-modernbert": ("norms first, local attention of 4 tokens to either side, two rotary bases", transformers.ModernBertModel,
        transformers.ModernBertConfig(**{**SHAPE, "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 4}, local_attention=8,
            max_position_embeddings=80, pad_token_id=0, bos_token_id=2, eos_token_id=1, cls_token_id=2, sep_token_id=1)),
}


def randomize(model, seed):
    """Weights under which every part of the model shows in the result."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            noise = torch.randn(weight.shape, generator=generator)
            if weight.dim() == 2:
                weight.copy_(noise if "embedding" in name else noise * 1.3 / weight.shape[1] ** 0.5)
            elif name.endswith("bias"):
                weight.copy_(noise * 0.3)
            else:
                weight.copy_(1 + 0.15 * noise)


def pooled(hidden):
    """Poolings by their definitions in sentence-transformers, each scaled to length 1."""
    vectors = {"cls": hidden[0], "mean": hidden.mean(0), "max": hidden.max(0).values, "last": hidden[-1]}
    return {name: vector / vector.norm() for name, vector in vectors.items()}


def word_pieces():
    """BERT's tokenizer with a vocabulary of 97 tokens."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = "the dog cat ran sat on and query mat so".split()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + letter for letter in letters), *words]
    vocabulary += [*".,:&!?()0123456789"]
    vocabulary += [f"[unused{i}]" for i in range(97 - len(vocabulary))]
    ids = {token: i for i, token in enumerate(vocabulary)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.add_special_tokens(vocabulary[:5])
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = tokenizers.decoders.WordPiece()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])])
    return tokenizer


def make_sentence_transformer(target, model):
    """Adds sentence-transformers' files to a model, and the vectors of texts as that library's code forms them: the prompt, the tokenizer
    with truncation, the model, mean pooling, the norm."""
    tokenizer = word_pieces()
    tokenizer.save(str(target / "tokenizer.json"))
    write(target / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])])
    (target / "1_Pooling").mkdir(exist_ok=True)
    write(target / "1_Pooling" / "config.json", {"word_embedding_dimension": 48, "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False})
    write(target / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS, "do_lower_case": False})
    write(target / "config_sentence_transformers.json", {"prompts": PROMPTS, "default_prompt_name": None})
    tokenizer.enable_truncation(MAX_TOKENS)
    vectors = {}
    for name, prompt in {"none": "", **PROMPTS}.items():
        ids = [tokenizer.encode(prompt + text).ids for text in TEXTS]
        result = run(model, [torch.tensor(row) for row in ids])
        vectors[name] = {"ids": ids, "vectors": result["mean"].tolist()}
    write(target / "texts.json", {"texts": TEXTS, "prompts": vectors})


def write(file, content):
    file.write_text(json.dumps(content, indent=2) + "\n")


def run(model, texts):
    with torch.no_grad():
        hidden = [model(input_ids=text[None]).last_hidden_state[0] for text in texts]
    result = {"hidden": torch.cat(hidden)}
    for name in ["cls", "mean", "max", "last"]:
        result[name] = torch.stack([pooled(rows)[name] for rows in hidden])
    return result


def make(folder, name, what, kind, config, seed):
    config._attn_implementation = "eager"
    model = kind(config).eval()
    randomize(model, seed)
    generator = torch.Generator().manual_seed(seed + 1000)
    texts = [torch.randint(3, config.vocab_size, (length,), generator=generator) for length in LENGTHS]
    single = run(model, texts)
    target = pathlib.Path(folder, name)
    model.save_pretrained(target)
    if name == "encoder-bert":
        make_sentence_transformer(target, model)
    double = run(model.double(), texts)
    noise = {part: (single[part].double() - double[part]).abs().max().item() for part in single}
    save_file({"input_ids": torch.cat(texts), "lengths": torch.tensor(LENGTHS), **single}, target / "expected.safetensors")
    description = {
        "kind": "encoder",
        "what": f"transformers' {kind.__name__}, eager attention, float32, CPU, each text alone: {what}",
        "seeds": {"weights": seed, "tokens": seed + 1000},
        "measured": {"float32_noise_vs_float64_max_abs": noise},
        "suggested_max_abs_tolerance": {part: FACTOR * value for part, value in noise.items()},
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }
    write(target / "case.json", description)
    print(name, noise)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for index, (case, (text, model_class, configuration)) in enumerate(CASES.items()):
        make(sys.argv[1], case, text, model_class, configuration, 900 + index)
