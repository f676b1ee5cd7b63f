"""Makes Tests/Fixtures/traces: what vLLM, SGLang and TensorRT-LLM tell of routed experts, in small.

Needs torch, numpy and safetensors. Ids follow a formula, which the tests know too: see `routed`.

    python3 make_trace_fixtures.py
"""

import base64
import io
import json
import pathlib

import numpy as np
import safetensors.torch
import torch

FOLDER = pathlib.Path(__file__).parent / "traces"
EXPERTS, LAYERS, TOP_K = 16, 3, 2


def routed(seed, tokens, layers=LAYERS, start=0):
    """Experts of `tokens` tokens from position `start` on, shape [tokens, layers, top-k]."""
    t, l, k = np.meshgrid(np.arange(start, start + tokens), np.arange(layers), np.arange(TOP_K), indexing="ij")
    return (7 * t + 3 * l + 5 * k + seed) % EXPERTS


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return base64.b64encode(buffer.getvalue()).decode()


def raw(array):
    return base64.b64encode(array.astype("<i4").tobytes()).decode()


def usage(prompt, completion):
    return {"usage": {"prompt_tokens": prompt, "completion_tokens": completion}}


def lines(name, values):
    (FOLDER / name).write_text("".join(json.dumps(value) + "\n" for value in values))


def vllm():
    """Requests of 5 prompt and 4 answer tokens: 8 rows, seed = index."""
    whole = [routed(seed, 8) for seed in range(8)]
    answers = [
        {"id": "uint8", "choices": [{"routed_experts": npy(whole[0].astype(np.uint8))}], **usage(5, 4)},
        {"id": "int32", "choices": [{"routed_experts": npy(whole[1].astype(np.int32))}], **usage(5, 4)},
        {"id": "fortran", "choices": [{"routed_experts": npy(np.asfortranarray(whole[2].astype(">u2")))}],
         **usage(5, 4)},
        # The prompt's first three rows were not asked for.
        {"id": "start", "choices": [{"routed_experts": npy(whole[3][3:].astype(np.uint16))}], **usage(5, 4)},
        # v0.21: prompt and answer apart, as lists or as arrays.
        {"id": "parts", "prompt_routed_experts": whole[4][:5].tolist(),
         "choices": [{"routed_experts": whole[4][5:].tolist()}], **usage(5, 4)},
        {"id": "npy-parts", "prompt_routed_experts": npy(whole[5][:5].astype(np.int16)),
         "choices": [{"routed_experts": npy(whole[5][5:].astype(np.int16))}], **usage(5, 4)},
        # Dynamo: shape and type beside the bytes.
        {"id": "wrapped", "choices": [{"nvext": {"routed_experts": {
            "data": base64.b64encode(whole[6][2:].astype("<u1").tobytes()).decode(), "shape": [6, LAYERS, TOP_K],
            "dtype": "uint8", "start": 2}}}], **usage(5, 4)},
        {"id": "logged", "domain": "code", "category": "python", "response": {
            "id": "inner", "choices": [{"routed_experts": npy(whole[7].astype(np.uint8))}], **usage(5, 4)}},
    ]
    lines("vllm.jsonl", answers)


def sglang():
    """The same, with a dense layer of zeros in front of the others."""
    whole = [np.concatenate([np.zeros((8, 1, TOP_K), int), routed(seed, 8)], axis=1) for seed in range(3)]
    meta = {"prompt_tokens": 5, "completion_tokens": 4}
    answers = [
        {"text": "x", "meta_info": {"id": "generate", **meta, "routed_experts": raw(whole[0])}},
        {"id": "answer", "choices": [{"text": "x"}], "sglext": {"routed_experts": raw(whole[1])}, **usage(5, 4)},
        {"id": "choice", "choices": [{"text": "x", "sgl_ext": {"routed_experts": raw(whole[2])}}], **usage(5, 4)},
    ]
    lines("sglang.jsonl", answers)


def stat(name, protocol):
    """Counts [steps, layers, experts]; the last step of the ring was never used, the first layer is dense."""
    counts = torch.arange(2 * LAYERS * EXPERTS).reshape(2, LAYERS, EXPERTS) % 11
    counts[1] = 0
    counts[:, 0] = 0
    # A view into a larger storage, not contiguous.
    storage = torch.full((3, EXPERTS, LAYERS), 99, dtype=torch.int64)
    storage[1:] = counts.transpose(1, 2)
    data = {"rank": 0, "logical_count": storage[1:].transpose(1, 2), "average_utilization_rate_over_window": 0.5}
    torch.save(data, FOLDER / name, pickle_protocol=protocol)


def physical_map():
    """Two more physical experts than logical ones, in another order for each layer."""
    order = [[(e * 3 + layer) % EXPERTS for e in range(EXPERTS)] + [layer, layer + 1] for layer in range(LAYERS + 1)]
    return torch.tensor(order)


def record(number, mode, parts, lengths):
    """One pass; parts are (seed, first position, tokens). The first layer is dense: all -1."""
    mapping = physical_map()
    ids = np.concatenate([routed(seed, tokens, start=start) for seed, start, tokens in parts])
    table = torch.full((LAYERS + 1, len(ids), 8), -1, dtype=torch.int32)
    for token in range(len(ids)):
        for layer in range(LAYERS):
            for k in range(TOP_K):
                places = (mapping[layer + 1] == int(ids[token, layer, k])).nonzero()
                table[layer + 1, token, k] = int(places[-1])
    positions = [start + i for _, start, tokens in parts for i in range(tokens)]
    return {
        "forward_pass_id": number, "rank": 0, "gatherer_key": "primary", "input_ids": [1000 + p for p in positions],
        "positions": positions, "extend_seq_lens": lengths, "forward_mode": mode, "topk_ids_of_layer": table,
        "misc_objects": [], "global_physical_count": torch.zeros((LAYERS + 1, EXPERTS + 2), dtype=torch.int32)}


def per_token():
    """Sequence 0: prompt of 4, then 3 steps. Sequence 1: prompt of 6 in two pieces, then 2. Sequence 2: begins late."""
    records = [
        record(0, 1, [(0, 0, 4), (1, 0, 3)], [4, 3]),
        record(1, 1, [(1, 3, 3)], [3]),
        record(2, 2, [(0, 4, 1), (1, 6, 1)], None),
        record(3, 3, [(2, 0, 2), (0, 5, 1), (1, 7, 1)], [2, 1, 1]),
        record(4, 2, [(0, 6, 1), (2, 2, 1)], None),
        record(5, 2, [(2, 3, 1)], None),
    ]
    data = {"records": records, "last_physical_to_logical_map": physical_map()}
    torch.save(data, FOLDER / "sglang_per_token.pt")


def per_pass():
    mapping = physical_map()
    counts = torch.arange((LAYERS + 1) * (EXPERTS + 2), dtype=torch.int32).reshape(LAYERS + 1, EXPERTS + 2)
    records = [{"forward_pass_id": i, "rank": 0, "gatherer_key": "primary", "global_physical_count": counts}
               for i in range(2)]
    torch.save({"records": records, "last_physical_to_logical_map": mapping}, FOLDER / "sglang_per_pass.pt")


def tensorrt():
    folder = FOLDER / "tensorrt"
    folder.mkdir(exist_ok=True)
    (folder / "meta_info.json").write_text(json.dumps({"num_experts": EXPERTS, "num_experts_per_token": TOP_K}))
    for rank in range(2):
        tensors = {f"{step}_{layer}": torch.arange(EXPERTS) * (rank + 1) + layer + step
                   for step in (100, 101) for layer in (3, 5)}
        safetensors.torch.save_file(tensors, folder / f"rank{rank}.safetensors")


class Touch:
    """Pickles to a call; unpickling it the usual way would run it."""

    def __reduce__(self):
        return (print, ("this must never run",))


def hostile():
    torch.save({"logical_count": Touch()}, FOLDER / "hostile_call.pt")
    torch.save({"logical_count": np.float64(1)}, FOLDER / "hostile_numpy.pt")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    vllm()
    sglang()
    stat("sglang_stat.pt", 2)
    stat("sglang_stat_protocol5.pt", 5)
    per_token()
    per_pass()
    tensorrt()
    hostile()
