"""Logits of a GGUF file as llama.cpp computes them, with keys and values in float32.

    python3 llama_logits.py MODEL.gguf TOKENS.json TARGET.f32

TOKENS.json is a list of token ids, or a list of such lists, each read from an empty context. TARGET receives the float32 logits of every
position, list after list. Needs libllama.so.0 (Debian: libllama0).
"""
import ctypes
import json
import sys

import numpy as np


class ModelParams(ctypes.Structure):
    _fields_ = [("devices", ctypes.c_void_p), ("overrides", ctypes.c_void_p), ("gpu_layers", ctypes.c_int32), ("rest", ctypes.c_uint8 * 236)]


class ContextParams(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("context", "batch", "ubatch", "sequences", "rs", "outputs", "outputs_per_sequence",
                                                     "threads", "threads_batch", "type", "rope", "pooling", "attention", "flash")] \
        + [("rope_parameters", ctypes.c_float * 6), ("yarn_context", ctypes.c_uint32), ("defragmentation", ctypes.c_float),
           ("callback", ctypes.c_void_p), ("callback_data", ctypes.c_void_p), ("type_k", ctypes.c_int32), ("type_v", ctypes.c_int32),
           ("rest", ctypes.c_uint64 * 32)]


class Batch(ctypes.Structure):
    _fields_ = [("count", ctypes.c_int32), ("tokens", ctypes.c_void_p), ("embeddings", ctypes.c_void_p), ("positions", ctypes.c_void_p),
                ("sequence_counts", ctypes.c_void_p), ("sequences", ctypes.c_void_p), ("wanted", ctypes.c_void_p)]


def load(path):
    llama = ctypes.CDLL("libllama.so.0")
    ggml = ctypes.CDLL("libggml.so.0")
    ggml.ggml_backend_load_all()
    llama.llama_backend_init()
    llama.llama_model_default_params.restype = ModelParams
    llama.llama_context_default_params.restype = ContextParams
    for function in (llama.llama_model_load_from_file, llama.llama_init_from_model, llama.llama_get_logits, llama.llama_model_get_vocab,
                     llama.llama_get_memory):
        function.restype = ctypes.c_void_p
    model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
    if not model:
        raise RuntimeError(f"{path} was not loaded")
    return llama, model


def open_context(llama, model, length, sequences=1):
    params = llama.llama_context_default_params()
    rounded = (length + 255) // 256 * 256
    params.context, params.sequences = rounded * sequences, sequences
    params.batch = params.ubatch = params.outputs = rounded
    params.threads = params.threads_batch = 1
    params.flash = 0
    params.type_k = params.type_v = 0
    context = llama.llama_init_from_model(ctypes.c_void_p(model), params)
    if not context:
        raise RuntimeError("no context")
    return context


def decode(llama, model, context, tokens, positions, sequences):
    """The logits after each of some tokens, [tokens x vocabulary]."""
    count = len(tokens)
    size = llama.llama_vocab_n_tokens(ctypes.c_void_p(llama.llama_model_get_vocab(ctypes.c_void_p(model))))
    ids, places, counts, numbers = ((ctypes.c_int32 * count)(*part) for part in (tokens, positions, [1] * count, sequences))
    first = ctypes.addressof(numbers)
    pointers = (ctypes.c_void_p * count)(*range(first, first + 4 * count, 4))
    wanted = (ctypes.c_int8 * count)(*[1] * count)
    batch = Batch(count, *(ctypes.addressof(part) if part is not None else None for part in (ids, None, places, counts, pointers, wanted)))
    if llama.llama_decode(ctypes.c_void_p(context), batch) != 0:
        raise RuntimeError("llama_decode failed")
    values = ctypes.cast(llama.llama_get_logits(ctypes.c_void_p(context)), ctypes.POINTER(ctypes.c_float))
    return np.ctypeslib.as_array(values, (count, size)).copy()


def logits(llama, model, lists):
    context = open_context(llama, model, max(map(len, lists)))
    for tokens in lists:
        llama.llama_memory_clear(ctypes.c_void_p(llama.llama_get_memory(ctypes.c_void_p(context))), True)
        yield decode(llama, model, context, tokens, range(len(tokens)), [0] * len(tokens))


def main(path, tokens, target):
    lists = json.load(open(tokens))
    lists = lists if isinstance(lists[0], list) else [lists]
    llama, model = load(path)
    np.concatenate(list(logits(llama, model, lists))).tofile(target)


if __name__ == "__main__":
    main(*sys.argv[1:4])
