"""Writes blocks.gguf: for every block format a matrix of blocks, and its values as ggml's own library gives them.

    python3 blocks.py TARGET [BLOCKS]

Needs numpy, python3-gguf and libggml-base.so.0 (Debian: python3-gguf, libggml0). Half of the blocks are random bytes, so that every
bit of a layout counts; the other half are random weights that ggml quantised. Blocks that hold a NaN or an infinity are left out.
"""
import ctypes
import sys

import gguf
import numpy as np

TYPES = """Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS IQ2_XXS IQ2_XS IQ2_S IQ3_XXS IQ3_S IQ1_S IQ1_M
    TQ1_0 TQ2_0 MXFP4 NVFP4 Q1_0 Q2_0""".split()


class TypeTraits(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("elements", ctypes.c_int64), ("interleave", ctypes.c_int64),
                ("bytes", ctypes.c_size_t), ("is_quantized", ctypes.c_bool), ("to_float", ctypes.c_void_p),
                ("from_float", ctypes.c_void_p)]


ggml = ctypes.CDLL("libggml-base.so.0")
ggml.ggml_get_type_traits.restype = ctypes.POINTER(TypeTraits)
ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
ToFloat = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)


def dequantize(traits, blocks):
    values = np.empty(len(blocks) * traits.elements, np.float32)
    ToFloat(traits.to_float)(blocks.ctypes.data, values.ctypes.data, values.size)
    return values.reshape(len(blocks), traits.elements)


def random_blocks(traits, count, rng):
    found = np.empty((0, traits.bytes), np.uint8)
    while len(found) < count:
        blocks = rng.integers(0, 256, (count, traits.bytes), np.uint8)
        found = np.concatenate([found, blocks[np.isfinite(dequantize(traits, blocks)).all(axis=1)]])
    return found[:count]


def quantized_blocks(number, traits, count, rng):
    weights = rng.standard_normal((count, traits.elements)).astype(np.float32) * np.float32(0.02)
    importance = (rng.random(traits.elements) + 0.5).astype(np.float32)
    blocks = np.zeros((count, traits.bytes), np.uint8)
    ggml.ggml_quantize_chunk(number, ctypes.c_void_p(weights.ctypes.data), ctypes.c_void_p(blocks.ctypes.data), ctypes.c_int64(0),
                             ctypes.c_int64(count), ctypes.c_int64(traits.elements), ctypes.c_void_p(importance.ctypes.data))
    return blocks


def main(target, count):
    writer = gguf.GGUFWriter(target, "blocks")
    rng = np.random.default_rng(15)
    for name in TYPES:
        kind = gguf.GGMLQuantizationType[name]
        traits = ggml.ggml_get_type_traits(int(kind)).contents
        blocks = np.concatenate([random_blocks(traits, count // 2, rng), quantized_blocks(int(kind), traits, count // 2, rng)])
        writer.add_tensor(name, blocks, raw_dtype=kind)
        writer.add_tensor(name + ".values", dequantize(traits, blocks))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4)
