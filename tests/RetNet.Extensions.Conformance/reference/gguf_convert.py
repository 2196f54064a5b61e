"""Converts a Hugging Face folder without a tokenizer to GGUF with llama.cpp's own converter, and gives it a vocabulary of names.

    python3 gguf_convert.py FOLDER TARGET.gguf [OPTION...]

OPTION is fuse_qkv, for queries, keys and values in one tensor, or as_llama, for a model of Qwen 2's shape that is published as a Llama.
The files golden/*/model.gguf are made so: of llama-bias with fuse_qkv, of qwen2-bias with as_llama, of the others without options. Needs python3-gguf, torch, transformers and the converter's package `conversion` (Debian: llama.cpp-tools).
"""
import json
import shutil
import sys
import tempfile
from pathlib import Path

import gguf

sys.path.insert(1, "/usr/share/llama.cpp/llama.cpp-tools")
from conversion import ModelBase, ModelType, get_model_architecture, get_model_class  # noqa: E402

NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6


def set_vocabulary(model):
    """A SentencePiece vocabulary of the model's size: <unk>, <s>, </s>, the newline's byte, then names."""
    size = model.hparams["vocab_size"]
    tokens = [b"<unk>", b"<s>", b"</s>", b"<0x0A>"] + [f"t{i}".encode() for i in range(4, size)]
    model.gguf_writer.add_tokenizer_model("llama")
    model.gguf_writer.add_tokenizer_pre("default")
    model.gguf_writer.add_token_list(tokens)
    model.gguf_writer.add_token_scores([0.0] * 4 + [-float(i) for i in range(4, size)])
    model.gguf_writer.add_token_types([UNKNOWN, CONTROL, CONTROL, BYTE] + [NORMAL] * (size - 4))
    for key in ("bos", "eos", "pad"):
        if (value := model.hparams.get(key + "_token_id")) is not None:
            getattr(model.gguf_writer, f"add_{key}_token_id")(value)


def main(folder, target, *options):
    with tempfile.TemporaryDirectory() as copy:
        for file in ("config.json", "model.safetensors"):
            shutil.copy(Path(folder) / file, copy)
        config = json.loads((Path(copy) / "config.json").read_text())
        size = config["vocab_size"]
        if "as_llama" in options:
            config.update(model_type="llama", architectures=["LlamaForCausalLM"])
            (Path(copy) / "config.json").write_text(json.dumps(config))
        # Gemma's conversion counts the tokens of this file.
        (Path(copy) / "tokenizer.json").write_text(
            json.dumps({"model": {"vocab": {f"t{i}": i for i in range(size)}}, "added_tokens": []}))
        hparams = ModelBase.load_hparams(Path(copy), False)
        architecture = get_model_architecture(hparams, ModelType.TEXT)
        model = get_model_class(architecture)(
            Path(copy), gguf.LlamaFileType.ALL_F32, Path(target), model_name="golden", fuse_qkv="fuse_qkv" in options)
        writer = getattr(model, "impl", model)
        writer.set_vocab = lambda: set_vocabulary(writer)
        model.set_vocab = writer.set_vocab
        model.write()


main(*sys.argv[1:])
