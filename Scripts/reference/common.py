"""What both comparisons share: choosing prompts, running guildhall, the table."""
import argparse
import json
import pathlib
import random
import subprocess

LONGEST = 1200  # characters of a prompt
TOO_CLOSE = 1e-3  # logits nearer than this are a tie


def jsonl(path, field):
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            value = json.loads(line)[field]
            yield value if isinstance(value, str) else value[0]


def bbh(root):
    for path in sorted((root / "bbh").glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8"))["examples"][:20]:
            yield row["input"]


def mgsm(root):
    for path in sorted((root / "mgsm").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[-20:]:
            yield line.split("\t")[0]


def shakespeare(root):
    text = (root / "tinyshakespeare/input.txt").read_text(encoding="utf-8")
    return [text[i:i + 400].split("\n\n", 1)[-1] for i in range(0, len(text), 20000)]


DOMAINS = {
    "math": lambda root: jsonl(root / "gsm8k/test.jsonl", "question"),
    "languages": mgsm,
    "reasoning": bbh,
    "code": lambda root: jsonl(root / "humaneval/HumanEval.jsonl", "prompt"),
    "instructions": lambda root: jsonl(root / "ifeval/input_data.jsonl", "prompt"),
    "chat": lambda root: jsonl(root / "mt_bench/question.jsonl", "turns"),
    "mixed": lambda root: jsonl(root / "spec_bench/question.jsonl", "turns"),
    "prose": shakespeare,
}


def beginning(text, rng):
    """The text up to a word somewhere in the middle, so that it asks for a continuation."""
    words = text.strip()[:LONGEST].split(" ")
    return " ".join(words[:max(1, int(len(words) * rng.uniform(0.4, 0.8)))]).strip()


def pick_prompts(root, count, seed):
    """(domain, text) pairs, the domains in turn; the same for the same seed."""
    rng, pools = random.Random(seed), {}
    for name, read in DOMAINS.items():
        pools[name] = [text for text in read(root) if text.strip()]
        rng.shuffle(pools[name])
    names = list(pools)
    return [(names[i % len(names)], beginning(pools[names[i % len(names)]].pop(), rng)) for i in range(count)]


def run_json(command, text):
    """Runs a guildhall command with `text` on standard input and returns the JSON it prints."""
    done = subprocess.run(command, input=text.encode(), capture_output=True)
    if done.returncode:
        raise SystemExit(f"{command} failed: {done.stderr.decode(errors='replace')[-2000:]}")
    return json.loads(done.stdout)


def generate(args, text):
    return run_json([args.guildhall, "generate", "--model", str(args.model), "--prompt-file", "-", "--temperature",
                     "0", "--max-tokens", str(args.tokens), "--json"], text)


def tokenize(args, text):
    return run_json([args.guildhall, "tokenize", "--model", str(args.model), "--json"], text)["ids"]


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", type=pathlib.Path, required=True, help="a GGUF file")
    parser.add_argument("--prompts", type=pathlib.Path, required=True, help="folder of prompt collections")
    parser.add_argument("--guildhall", default="guildhall", help="the guildhall program")
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def judge(best, gaps, runner_up, produced):
    """Counts equal, excused (a near tie of the reference's two best) and wrong tokens."""
    equal = excused = wrong = 0
    worst = 0.0
    for b, gap, second, token in zip(best, gaps, runner_up, produced):
        if token == b:
            equal += 1
        elif token == second and gap < TOO_CLOSE:
            excused += 1
        else:
            wrong, worst = wrong + 1, max(worst, gap)
    return equal, excused, wrong, worst


def compare(args, reference_ids, reference_best):
    """Prints the table; returns the number of prompts with different ids and the unexcused tokens.

    reference_ids(text) gives prompt ids; reference_best(ids, start) gives the best and second token and
    their logit gap at every position from `start` - 1 on, so each position sees guildhall's own tokens.
    """
    print("prompt domain        ids  same  equal excused wrong  gap at worst")
    bad_ids = bad_tokens = all_tokens = exact = 0
    prompts = pick_prompts(args.prompts, args.count, args.seed)
    for index, (domain, text) in enumerate(prompts):
        ids, answer = reference_ids(text), generate(args, text)
        same = tokenize(args, text) == ids and answer["prompt_tokens"] == len(ids)
        produced = answer["tokens"]
        best, second, gaps = reference_best(ids + produced, len(ids))
        if answer["finish_reason"] == "stop" and not set(produced[-1:]) & set(args.ends):
            # guildhall leaves the end mark out: the reference must want one there too
            produced = produced + [best[-1] if best[-1] in args.ends else args.ends[0]]
        equal, excused, wrong, worst = judge(best, gaps, second, produced)
        print(f"{index:>6} {domain:<12} {len(ids):>4} {'yes' if same else 'NO':>5} {equal:>6} {excused:>7} {wrong:>5}"
              f"  {worst:.4f}")
        bad_ids, bad_tokens, all_tokens = bad_ids + (not same), bad_tokens + wrong, all_tokens + len(produced)
        exact += wrong == 0 and same
    if all_tokens == 0:
        raise SystemExit("nothing was generated")
    print(f"{exact} of {len(prompts)} prompts agree; {all_tokens - bad_tokens} of {all_tokens} tokens agree; "
          f"{bad_ids} prompts with different ids")
    return bad_ids, bad_tokens
