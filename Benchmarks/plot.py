#!/usr/bin/env python3
"""Draws compare.py's figures: for each file, guildhall's speed over the best other engine's, as bars.

usage: plot.py FIGURES.json [...] PLOT.svg
"""
import html
import json
import statistics
import sys

BAR, GAP, LEFT, WIDTH, TOP = 16, 6, 190, 720, 56
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-size: 16px; font-weight: 600 }
.small { font-size: 11px; fill: #57606a } .bar { fill: #2f6f9f } .one { stroke: #57606a; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .small { fill: #9198a1 } .bar { fill: #6cb0e0 } }
"""


def ratios(figures):
    """[(name of the figure, guildhall over the best other, that other's name)]"""
    for key, ours in figures["guildhall"].items():
        others = {n: statistics.median(f[key]) for n, f in figures.items() if n != "guildhall" and key in f}
        if others:
            best = max(others, key=others.get)
            yield key, statistics.median(ours) / others[best], best


def bars(everything):
    longest = max((ratio for _, entry in everything for _, ratio, _ in ratios(entry["figures"])), default=1)
    scale = (WIDTH - LEFT - 150) / max(longest, 1)
    y = TOP
    for model, entry in everything:
        title = f'{model}, {entry["threads"]} threads' + (", sequences with the same tokens" if entry.get("same_tokens") else "")
        yield f'<text x="16" y="{y + 12}" font-weight="600">{html.escape(title)}</text>'
        y += BAR + GAP + 4
        first = y
        for key, ratio, best in ratios(entry["figures"]):
            yield f'<text x="{LEFT - 10}" y="{y + 12}" text-anchor="end">{html.escape(key)}</text>'
            yield f'<rect class="bar" x="{LEFT}" y="{y}" width="{ratio * scale:.1f}" height="{BAR}" rx="2"/>'
            yield (f'<text x="{LEFT + ratio * scale + 6:.1f}" y="{y + 12}">{ratio:.2f}× '
                   f'<tspan class="small">{html.escape(best)}</tspan></text>')
            y += BAR + GAP
        yield f'<line class="one" x1="{LEFT + scale:.1f}" x2="{LEFT + scale:.1f}" y1="{first - 4}" y2="{y}"/>'
        y += 14
    yield f'<text class="small" x="{LEFT + scale:.1f}" y="{TOP - 10}" text-anchor="middle">as fast</text>'
    yield y


def main():
    *sources, target = sys.argv[1:]
    everything = []
    for source in sources:
        with open(source) as file:
            everything += json.load(file).items()
    *shapes, height = bars(everything)
    with open(target, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
                   f'viewBox="0 0 {WIDTH} {height}" role="img">\n<style>{STYLE}</style>\n'
                   '<text class="title" x="16" y="24">guildhall’s speed over the best other engine’s</text>\n'
                   + "\n".join(shapes) + "\n</svg>\n")


if __name__ == "__main__":
    main()
