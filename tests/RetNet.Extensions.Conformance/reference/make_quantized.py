"""Golden vectors of quantised safetensors: the matrices that the reference code of each method makes of them.

python3 make_quantized.py GOLDEN    writes GOLDEN/quantized-*; needs torch, transformers, safetensors and compressed-tensors

fp8 is dequantised by transformers (integrations/finegrained_fp8.py), compressed-tensors by its own compressors. GPTQ, AWQ and bitsandbytes
are packed here as AutoGPTQ, AutoAWQ and bitsandbytes lay them out, and dequantised by the formulas of their kernels.
"""
import json
import os
import sys

import torch
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM
from transformers.integrations.finegrained_fp8 import Fp8Dequantize

GOLDEN = sys.argv[1]
ROWS, COLUMNS = 48, 96
generator = torch.Generator().manual_seed(20)
NAME = "model.layers.0.self_attn.q_proj"


def random(*shape):
    return torch.randn(*shape, generator=generator)


def integers(low, high, *shape):
    return torch.randint(low, high, shape, generator=generator)


def write(case, quantization, tensors, expected, dtype="float16"):
    folder = os.path.join(GOLDEN, "quantized-" + case)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump({"model_type": "llama", "torch_dtype": dtype, "quantization_config": quantization}, file, indent=2)
    with open(os.path.join(folder, "case.json"), "w") as file:
        json.dump({"kind": "quantized", "what": __doc__.strip().split("\n")[0]}, file)
    save_file({key: value.contiguous() for key, value in tensors.items()}, os.path.join(folder, "model.safetensors"))
    save_file({NAME + ".weight": expected.float().contiguous()}, os.path.join(folder, "expected.safetensors"))


def pack_rows(q, bits):
    """q [n x m] to int32 [n / p x m], the lowest bits first."""
    pack = 32 // bits
    words = torch.zeros(q.shape[0] // pack, q.shape[1], dtype=torch.int64)
    for i in range(pack):
        words |= q[i::pack].long() << (bits * i)
    return words.to(torch.int64).apply_(lambda w: w - (1 << 32) if w >= 1 << 31 else w).to(torch.int32)


def fp8():
    for case, kind, block, dtype in [("fp8-blocks", torch.float8_e4m3fn, (32, 32), "bfloat16"),
                                     ("fp8-tensor", torch.float8_e4m3fn, None, "bfloat16"),
                                     ("fp8-e5m2", torch.float8_e5m2, (32, 32), "float32")]:
        weight = (random(64, COLUMNS) * 30).to(kind)
        scale = random(64 // block[0], COLUMNS // block[1]).abs() * 0.01 if block else torch.tensor(0.0123)
        out = Fp8Dequantize(None)._dequantize_one(
            weight, scale if block else scale.reshape(1, 1), torch.bfloat16 if dtype == "bfloat16" else torch.float32)
        write(case, {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": list(block) if block else None},
              {NAME + ".weight": weight, NAME + ".weight_scale_inv": scale, NAME + ".activation_scale": torch.tensor(1.0)}, out, dtype)


def gptq(case, bits, group, symmetric, order=False, v2=False):
    groups, middle = COLUMNS // group, 1 << (bits - 1)
    q = integers(0, 1 << bits, COLUMNS, ROWS)
    zeros = torch.full((groups, ROWS), middle) if symmetric else integers(1, 1 << bits, groups, ROWS)
    scales = (random(groups, ROWS).abs() * 0.01 + 0.002).half()
    g_idx = torch.arange(COLUMNS) // group
    if order:
        g_idx = g_idx[torch.randperm(COLUMNS, generator=generator)]
    stored = zeros if v2 else zeros - 1
    # The product of the kernels is in half precision.
    weight = scales[g_idx] * (q - zeros[g_idx]).half()
    write(case, {"quant_method": "gptq", "bits": bits, "group_size": group, "desc_act": order, "sym": symmetric,
                 "checkpoint_format": "gptq_v2" if v2 else "gptq"},
          {NAME + ".qweight": pack_rows(q, bits), NAME + ".qzeros": pack_rows(stored.T, bits).T, NAME + ".scales": scales,
           NAME + ".g_idx": g_idx.int()}, weight.T)


def awq():
    group, groups = 32, COLUMNS // 32
    q, zeros = integers(0, 16, COLUMNS, ROWS), integers(0, 16, groups, ROWS)
    scales = (random(groups, ROWS).abs() * 0.01 + 0.002).half()
    order = [0, 2, 4, 6, 1, 3, 5, 7]

    def pack(values):
        columns = torch.arange(values.shape[1]).reshape(-1, 8)[:, order].reshape(-1)
        return pack_rows(values[:, columns].T, 4).T

    # Integers times halves: exact in float32, and what the kernels compute before they round to half.
    weight = (q - zeros.repeat_interleave(group, 0)).float() * scales.float().repeat_interleave(group, 0)
    write("awq", {"quant_method": "awq", "bits": 4, "group_size": group, "version": "gemm", "zero_point": True},
          {NAME + ".qweight": pack(q), NAME + ".qzeros": pack(zeros), NAME + ".scales": scales}, weight.T)


def compressed(case, kind, format, **arguments):
    args = QuantizationArgs(type=kind, **arguments)
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    weight = random(ROWS, COLUMNS)
    group = arguments.get("group_size")
    shape = (ROWS, COLUMNS // group) if group else (ROWS, 1) if arguments["strategy"] == "channel" else (1,)
    largest = 448 if kind == "float" else (1 << arguments["num_bits"]) / 2 - 1
    scale = (torch.rand(shape, generator=generator) + 2) / largest
    state = {"weight": weight, "weight_scale": scale.bfloat16() if case.endswith("bf16") else scale}
    if not arguments["symmetric"]:
        state["weight_zero_point"] = integers(-3, 4, *shape).to(torch.int8)
    compressor = BaseCompressor.get_value_from_registry(format)
    packed = compressor.compress(dict(state), scheme)
    out = compressor.decompress(dict(packed), scheme)["weight"]
    write(case, {"quant_method": "compressed-tensors", "format": format, "quantization_status": "compressed",
                 "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": arguments["num_bits"], "type": kind}}}},
          {f"{NAME}.{key}": value for key, value in packed.items()}, out)


def bitsandbytes(case, quant_type, nested):
    block = 64
    # The tables of bitsandbytes' create_normal_map and of its fp4 type.
    tables = {
        "nf4": [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
                -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
                0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0],
        "fp4": [0.0, 0.0052083334885537624, 0.6666666865348816, 1.0, 0.3333333432674408, 0.5, 0.1666666716337204, 0.25,
                0.0, -0.0052083334885537624, -0.6666666865348816, -1.0, -0.3333333432674408, -0.5, -0.1666666716337204, -0.25],
    }
    table = torch.tensor(tables[quant_type])
    q = integers(0, 16, ROWS * COLUMNS)
    blocks = ROWS * COLUMNS // block
    state = {"quant_type": quant_type, "blocksize": block, "dtype": "bfloat16", "shape": [ROWS, COLUMNS]}
    tensors = {NAME + ".weight": (q[::2] << 4 | q[1::2]).to(torch.uint8).reshape(-1, 1), NAME + ".weight.quant_map": table}
    if nested:
        nested_table, indices = torch.linspace(-1, 1, 256), integers(0, 256, blocks)
        nested_absmax, offset = torch.rand((blocks + 15) // 16, generator=generator), 1.25
        absmax = nested_table[indices] * nested_absmax.repeat_interleave(16)[:blocks] + offset
        state |= {"nested_blocksize": 16, "nested_dtype": "float32", "nested_offset": offset}
        tensors |= {NAME + ".weight.absmax": indices.to(torch.uint8), NAME + ".weight.nested_absmax": nested_absmax,
                    NAME + ".weight.nested_quant_map": nested_table}
    else:
        absmax = torch.rand(blocks, generator=generator) * 0.1
        tensors[NAME + ".weight.absmax"] = absmax
    tensors[f"{NAME}.weight.quant_state.bitsandbytes__{quant_type}"] = torch.tensor(list(json.dumps(state).encode()), dtype=torch.uint8)
    weight = (table[q] * absmax.repeat_interleave(block)).bfloat16().reshape(ROWS, COLUMNS)
    write(case, {"quant_method": "bitsandbytes", "load_in_4bit": True}, tensors, weight, "bfloat16")


def bitsandbytes_int8():
    q, scb = integers(-127, 128, ROWS, COLUMNS).to(torch.int8), random(ROWS).abs()
    weight = (q.float() * (scb / 127).reshape(-1, 1)).bfloat16()
    write("bnb-int8", {"quant_method": "bitsandbytes", "load_in_8bit": True},
          {NAME + ".weight": q, NAME + ".SCB": scb, NAME + ".weight_format": torch.tensor(0, dtype=torch.uint8)}, weight, "bfloat16")


def llama():
    """The model of llama-plain with all linear layers of its blocks in GPTQ's form."""
    base, folder = os.path.join(GOLDEN, "llama-plain"), os.path.join(GOLDEN, "quantized-llama-gptq")
    os.makedirs(folder, exist_ok=True)
    tensors, plain = {}, {}
    for key, weight in sorted(load_file(os.path.join(base, "model.safetensors")).items()):
        if weight.dim() != 2 or "layers" not in key:
            tensors[key] = plain[key] = weight
            continue
        groups = weight.reshape(weight.shape[0], -1, 32)
        scale = (groups.abs().amax(-1) / 7).half()
        q = (groups / scale.float().unsqueeze(-1)).round().clamp(-8, 7) + 8
        module = key.removesuffix(".weight")
        tensors[module + ".qweight"] = pack_rows(q.reshape(weight.shape).T.long(), 4)
        tensors[module + ".qzeros"] = pack_rows(torch.full((scale.shape[0], scale.shape[1]), 7), 4).T
        tensors[module + ".scales"] = scale.T
        plain[key] = ((q - 8) * scale.float().unsqueeze(-1)).reshape(weight.shape)
    save_file({key: value.contiguous() for key, value in tensors.items()}, os.path.join(folder, "model.safetensors"))
    with open(os.path.join(base, "config.json")) as file:
        config = json.load(file)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config | {"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 32, "desc_act": False, "sym": True}},
                  file, indent=2)
    ids, logits = load_file(os.path.join(base, "expected.safetensors"))["input_ids"], {}
    for dtype in (torch.float32, torch.float64):
        model = AutoModelForCausalLM.from_pretrained(base, dtype=dtype, attn_implementation="eager")
        model.load_state_dict({key: value.to(dtype) for key, value in plain.items()}, strict=True)
        with torch.no_grad():
            logits[dtype] = model(ids).logits
    noise = (logits[torch.float32].double() - logits[torch.float64]).abs().max().item()
    save_file({"input_ids": ids, "logits": logits[torch.float32].contiguous()}, os.path.join(folder, "expected.safetensors"))
    with open(os.path.join(folder, "case.json"), "w") as file:
        json.dump({"kind": "quantized", "base": "llama-plain", "suggested_max_abs_tolerance": {"logits": 15 * noise}}, file)


llama()
fp8()
gptq("gptq", 4, 32, True)
gptq("gptq-asymmetric", 4, 32, False, v2=True)
gptq("gptq-order", 4, 32, True, order=True)
gptq("gptq-8bit", 8, 32, True)
gptq("gptq-small-groups", 4, 16, True)
awq()
compressed("ct-pack4", "int", "pack-quantized", num_bits=4, symmetric=True, strategy="group", group_size=32)
compressed("ct-pack4-zeros", "int", "pack-quantized", num_bits=4, symmetric=False, strategy="group", group_size=32)
compressed("ct-pack8-bf16", "int", "pack-quantized", num_bits=8, symmetric=True, strategy="channel")
compressed("ct-int8", "int", "int-quantized", num_bits=8, symmetric=True, strategy="channel")
compressed("ct-float8", "float", "float-quantized", num_bits=8, symmetric=True, strategy="channel")
bitsandbytes("bnb-nf4", "nf4", nested=True)
bitsandbytes("bnb-fp4", "fp4", nested=False)
bitsandbytes_int8()
