#!/usr/bin/env python3
"""Turns a folder of prompt collections into train.jsonl and valid.jsonl.

One JSON object a line: {"domain", "source", "messages": [[role, text], ...]} for conversations,
{"domain", "source", "text"} for plain text. Held out by document (see README.md).

usage: prepare_corpus.py --prompts DIR --out DIR [--seed N]
"""
import argparse
import hashlib
import json
import pathlib
import random
import re

from own_text import arithmetic_documents, identity_documents

HELD_OUT_PERCENT = 6
# MGSM translates GSM8K test rows 0..249, so GSM8K is validated on later rows only.
MGSM_VALID_ROWS = range(230, 250)
GSM8K_VALID_ROWS = range(250, 650)
CANARY = "BENCHMARK DATA SHOULD NEVER APPEAR"


def held_out(key):
    """A stable choice by content: True for about HELD_OUT_PERCENT of the keys."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 100 < HELD_OUT_PERCENT


def jsonl(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def chat(domain, source, *turns):
    """A conversation; turns alternate user, assistant."""
    roles = ("user", "assistant")
    return {"domain": domain, "source": source,
            "messages": [[roles[i % 2], text.strip()] for i, text in enumerate(turns)]}


def plain(domain, source, text):
    return {"domain": domain, "source": source, "text": text.strip()}


def gsm8k(root):
    def convert(row):
        steps, answer = re.sub(r"<<[^>]*>>", "", row["answer"]).rsplit("####", 1)
        return chat("math", "gsm8k", row["question"], f"{steps.strip()}\nThe answer is {answer.strip()}.")
    for row in jsonl(root / "gsm8k/train.jsonl"):
        yield convert(row), False
    for index, row in enumerate(jsonl(root / "gsm8k/test.jsonl")):
        if index in GSM8K_VALID_ROWS:
            yield convert(row), True


def mgsm(root):
    for path in sorted((root / "mgsm").glob("mgsm_*.tsv")):
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        for index, (question, answer) in enumerate(rows):
            yield chat("languages", path.stem, question.strip('"'), answer), index in MGSM_VALID_ROWS


def bbh(root):
    for path in sorted((root / "bbh").glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8"))["examples"]:
            # several questions share one story: hold the whole story out
            story = row["input"].split("\nOptions:")[0]
            yield chat("reasoning", "bbh/" + path.stem, row["input"], row["target"]), held_out(story)


def code(root):
    for row in json.loads((root / "mbpp/sanitized-mbpp.json").read_text(encoding="utf-8")):
        valid, body = held_out(row["prompt"]), row["code"].replace("\r\n", "\n").strip()
        yield chat("code", "mbpp", row["prompt"], f"```python\n{body}\n```"), valid
        if not valid:
            yield plain("code", "mbpp", f"# {row['prompt']}\n{body}\n\n" + "\n".join(row["test_list"])), False
    for row in jsonl(root / "humaneval/HumanEval.jsonl"):
        valid, whole = held_out(row["prompt"]), row["prompt"] + row["canonical_solution"]
        yield plain("code", "humaneval", whole), valid
        if not valid:
            task = "Complete this Python function.\n\n" + row["prompt"]
            yield chat("code", "humaneval", task, f"```python\n{whole.strip()}\n```"), False


def instructions(root):
    """Mostly questions without answers: plain text; with a reference: a conversation."""
    rows = jsonl(root / "mt_bench/question.jsonl") + jsonl(root / "mt_bench/vicuna_question.jsonl")
    for row in rows:
        yield plain("chat", "mt_bench", "\n\n".join(row["turns"])), held_out(row["turns"][0])
    for row in jsonl(root / "ifeval/input_data.jsonl"):
        yield plain("chat", "ifeval", row["prompt"]), held_out(row["prompt"])
    for row in jsonl(root / "spec_bench/question.jsonl"):
        # 81..160 repeat MT-bench; the math questions are GSM8K test items
        if row["question_id"] < 161 or row["category"] == "math_reasoning":
            continue
        question, valid = row["turns"][0], held_out(row["turns"][0])
        if row.get("reference"):
            domain = "languages" if row["category"] == "translation" else "chat"
            answer = row["reference"][0]
            yield chat(domain, "spec_bench", question, answer if isinstance(answer, str) else answer[0]), valid
        else:
            yield plain("chat", "spec_bench", question), valid


def shakespeare(root):
    """The last part of the text is held out, cut into pieces at blank lines."""
    text = (root / "tinyshakespeare/input.txt").read_text(encoding="utf-8")
    cut = text.index("\n\n", int(len(text) * (1 - HELD_OUT_PERCENT / 100)))
    yield plain("prose", "tinyshakespeare", text[:cut]), False
    piece = ""
    for paragraph in text[cut:].strip().split("\n\n"):
        piece += paragraph + "\n\n"
        if len(piece) > 1500:
            yield plain("prose", "tinyshakespeare", piece), True
            piece = ""


def own(seed):
    for question, answer in identity_documents():
        yield chat("identity", "own", question, answer), False
    for question, answer in arithmetic_documents(random.Random(seed), 12000):
        yield chat("arithmetic", "own", question, answer), held_out(question)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prompts", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=20)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    splits, counts, seen = {False: [], True: []}, {}, set()
    for source in (gsm8k, mgsm, bbh, code, instructions, shakespeare, lambda _: own(args.seed)):
        for document, valid in source(args.prompts):
            line = json.dumps(document, ensure_ascii=False)
            if line in seen or CANARY in line:
                continue
            seen.add(line)
            splits[valid].append(line)
            tally = counts.setdefault(document["domain"], [0, 0, 0, 0])
            tally[2 * valid] += 1
            tally[2 * valid + 1] += len(line.encode())
    for valid, name in ((False, "train.jsonl"), (True, "valid.jsonl")):
        (args.out / name).write_text("\n".join(splits[valid]) + "\n", encoding="utf-8")
    for domain, (a, b, c, d) in counts.items():
        print(f"{domain:<11} train {a:>6} docs {b:>9} bytes   valid {c:>5} docs {d:>8} bytes")


if __name__ == "__main__":
    main()
