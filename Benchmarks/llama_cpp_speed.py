#!/usr/bin/env python3
"""Measures llama.cpp's prefill and decode speed through its C API (PyPI llama-cpp-python), like llama-bench.

usage: llama_cpp_speed.py MODEL.gguf [--prompt-tokens N] [--generate-tokens N] [--threads N] [--repetitions R]
                          [--sequences N] [--same-tokens] [--no-repack]
prints one JSON object of the shape that `guildhall bench --json` prints

No Python is in the measured loops but one call a forward pass. Random token ids; prefill and decode each start from an
empty cache.
"""
import argparse
import ctypes
import json
import random
import statistics
import time

import llama_cpp


def counts(text):
    return [int(part) for part in text.split(",")]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--prompt-tokens", type=counts, default=[512])
    parser.add_argument("--generate-tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--sequences", type=counts, default=[1], help="sequences decoded together; the speed is that of all")
    parser.add_argument("--same-tokens", action="store_true", help="all sequences get the same tokens")
    parser.add_argument("--no-repack", action="store_true", help="use the weights as they lie in the file")
    return parser.parse_args()


def load(args):
    """Model and context; flash attention is left to llama.cpp's own choice."""
    llama_cpp.llama_backend_init()
    llama_cpp.llama_log_set(SILENT, None)
    params = llama_cpp.llama_model_default_params()
    if hasattr(params, "use_extra_bufts"):
        params.use_extra_bufts = not args.no_repack
    model = llama_cpp.llama_model_load_from_file(args.model.encode(), params)
    if not model:
        raise SystemExit(f"{args.model}: llama.cpp cannot load it")
    settings = llama_cpp.llama_context_default_params()
    most = max(args.sequences)
    settings.n_seq_max = most
    settings.n_ctx = max(*args.prompt_tokens, (args.generate_tokens + 64) * most) + 64
    settings.n_batch = settings.n_ubatch = max(*args.prompt_tokens, most, 1)
    settings.kv_unified = True
    settings.n_threads = settings.n_threads_batch = args.threads
    return model, llama_cpp.llama_init_from_model(model, settings)


SILENT = llama_cpp.llama_log_callback(lambda level, text, data: None)


def step(context, tokens, position):
    """One forward pass over one token of each sequence."""
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    for i, token in enumerate(tokens):
        batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, position, 1, 1
        batch.seq_id[i][0] = i
    batch.n_tokens = len(tokens)
    if llama_cpp.llama_decode(context, batch) != 0:
        raise SystemExit("llama_decode failed")
    llama_cpp.llama_synchronize(context)
    llama_cpp.llama_batch_free(batch)


def decode(context, tokens):
    """One forward pass over `tokens` of one sequence."""
    ids = (llama_cpp.llama_token * len(tokens))(*tokens)
    batch = llama_cpp.llama_batch_get_one(ctypes.cast(ids, ctypes.POINTER(llama_cpp.llama_token)), len(tokens))
    if llama_cpp.llama_decode(context, batch) != 0:
        raise SystemExit("llama_decode failed")
    llama_cpp.llama_synchronize(context)


def seconds(context, passes, together):
    """Time of `passes` (lists of tokens, of one sequence or of all) from an empty cache."""
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    start = time.perf_counter()
    for position, tokens in enumerate(passes):
        step(context, tokens, position) if together else decode(context, tokens)
    return time.perf_counter() - start


def speeds(context, make_passes, count, repetitions, together=False):
    if count == 0:
        return {"tokens": 0, "median": 0, "min": 0, "max": 0}
    seconds(context, make_passes(), together)  # warms caches and pages the weights in
    values = [count / seconds(context, make_passes(), together) for _ in range(repetitions)]
    return {"tokens": count, "median": statistics.median(values), "min": min(values), "max": max(values)}


def main():
    args = arguments()
    model, context = load(args)
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    generator = random.Random(1)

    def ids(count):
        return [generator.randrange(vocabulary) for _ in range(count)]

    def step_ids(together):
        return ids(1) * together if args.same_tokens else ids(together)

    prefill = [speeds(context, lambda: [ids(count)], count, args.repetitions) for count in args.prompt_tokens if count]
    decode = [
        {"sequences": together, "depth": 0}
        | speeds(context, lambda: [step_ids(together) for _ in range(args.generate_tokens)],
                 args.generate_tokens * together, args.repetitions, together > 1)
        for together in args.sequences if args.generate_tokens]
    result = {"model": args.model, "threads": args.threads, "engine": f"llama-cpp-python {llama_cpp.__version__}",
              "prefill": prefill, "decode": decode}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
