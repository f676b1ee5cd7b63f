#!/usr/bin/env python3
"""Compares guildhall's greedy tokens with llama.cpp (llama-cpp-python) on the same GGUF file.

llama.cpp rounds activations to 8 bits before each quantised product, so a few tokens may differ; this
prints how many agree, and fails only if the prompt ids differ.
"""
import sys

import llama_cpp
import numpy

import common


def main():
    args = common.arguments(__doc__.splitlines()[0])
    model = llama_cpp.Llama(str(args.model), n_ctx=1024, n_batch=512, n_threads=args.threads, logits_all=True,
                            n_gpu_layers=0, verbose=False)
    args.ends = [model.token_eos(), int(model.metadata["tokenizer.ggml.padding_token_id"])]

    def ids(text):
        return model.tokenize(text.encode(), add_bos=False, special=False)

    def best(tokens, start):
        model.reset()
        model.eval(tokens)
        logits = numpy.array(model.scores[start - 1:len(tokens)])
        order = numpy.argsort(logits, -1)
        first, second = order[:, -1], order[:, -2]
        rows = numpy.arange(len(logits))
        return first.tolist(), second.tolist(), (logits[rows, first] - logits[rows, second]).tolist()

    print(f"llama-cpp-python {llama_cpp.__version__}, {args.model.name}, seed {args.seed}")
    bad_ids, _ = common.compare(args, ids, best)
    sys.exit(1 if bad_ids else 0)


if __name__ == "__main__":
    main()
