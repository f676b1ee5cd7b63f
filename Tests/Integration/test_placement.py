"""Plans from a small trace: what `place` and `simulate` refuse and write, read by others."""

import json
import os
import random
import shlex
import subprocess
import sys

import pytest

LAYERS, EXPERTS, TOP_K, TOKENS = 2, 8, 2, 20
SCORE = os.path.join(os.path.dirname(__file__), "../../Scripts/reference/score_plan.py")


def guildhall(*arguments):
    command = shlex.split(os.environ["GUILDHALL_SERVER"])
    # The server's command with another subcommand.
    command[command.index("serve"):] = [str(argument) for argument in arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    """A trace of the compact layout; requests of a kind use a half of the experts."""
    folder, chance = tmp_path_factory.mktemp("trace"), random.Random(3)
    rows = []
    with open(folder / "index.jsonl", "w") as index:
        for number in range(24):
            half = [expert for expert in range(EXPERTS) if expert % 2 == number % 2]
            index.write(json.dumps({
                "id": f"r{number}", "domain": f"kind {number % 2}", "prompt_tokens": 0, "decode_tokens": TOKENS,
                "row_offset": number * TOKENS, "rows": TOKENS}) + "\n")
            rows += [expert for _ in range(TOKENS * LAYERS) for expert in chance.sample(half, TOP_K)]
    (folder / "experts.uint8.bin").write_bytes(bytes(rows))
    (folder / "meta.json").write_text(json.dumps({
        "name": "small", "rows": 24 * TOKENS, "num_moe_layers": LAYERS, "top_k": TOP_K, "num_experts": EXPERTS,
        "moe_layer_ids": list(range(LAYERS)), "dtype": "uint8", "requests": 24}))
    return folder


def place(trace, plan, *arguments):
    return guildhall(
        "place", "--trace", trace, "--topology", "h100-ib400", "--nodes", 2, "--devices-per-node", 2, "--turns", 2,
        "--output", plan, *arguments)


def spans_nodes(plan):
    return all(
        len({number // plan["devices_per_node"] for number, held in enumerate(layer["devices"]) if expert in held}) > 1
        for layer in plan["layers"] for expert in range(EXPERTS))


@pytest.mark.parametrize("option", [
    ("--seconds", "inf"), ("--seconds", "1e30"), ("--seconds", "nan"), ("--max-imbalance", "inf"),
    ("--max-imbalance", "nan")])
def test_numbers_that_are_none_are_refused(trace, tmp_path, option):
    result = place(trace, tmp_path / "plan.json", *option)
    assert result.returncode == 64 and option[0] in result.stderr


def test_a_plan_from_another_gets_what_is_asked_for(trace, tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert place(trace, first).returncode == 0
    change = ["--from", first, "--redundant", EXPERTS, "--survive-node-loss"]
    refused = place(trace, second, *change, "--moves", 15)
    assert refused.returncode != 0 and "16 are needed" in refused.stderr and not second.exists()
    assert place(trace, second, *change, "--moves", 20).returncode == 0
    assert spans_nodes(json.loads(second.read_text()))
    # Without --redundant there are as many copies as before, on two nodes still; with fewer that is said.
    assert place(trace, first, "--from", second).returncode == 0
    assert spans_nodes(json.loads(first.read_text()))
    fewer = place(trace, first, "--from", second, "--redundant", 0)
    assert fewer.returncode == 0 and "does not survive the loss of a node" in fewer.stderr
    assert [len(held) for held in json.loads(first.read_text())["layers"][0]["devices"]] == [2, 2, 2, 2]


def test_devices_need_memory_for_their_experts(trace, tmp_path):
    machine = guildhall("topology", "h100-ib400").stdout.splitlines()
    small = "\n".join("  memory: 1 MB" if line.startswith("  memory:") else line for line in machine)
    (tmp_path / "small.yaml").write_text(small + "\n")
    (tmp_path / "model.yaml").write_text(
        f"version: 1\nname: m\nmoe_layers: {LAYERS}\nexperts: {EXPERTS}\nexperts_per_token: {TOP_K}\nhidden_size: 512\n"
        "expert_width: 512\nbits_per_weight: 8\nattention_parameters: 1000\ncache_bytes_per_token: 64\n")
    options = ["--topology", tmp_path / "small.yaml", "--dimensions", tmp_path / "model.yaml"]
    result = place(trace, tmp_path / "plan.json", *options)
    assert result.returncode != 0 and "memory: experts take at least" in result.stderr
    assert place(trace, tmp_path / "plan.json", *options[2:]).returncode == 0


def test_the_reference_scores_by_the_homes_that_simulate_writes(trace, tmp_path):
    pytest.importorskip("numpy")
    plans = [tmp_path / "grouped.json", tmp_path / "even.json"]
    assert place(trace, plans[0], "--max-imbalance", "none").returncode == 0
    assert place(trace, plans[1], "--no-group").returncode == 0
    homes = tmp_path / "homes.jsonl"
    simulated = guildhall(
        "simulate", "--trace", trace, "--plan", plans[0], "--plan", plans[1], "--topology", "h100-ib400", "--steps", 4,
        "--batch", 2, "--assignments", homes)
    assert simulated.returncode == 0, simulated.stderr

    def score(plan, *arguments):
        command = [sys.executable, SCORE, plan, trace, "--assignments", homes, *arguments]
        return subprocess.run([str(part) for part in command], capture_output=True, text=True)

    visits = [json.loads(score(plan).stdout)["visits"] for plan in plans]
    # Each kind at home where its half of the experts is.
    assert visits[0] < 0.1 < visits[1]
    elsewhere = tmp_path / "other.json"
    elsewhere.write_bytes(plans[0].read_bytes())
    assert "--plan-name" in score(elsewhere).stderr
    assert json.loads(score(elsewhere, "--plan-name", plans[0]).stdout)["visits"] == visits[0]
