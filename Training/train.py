#!/usr/bin/env python3
"""Trains the model for a number of minutes or steps on CPU; repeatable with --steps and one machine.

usage: train.py --corpus DIR --tokenizer FILE --out DIR (--minutes M | --steps N)
"""
import argparse
import concurrent.futures
import dataclasses
import json
import math
import pathlib
import time

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

import data
from model import Model, Shape
from muon import Muon

BALANCE, ROUTER_Z = 0.01, 1e-4


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("corpus", "tokenizer", "out"):
        parser.add_argument("--" + name, type=pathlib.Path, required=True)
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float)
    budget.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--batch-tokens", type=int, default=8192)
    parser.add_argument("--micro-tokens", type=int, default=4096)
    parser.add_argument("--lengths", type=int, nargs="+", default=[256, 512, 1024], help="row lengths, in turn")
    parser.add_argument("--length-starts", type=float, nargs="+", default=[0, 0.6, 0.88],
                        help="part of the budget at which each length begins")
    parser.add_argument("--decay-part", type=float, default=0.5, help="the LR falls linearly over this last part")
    parser.add_argument("--warmup-steps", type=int, default=20)
    parser.add_argument("--muon-lr", type=float, default=0.02)
    parser.add_argument("--adam-lr", type=float, default=0.004)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    return parser.parse_args()


def optimisers(model, pool, args):
    """Muon for the matrices inside the layers, AdamW for embedding, router and norms."""
    inner = [p for n, p in model.named_parameters() if p.dim() >= 2 and not n.endswith(("embedding", "router"))]
    outer = [p for n, p in model.named_parameters() if p.dim() < 2 or n.endswith(("embedding", "router"))]
    return [Muon(inner, pool, args.muon_lr, weight_decay=args.weight_decay),
            torch.optim.AdamW(outer, args.adam_lr, betas=(0.9, 0.95), weight_decay=0.0, fused=True)]


def rate(done, step, args):
    """Warm-up, plateau, then linear to zero; `done` is the part of the budget used."""
    return min((step + 1) / args.warmup_steps, 1.0, max(0.0, (1 - done) / args.decay_part))


def gradients(model, params, part, tokens, micro):
    """Loss sums and gradients of one part of a batch; runs in a thread of the pool."""
    ids, targets, documents = part
    logits, balance, z = model(ids, documents)
    loss = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="sum") / tokens
    grads = torch.autograd.grad(loss + (BALANCE * balance + ROUTER_Z * z) / micro, params)
    return loss.item(), balance.item() / micro, grads


def train_step(model, packer, length, pool, args):
    """Leaves the gradients of one batch in the parameters; returns the mean loss and balance loss."""
    micro = args.batch_tokens // args.micro_tokens
    parts = [packer.rows(args.micro_tokens // length, length) for _ in range(micro)]
    tokens = sum(int((targets != -100).sum()) for _, targets, _ in parts)
    params, loss, balance = list(model.parameters()), 0.0, 0.0
    # summed in the order of the parts, so the result does not depend on the threads' timing
    for i, (l, b, grads) in enumerate(pool.map(lambda p: gradients(model, params, p, tokens, micro), parts)):
        loss, balance = loss + l, balance + b
        for p, g in zip(params, grads):
            p.grad = g if i == 0 else p.grad.add_(g)
    return loss, balance


@torch.no_grad()
def validate(model, domains, limit=3000):
    """Mean loss a token for each domain on the first documents, about `limit` tokens each."""
    model.eval()
    result = {}
    for name, documents in domains.items():
        loss, count = 0.0, 0
        for ids, _, _ in documents:
            ids = torch.tensor([ids[:1024]])
            loss += F.cross_entropy(model(ids[:, :-1])[0][0].float(), ids[0, 1:], reduction="sum").item()
            count += ids.shape[1] - 1
            if count > limit:
                break
        result[name] = round(loss / count, 3)
    model.train()
    return result


def save(model, args, facts, name):
    config = {k: str(v) if isinstance(v, pathlib.Path) else v for k, v in vars(args).items()
              if k not in ("corpus", "tokenizer", "out")}
    state = {"shape": dataclasses.asdict(model.shape), "model": model.state_dict(), "options": config, "facts": facts}
    torch.save(state, args.out / "writing.pt")
    (args.out / "writing.pt").replace(args.out / name)
    (args.out / "facts.json").write_text(json.dumps({**facts, "options": config}, indent=2) + "\n")


def main():
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # whole parts of a batch run side by side instead: far fewer waits
    torch.manual_seed(args.seed)
    print("seed", args.seed, "torch", torch.__version__, flush=True)
    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    packer = data.Packer(data.load(args.corpus / "train.jsonl", tokenizer), tokenizer,
                         torch.Generator().manual_seed(args.seed))
    valid = data.load(args.corpus / "valid.jsonl", tokenizer)
    for name, documents in packer.domains.items():
        print(f"{name:<11} {sum(len(d[0]) for d in documents):>8} tokens "
              f"{sum(d[2] for d in documents) / sum(len(d[0]) for d in documents):.2f} bytes a token", flush=True)
    model = Model(Shape(), torch.bfloat16, args.dropout)
    print("parameters", sum(p.numel() for p in model.parameters()), flush=True)
    loop(model, packer, valid, args)


def loop(model, packer, valid, args):
    pool = concurrent.futures.ThreadPoolExecutor(args.threads)
    optims = optimisers(model, pool, args)
    base = [[g["lr"] for g in o.param_groups] for o in optims]
    start = saved = time.time()
    step = tokens = 0
    while True:
        now = time.time()
        done = (now - start) / 60 / args.minutes if args.minutes else step / args.steps
        facts = {"step": step, "tokens": tokens, "minutes": round((now - start) / 60, 1), "used": packer.used}
        if done >= 1 or now - saved > 60 * args.checkpoint_minutes:
            save(model, args, facts, "final.pt" if done >= 1 else "latest.pt")
            print("valid", step, json.dumps(validate(model, valid)), flush=True)
            saved = time.time()
        if done >= 1:
            break
        factor = rate(done, step, args)
        for optim, rates in zip(optims, base):
            for group, lr in zip(optim.param_groups, rates):
                group["lr"] = lr * factor
        length = [n for n, begin in zip(args.lengths, args.length_starts) if done >= begin][-1]
        loss, balance = train_step(model, packer, length, pool, args)
        torch.nn.utils.clip_grad_norm_(optims[1].param_groups[0]["params"], 1.0)
        middle = time.time()
        for optim in optims:
            optim.step()
        step, tokens = step + 1, tokens + args.batch_tokens
        if step <= 3 or step % 10 == 0:
            print(f"{step:>5} loss {loss:.4f} balance {balance:.3f} lr x{factor:.3f} tokens {tokens / 1e6:.2f}M "
                  f"{args.batch_tokens / (time.time() - now):.0f} tok/s optimiser {time.time() - middle:.2f}s", flush=True)
        if not math.isfinite(loss):
            raise SystemExit("the loss is not finite")


if __name__ == "__main__":
    main()
