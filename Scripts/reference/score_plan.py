"""Scores a placement plan on a trace of the compact layout, apart from Guildhall's own code (NumPy alone).

    score_plan.py PLAN TRACE [--assignments FILE [--plan-name NAME]] [--requests FILE]

--assignments is what `guildhall simulate --assignments` writes: {"plan": file, "id": request, "node": n, ...} a line. Of
several plans in it the one with PLAN's path or file name is taken, or --plan-name. Only requests in it are scored. Without
it requests go to the nodes in turn. --requests lists the ids to score, one a line, in that order. Prints visits of other nodes per token
and layer (de-duplicated per node) and the largest over mean device load, mean of the layers.

The rule, as in docs/placement.md: a copy on the token's home node computes where there is one, else all copies in even
shares; visits are the expectation of that.
"""

import argparse
import json
import os

import numpy as np


def layer_tables(devices, experts, nodes, per_node):
    """For a layer: share of each device by home and expert, and probability of each node to be visited."""
    load = np.zeros((nodes, experts, nodes * per_node))
    for expert in range(experts):
        holders = [d for d, held in enumerate(devices) if expert in held]
        for home in range(nodes):
            local = [d for d in holders if d // per_node == home]
            for device in local or holders:
                load[home, expert, device] = 1 / len(local or holders)
    visit = load.reshape(nodes, experts, nodes, per_node).sum(-1)
    visit[np.arange(nodes), :, np.arange(nodes)] = 0
    return load, visit


def assigned(path, plan, name):
    """Node of each request by `plan`, or by the one with the name."""
    rows = [json.loads(line) for line in open(path)]
    plans = sorted({row["plan"] for row in rows})
    wanted = [name] if name is not None else [plan]
    chosen = [each for each in plans if each in wanted]
    if not chosen and name is None:
        chosen = [each for each in plans if os.path.basename(each) == os.path.basename(plan)]
    if len(chosen) != 1:
        raise SystemExit(f"{path}: has homes by {', '.join(plans) or 'no plan'}; name one with --plan-name, not {wanted[0]}")
    return {row["id"]: row["node"] for row in rows if row["plan"] == chosen[0]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("plan")
    parser.add_argument("trace")
    parser.add_argument("--assignments")
    parser.add_argument("--plan-name")
    parser.add_argument("--requests")
    arguments = parser.parse_args()

    plan = json.load(open(arguments.plan))
    meta = json.load(open(f"{arguments.trace}/meta.json"))
    index = {row["id"]: row for row in map(json.loads, open(f"{arguments.trace}/index.jsonl"))}
    shape = (-1, meta["num_moe_layers"], meta["top_k"])
    ids = np.fromfile(f"{arguments.trace}/experts.uint8.bin", np.uint8).reshape(shape)
    nodes, per_node, experts = plan["nodes"], plan["devices_per_node"], meta["num_experts"]

    wanted = open(arguments.requests).read().splitlines() if arguments.requests else list(index)
    homes = {request: number % nodes for number, request in enumerate(wanted)}
    if arguments.assignments:
        homes = assigned(arguments.assignments, arguments.plan, arguments.plan_name)
        if not arguments.requests:
            wanted = [request for request in wanted if request in homes]
    unknown = [request for request in wanted if request not in homes or request not in index]
    if unknown or not wanted:
        raise SystemExit(f"no request to score, or no home or row for: {', '.join(unknown[:5])}")
    rows, home = [], []
    for request in wanted:
        entry = index[request]
        prompt = entry["prompt_tokens"] if entry["prompt_tokens"] < entry["rows"] else 0
        tokens = range(entry["row_offset"] + prompt, entry["row_offset"] + entry["rows"])
        rows.extend(tokens)
        home.extend([homes[request]] * len(tokens))
    rows, home = np.array(rows), np.array(home)

    layers = {layer["layer"]: layer["devices"] for layer in plan["layers"]}
    visits, imbalance = [], []
    for number, block in enumerate(meta["moe_layer_ids"]):
        for device, held in enumerate(layers[block]):
            assert len(set(held)) == len(held), f"layer {block}, device {device} holds an expert twice"
        load, visit = layer_tables(layers[block], experts, nodes, per_node)
        chosen = ids[rows, number]
        missed = np.ones((len(rows), nodes))
        for slot in range(meta["top_k"]):
            missed *= 1 - visit[home, chosen[:, slot]]
        visits.append((1 - missed).sum() / len(rows))
        uses = np.zeros((nodes, experts))
        np.add.at(uses, (home[:, None], chosen), 1)
        loads = np.einsum("he,hed->d", uses, load)
        imbalance.append(loads.max() / loads.mean())
    print(json.dumps({"visits": float(np.mean(visits)), "imbalance": float(np.mean(imbalance)), "tokens": len(rows)}))


if __name__ == "__main__":
    main()
