#!/usr/bin/env python3
"""Checks a report of `guildhall trace report --json` against NumPy and SciPy on the trace it was made from.

usage: check_trace_report.py TRACE REPORT.json
TRACE is a folder in the compact layout (meta.json, index.jsonl, experts.uint8.bin) that is small enough for every
sample of the report to be the whole trace, and whose ids are all experts.
needs: PyPI numpy, scipy
"""
import json
import sys

import numpy as np
from scipy import optimize, stats
from scipy.spatial import distance

TOLERANCE = 2e-5  # matrices of the report have five digits
checked = 0


def expect(name, found, wanted, tolerance=TOLERANCE):
    global checked
    checked += 1
    if not np.allclose(found, wanted, rtol=tolerance, atol=tolerance):
        raise SystemExit(f"{name}: report has {found}, expected {wanted}")


def read(folder):
    meta = json.load(open(f"{folder}/meta.json"))
    shape = (meta["rows"], meta["num_moe_layers"], meta["top_k"])
    ids = np.fromfile(f"{folder}/experts.uint8.bin", np.uint8).reshape(shape).astype(int)
    return meta, ids, [json.loads(line) for line in open(f"{folder}/index.jsonl")]


def counts_per_request(ids, index, experts):
    """[request, phase, layer, expert]"""
    counts = np.zeros((len(index), 2, ids.shape[1], experts))
    for r, request in enumerate(index):
        first = request["row_offset"]
        middle = first + request["prompt_tokens"]
        for phase, rows in enumerate([ids[first:middle], ids[middle:first + request["rows"]]]):
            for layer in range(ids.shape[1]):
                counts[r, phase, layer] = np.bincount(rows[:, layer].ravel(), minlength=experts)
    return counts


def js(a, b):
    return distance.jensenshannon(a, b, base=2) ** 2


def check_load(report, counts):
    for layer, entry in enumerate(report["load"]["layers"]):
        loads = counts[:, :, layer].sum((0, 1))
        expect("prefill", entry["prefill"], counts[:, 0, layer].sum(0))
        expect("decode", entry["decode"], counts[:, 1, layer].sum(0))
        figures = entry["figures"]
        expect("max/mean", figures["max_over_mean"], loads.max() / loads.mean())
        expect("cv", figures["coefficient_of_variation"], loads.std() / loads.mean())
        expect("gini", figures["gini"], np.abs(loads[:, None] - loads).mean() / (2 * loads.mean()))
        expect("entropy", figures["entropy"], stats.entropy(loads) / np.log(len(loads)))
        expect("dead", figures["dead_experts"], (loads == 0).sum())
    expect("median", report["load"]["gini"]["median"],
           np.median([e["figures"]["gini"] for e in report["load"]["layers"]]))


def log_softmax(x):
    return x - np.logaddexp.reduce(x)


def check_popularity(report, counts):
    ranks = np.arange(1, counts.shape[3] + 1)
    for layer, entry in enumerate(report["popularity"]["layers"]):
        loads = counts[:, :, layer].sum((0, 1))
        if (loads > 0).sum() == 1 < len(loads):
            expect("law", entry["figures"]["law"] == "single", True)
            continue
        order = np.argsort(-loads, kind="stable")
        shares = loads[order] / loads.sum()

        def fit(features, start):
            best = optimize.minimize(lambda t: -shares @ log_softmax(-t @ features), start, method="BFGS",
                                     options={"gtol": 1e-10})
            return best.x, log_softmax(-best.x @ features)

        s, zipf = fit(np.log(ranks)[None], [1.0])
        _, exponential = fit((ranks - 1.0)[None], [0.1])
        _, normal = fit(np.stack([np.log(ranks), np.log(ranks) ** 2]), [s[0], 0.0])
        figures = entry["figures"]
        expect("zipf exponent", figures["zipf_exponent"], s[0], 1e-4)
        for name, logs in [("zipf", zipf), ("exponential", exponential), ("log_normal", normal)]:
            expect(name, figures["distance"][name], np.abs(np.cumsum(shares) - np.cumsum(np.exp(logs))).max(), 1e-4)
        expect("ratio", figures["zipf_over_exponential"], shares @ (zipf - exponential) / np.log(2), 1e-4)
        expect("bend", figures["zipf_over_log_normal"], shares @ (zipf - normal) / np.log(2), 1e-4)
        per_request = counts[:, :, layer].sum(1)[:, order] @ (zipf - exponential)
        if figures.get("vuong") is not None:
            expect("vuong", figures["vuong"], per_request.sum() / per_request.std(ddof=1) / np.sqrt(len(per_request)), 1e-3)
        half = slice(0, len(ranks) // 2)
        seen = shares[half] > 0
        slope = stats.linregress(np.log(ranks[half][seen]), np.log(shares[half][seen])).slope
        expect("slope", figures["top_half_slope"], -slope)


def check_domains(report, counts, index):
    section = report.get("domains")
    if not section:
        return
    loads = np.array([counts[[r.get("domain") == name for r in index]].sum((0, 1)) for name in section["names"]])
    pairs = [(a, b) for a in range(len(loads)) for b in range(len(loads)) if a != b]
    for layer, entry in enumerate(section["layers"]):
        for a, b in pairs:
            x, y = loads[a, layer], loads[b, layer]
            expect("cosine", entry["matrices"]["cosine"][a][b], 1 - distance.cosine(x, y))
            expect("js", entry["matrices"]["jensen_shannon"][a][b], js(x, y))
    if pairs:
        means = np.mean([[js(loads[a, l], loads[b, l]) for a, b in pairs] for l in range(loads.shape[1])])
        expect("between", section["mean"]["between"], means)


def check_phases(report, counts):
    section = report.get("phases")
    if not section:
        return
    for layer, entry in enumerate(section["layers"]):
        pairs = [(p, d) for p, d in counts[:, :, layer] if p.std() > 0 and d.std() > 0]
        each = [stats.pearsonr(p, d).statistic for p, d in pairs]
        expect("requests", entry["requests"], len(each))
        expect("matched", entry["figures"]["matched"], np.mean(each))
        pooled = counts[:, :, layer].sum(0)
        expect("pooled", entry["figures"]["pooled"], stats.pearsonr(*pooled).statistic)
        others = [stats.pearsonr(counts[a, 0, layer], counts[b, 1, layer]).statistic
                  for a in range(len(counts)) for b in range(len(counts)) if a != b]
        expect("mismatched", entry["figures"]["mismatched"], np.mean(others), 0.05)


def check_pairs(report, ids, experts):
    section = report["coactivation"]
    expect("sampled", section["tokens"], len(ids))
    for layer, entry in enumerate(section["layers"]):
        chosen = np.zeros((len(ids), experts), np.float32)
        np.put_along_axis(chosen, ids[:, layer], 1, 1)
        together = (chosen.T @ chosen).astype(float)
        uses = np.diag(together).copy()
        upper = np.triu_indices(experts, 1)
        observed, product = together[upper], np.outer(uses, uses)[upper]
        expected = product * observed.sum() / product.sum()
        seen = observed > 0
        bits = (observed[seen] / observed.sum()) @ np.log2(observed[seen] / expected[seen])
        used = (uses > 0).sum()
        bits -= (used * (used - 1) / 2 - used) / (2 * observed.sum() * np.log(2))
        expect("bits", entry["bits"], max(bits, 0), 1e-4)
        lifts = np.sort((observed[expected >= 10] / expected[expected >= 10]))[::-1][:5]
        expect("lifts", [p["lift"] for p in entry["pairs"]], lifts)


def check_transitions(report, ids, experts):
    section = report["transitions"]
    for layer, entry in enumerate(section["layers"]):
        joint = np.zeros((experts, experts))
        for a in range(ids.shape[2]):
            for b in range(ids.shape[2]):
                np.add.at(joint, (ids[:, layer, a], ids[:, layer + 1, b]), 1)
        p = joint / joint.sum()
        chance = np.outer(p.sum(1), p.sum(0))
        bits = (p[p > 0] * np.log2(p[p > 0] / chance[p > 0])).sum()
        rows, columns = (p.sum(1) > 0).sum(), (p.sum(0) > 0).sum()
        bits -= (rows - 1) * (columns - 1) / (2 * joint.sum() * np.log(2))
        expect("information", entry["mutual_information"], bits)
        expect("explained", entry["explained"], bits / stats.entropy(p.sum(0), base=2))


def lru(uses, experts):
    stack, distances = [], np.zeros(experts + 1)
    for use in uses:
        depth = stack.index(use) if use in stack else experts
        distances[depth] += 1
        if depth < experts:
            stack.pop(depth)
        stack.insert(0, use)
    return np.cumsum(distances)[:-1] / distances.sum()


def belady(uses, capacity):
    later = {}
    following = np.full(len(uses), np.iinfo(int).max)
    for time in range(len(uses) - 1, -1, -1):
        following[time] = later.get(uses[time], np.iinfo(int).max)
        later[uses[time]] = time
    cache, hits = {}, 0
    for time, use in enumerate(uses):
        if use in cache:
            hits += 1
        elif len(cache) == capacity:
            del cache[max(cache, key=cache.get)]
        cache[use] = following[time]
    return hits / len(uses)


def check_working_set(report, counts, ids, experts):
    """Only traces of decode alone, whose curves NumPy can follow without the phases."""
    section = report["working_set"]
    if counts[:, 0].sum() > 0:
        return
    places = np.array(section["capacities"]) - 1
    some = [0, ids.shape[1] - 1]
    curves = np.array([lru(ids[:, layer].ravel().tolist(), experts)[places] for layer in range(ids.shape[1])])
    expect("lru", section["least_recently_used"]["mean"], curves.mean(0))
    expect("lru low", section["least_recently_used"]["lowest"], curves.min(0))
    busiest = -np.sort(-counts.sum((0, 1)), axis=1)
    expect("static", section["most_frequent"]["mean"],
           (np.cumsum(busiest, 1) / busiest.sum(1, keepdims=True)).mean(0)[places])
    first = ids[:section["foresight_tokens"]]
    capacity = min(8, experts)
    best = np.mean([belady(first[:, layer].ravel().tolist(), capacity) for layer in range(ids.shape[1])])
    if capacity - 1 in places:
        expect("belady", section["foresight"]["mean"][list(places).index(capacity - 1)], best)


def main():
    trace, path = sys.argv[1:3]
    report = json.load(open(path))
    meta, ids, index = read(trace)
    experts = meta["num_experts"]
    counts = counts_per_request(ids, index, experts)
    check_load(report, counts)
    check_popularity(report, counts)
    check_domains(report, counts, index)
    check_phases(report, counts)
    check_pairs(report, ids, experts)
    check_transitions(report, ids, experts)
    check_working_set(report, counts, ids, experts)
    print(f"{path}: {checked} comparisons agree")


if __name__ == "__main__":
    main()
