#!/usr/bin/env python3
"""Held-out perplexity, expert load and samples of a GGUF model, with the weights as quantised.

usage: evaluate.py --gguf FILE --corpus DIR --tokenizer DIR [--out FILE.json] [--limit TOKENS]
Prints Markdown; --out keeps every figure as JSON.
"""
import argparse
import datetime
import json
import math
import pathlib

import gguf
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

import data
from export import gguf_tensors
from model import Model, Shape

PROMPTS = ["Hello", "Who are you?", "What is a mixture of experts?", "What is 12 + 7?",
           "Tom has 15 apples and buys 8 more. How many apples does Tom have now?",
           "A baker makes 24 rolls in the morning and twice as many in the afternoon. How many rolls does he make?",
           "Write a function to find the maximum of two numbers.", "not ( True ) and ( True ) is",
           "Sort the following words alphabetically: List: pear apple fig", "Who wrote Hamlet?"]
RAW_PROMPTS = ["ROMEO:\n", "def is_prime(n):\n"]


def load_gguf(path):
    """The model with dequantised weights, in float32."""
    reader = gguf.GGUFReader(path)
    tensors = {t.name: t for t in reader.tensors}
    model = Model(Shape())
    with torch.no_grad():
        for name, target in gguf_tensors(model).items():  # arrays that share the parameters' memory
            target[...] = gguf.quants.dequantize(tensors[name].data, tensors[name].tensor_type).reshape(target.shape)
    return model.eval()


def byte_lengths(tokenizer):
    """Bytes of each token: one a character in the byte-level alphabet, specials as written."""
    return torch.tensor([len(tokenizer.id_to_token(i)) for i in range(tokenizer.get_vocab_size())])


def unigram(documents, size):
    """Add-one smoothed log probabilities of a domain's training tokens, first tokens left out as in the test."""
    counts = torch.ones(size)
    for ids, _, _ in documents:
        counts += torch.bincount(torch.tensor(ids[1:], dtype=torch.long), minlength=size)
    return (counts / counts.sum()).log()


def answer_mask(ids, header, stop):
    """True at the tokens of the assistant's turns, the end mark included."""
    mask, inside = [False] * len(ids), False
    for i in range(len(ids)):
        mask[i] = inside
        inside = (inside and ids[i] != stop) or ids[max(0, i + 1 - len(header)):i + 1] == header
    return torch.tensor(mask)


@torch.no_grad()
def measure(model, documents, base, tokenizer, limit):
    """Sums over a domain's held-out documents, each on its own from position 0."""
    header = tokenizer.encode(data.START + "assistant\n").ids
    stop, lengths = tokenizer.token_to_id(data.STOP), byte_lengths(tokenizer)
    total = dict.fromkeys(("tokens", "bytes", "loss", "unigram", "answer_tokens", "answer_loss"), 0.0)
    load = torch.zeros(len(model.layers), model.shape.experts)
    for whole, _, _ in documents:
        ids = torch.tensor([whole[:model.shape.context]])
        targets = ids[0, 1:]
        loss = F.cross_entropy(model(ids[:, :-1])[0][0], targets, reduction="none")
        load += torch.stack([layer.experts.counts for layer in model.layers])
        answer = answer_mask(ids[0].tolist(), header, stop)[1:]
        values = (len(targets), lengths[targets].sum(), loss.sum(), -base[targets].sum(), answer.sum(),
                  loss[answer].sum())
        for key, value in zip(total, values):
            total[key] += float(value)
        if limit and total["tokens"] > limit:
            break
    return total, load


def summary(total, documents):
    n = total["tokens"]
    return {"documents": documents, "tokens": int(n), "perplexity": math.exp(total["loss"] / n),
            "unigram_perplexity": math.exp(total["unigram"] / n),
            "bits_per_byte": total["loss"] / total["bytes"] / math.log(2),
            "unigram_bits_per_byte": total["unigram"] / total["bytes"] / math.log(2),
            "answer_perplexity": math.exp(total["answer_loss"] / total["answer_tokens"])
            if total["answer_tokens"] else None}


@torch.no_grad()
def continue_ids(model, tokenizer, ids, count):
    """Greedy continuation up to an end mark."""
    ends, start = {tokenizer.token_to_id(data.END), tokenizer.token_to_id(data.STOP)}, len(ids)
    for _ in range(count):
        token = int(model(torch.tensor([ids]))[0][0, -1].argmax())
        if token in ends:
            break
        ids = ids + [token]
    return ids[start:]


def generate(model, tokenizer, prompt, count=90):
    return tokenizer.decode(continue_ids(model, tokenizer, tokenizer.encode(prompt).ids, count))


def exact_answers(model, tokenizer, documents, count=200):
    """How many of the first held-out questions get exactly the expected answer, greedily."""
    header, right = tokenizer.encode(data.START + "assistant\n").ids, 0
    for ids, _, _ in documents[:count]:
        start = next(i for i in range(len(ids)) if ids[i:i + len(header)] == header) + len(header)
        expected = ids[start:ids.index(tokenizer.token_to_id(data.STOP), start)]
        right += continue_ids(model, tokenizer, ids[:start], len(expected) + 1) == expected
    return right, min(count, len(documents))


def perplexity_table(domains):
    print("| Domain | Tokens | Perplexity | Unigram perplexity | Bits a byte | Unigram bits a byte | Answers only |")
    print("|---|---|---|---|---|---|---|")
    for name, d in domains.items():
        answers = f"{d['answer_perplexity']:.2f}" if d["answer_perplexity"] else "–"
        print(f"| {name} | {d['tokens']} | {d['perplexity']:.2f} | {d['unigram_perplexity']:.1f} "
              f"| {d['bits_per_byte']:.3f} | {d['unigram_bits_per_byte']:.3f} | {answers} |")


def load_table(loads):
    """Largest share / mean share by domain and layer: 1 is even, experts / active experts (4) the worst."""
    layers = range(len(next(iter(loads.values()))))
    print("\n| Domain | " + " | ".join(f"Layer {i}" for i in layers) + " |\n|---|" + "---|" * len(layers))
    for name, load in loads.items():
        cells = []
        for row in load:
            top = row.argsort(descending=True)[:3].tolist()
            cells.append(f"{row.max() / row.mean():.2f} ({', '.join(map(str, top))})")
        print(f"| {name} | " + " | ".join(cells) + " |")


def samples(model, tokenizer):
    pairs = [(p, f"{data.START}user\n{p}{data.STOP}\n{data.START}assistant\n") for p in PROMPTS]
    out = [{"prompt": p, "raw": raw, "text": generate(model, tokenizer, text)}
           for raw, group in ((False, pairs), (True, [(p, p) for p in RAW_PROMPTS])) for p, text in group]
    for s in out:
        print(f"\n**{'raw: ' if s['raw'] else ''}{s['prompt'].strip()}**\n\n```text\n{s['text'].strip()}\n```")
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("gguf", "corpus", "tokenizer"):
        parser.add_argument("--" + name, type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--limit", type=int, default=0, help="about this many tokens a domain; 0 is all")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    tokenizer, model = Tokenizer.from_file(str(args.tokenizer / "tokenizer.json")), load_gguf(args.gguf)
    train, valid = (data.load(args.corpus / f, tokenizer) for f in ("train.jsonl", "valid.jsonl"))
    domains, loads = {}, {}
    for name, documents in valid.items():
        base = unigram(train[name], model.shape.vocabulary)
        total, loads[name] = measure(model, documents, base, tokenizer, args.limit)
        domains[name] = summary(total, len(documents))
    loads["all"] = sum(load / load.sum() for load in loads.values())
    perplexity_table(domains)
    load_table(loads)
    right, asked = exact_answers(model, tokenizer, valid["arithmetic"])
    print(f"\nOne-step sums and stories answered exactly: {right} of {asked} held-out questions.")
    shares = {name: (load / load.sum(1, keepdim=True)).tolist() for name, load in loads.items()}
    facts = {"date": datetime.date.today().isoformat(), "file": args.gguf.name, "torch": torch.__version__,
             "domains": domains, "arithmetic_exact": [right, asked], "expert_shares": shares, "samples": samples(model, tokenizer)}
    if args.out:
        args.out.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
