"use strict";
// One function a section of the report: the report's JSON in, a card out; null where the trace has nothing to say.

function card(title, text, wide, ...children) {
  return make("section", wide ? { class: "wide" } : {}, make("h2", {}, title), make("p", {}, text), ...children.filter(Boolean));
}

const byBlock = { name: "Transformer block", format: whole, title: b => "Block " + b, integers: true, count: 9 };

// Two columns in a wide card; one below the other on a narrow screen.
function beside(left, right) { return make("div", { class: "beside" }, make("div", {}, ...left.filter(Boolean)), make("div", {}, ...right.filter(Boolean))); }

// Relative loads and lifts as places on the ramp from a quarter to four times.
const octaves = v => v == null ? null : v === 0 ? -1 : Math.log2(v) / 2;

function summary(r) {
  const t = r.trace;
  const tile = (name, value, note) => make("div", {}, make("dt", {}, name), make("dd", {}, value, ...(note ? [" ", make("small", {}, note)] : [])));
  const tiles = make("dl", { class: "tiles" },
    tile("Requests", whole(t.requests)), tile("Tokens", short(t.tokens), t.prefill_tokens ? percent(t.prefill_tokens / t.tokens) + "\u00a0prefill" : "decode\u00a0only"),
    tile("MoE layers", whole(t.blocks.length)), tile("Experts", whole(t.experts), t.experts_per_token + " a token"),
    tile("Domains", t.domains.length ? whole(t.domains.length) : "–"),
    tile("Max / mean load", fixed(2)(r.load.max_over_mean?.median), "median"));
  const findings = make("section", { class: "wide" }, make("h2", {}, "In short"),
    make("ul", { class: "findings" }, ...r.findings.map(f => make("li", {}, f))));
  const warnings = t.warnings.length ? make("ul", { class: "warnings" }, ...t.warnings.map(w => make("li", {}, w))) : null;
  return [tiles, warnings, findings].filter(Boolean);
}

function loadMap(r) {
  const layers = r.load.layers, experts = r.trace.experts;
  let phase = "all", order = "id";
  const loads = layers.map(l => ({
    all: l.prefill.map((p, e) => p + l.decode[e]), prefill: l.prefill, decode: l.decode,
  }));
  const total = loads.map(l => Object.fromEntries(Object.entries(l).map(([k, v]) => [k, v.reduce((a, b) => a + b, 0)])));
  const ranked = loads.map(l => l.all.map((_, e) => e).sort((a, b) => l.all[b] - l.all[a]));
  const expert = (row, column) => order === "id" ? column : ranked[row][column];
  const relative = (row, column) => total[row][phase] ? loads[row][phase][expert(row, column)] / total[row][phase] * experts : null;
  const map = heatMap({
    label: "Load of every expert in every layer", rows: layers.length, columns: experts, ramp: aroundRamp, axis: "expert",
    value: (row, column) => octaves(relative(row, column)),
    rowName: row => String(layers[row].block), columnName: c => order === "id" ? String(c) : "#" + (c + 1),
    title: (row, c) => `Block ${layers[row].block}, expert ${expert(row, c)}`,
    lines: (row, c) => [`${fixed(2)(relative(row, c))} × the mean load`, `${whole(loads[row][phase][expert(row, c)])} assignments`],
  });
  const controls = make("div", { class: "bar" },
    choice("Order", [["id", "by id"], ["load", "busiest first"]], v => { order = v; map.again(); }),
    r.trace.prefill_tokens && r.trace.decode_tokens ? choice("Phase", [["all", "both phases"], ["prefill", "prefill"], ["decode", "decode"]], v => { phase = v; map.again(); }) : "",
    rampScale("≤ ¼", "≥ 4 × mean", 0, aroundRamp));
  return card("Load of every expert", "Each cell is an expert, each row a layer. Orange experts get more than an even share, blue ones less.", true, controls, map);
}

function imbalance(r) {
  const measures = {
    max_over_mean: ["busiest over mean", fixed(2), 1, null], coefficient_of_variation: ["coefficient of variation", fixed(2), 0, null],
    gini: ["Gini", fixed(2), 0, 1], entropy: ["entropy (1 is even)", fixed(2), null, 1],
  };
  const place = make("div");
  const show = name => {
    const [label, format, low, high] = measures[name];
    place.replaceChildren(linePlot([{ name: label, colour: "c1", points: r.load.layers.map(l => [l.block, l.figures?.[name]]) }],
      { label, x: byBlock, y: { name: label, format: v => +v.toFixed(2), detail: format, low: low ?? undefined, high: high ?? undefined } }));
  };
  show("max_over_mean");
  const rows = r.load.layers.filter(l => l.figures).map(l => [l.block, ...Object.keys(measures).map(m => fixed(3)(l.figures[m])), l.figures.dead_experts]);
  return card("Imbalance by layer", "How unevenly tokens fall on a layer's experts. A device with the busiest expert waits for nobody; all others wait for it.", false,
    make("div", { class: "bar" }, choice("Measure", [["max_over_mean", "max / mean"], ["coefficient_of_variation", "CV"], ["gini", "Gini"], ["entropy", "entropy"]], show)), place,
    folded("All figures", table(["Block", "Max / mean", "CV", "Gini", "Entropy", "Dead"], rows)));
}

const lawNames = { zipf: "Zipf", exponential: "exponential", log_normal: "log-normal", uniform: "uniform", none: "no law", single: "one expert has everything" };

function popularity(r) {
  const layers = r.popularity.layers.map((l, i) => ({ ...l, index: i })).filter(l => l.figures);
  if (!layers.length) return null;
  const place = make("div"), verdict = make("p");
  const show = index => {
    const f = r.popularity.layers[index].figures, load = r.load.layers[index];
    const counts = load.prefill.map((p, e) => p + load.decode[e]).sort((a, b) => b - a);
    const total = counts.reduce((a, b) => a + b, 0), ranks = counts.map((_, i) => i + 1);
    const fit = weight => { const w = ranks.map(weight), sum = w.reduce((a, b) => a + b, 0); return ranks.map((k, i) => [k, w[i] / sum]); };
    const least = Math.max(counts.filter(Boolean).at(-1) / total / 2, 1e-7);
    place.replaceChildren(linePlot([
      { name: "observed", colour: "c1", dots: true, points: ranks.map((k, i) => [k, counts[i] / total]) },
      ...(f.zipf_exponent == null ? [] : [
        { name: `Zipf, exponent ${fixed(2)(f.zipf_exponent)}`, colour: "c2", points: fit(k => Math.pow(k, -f.zipf_exponent)).filter(p => p[1] > least) },
        { name: "exponential", colour: "c3", dash: "6 4", points: fit(k => Math.exp(-f.exponential_rate * (k - 1))).filter(p => p[1] > least) },
      ]),
    ], { label: "Share of assignments by rank", x: { name: "expert by rank", format: whole, title: k => "Rank " + k, log: true }, y: { name: "share of assignments", format: v => v >= .01 ? +(100 * v).toPrecision(2) + " %" : (100 * v).toPrecision(1) + " %", detail: v => (100 * v).toPrecision(3) + " %", log: true } }));
    const d = f.distance;
    verdict.textContent = f.law === "single" ? `Block ${load.block}: one expert has everything, which no law fits.` : `Block ${load.block}: ${lawNames[f.law]}. Largest gap to each law: Zipf ${percent(d.zipf)}, exponential ${percent(d.exponential)}, log-normal ${percent(d.log_normal)}, uniform ${percent(d.uniform)}.`;
  };
  show(layers[0].index);
  const laws = Object.entries(r.popularity.law_counts).sort((a, b) => b[1] - a[1]).map(([law, n]) => `${n} ${lawNames[law]}`).join(", ");
  return card("Is it Zipf’s law?", `Layers by the law that describes them within ${percent(r.popularity.threshold)}: ${laws}.`, false,
    make("div", { class: "bar" }, picker("Layer", layers.map(l => [l.index, "block " + l.block]), show)), place, verdict);
}

function domains(r) {
  const d = r.domains;
  if (!d || d.names.length < 2) return null;
  let matrices = d.mean, kind = "jensen_shannon";
  const largest = () => kind === "cosine" ? 1 : Math.max(.01, ...d.mean.jensen_shannon.flat().filter(v => v != null));
  const map = heatMap({
    label: "Similarity of domains", rows: d.names.length, columns: d.names.length, square: true, names: true, ramp: upRamp,
    value: (a, b) => { const v = matrices[kind][a][b]; return v == null ? null : kind === "cosine" ? 1 - v : v / largest(); },
    rowName: a => `${d.names[a]}  ${a + 1}`, columnName: b => String(b + 1),
    title: (a, b) => a === b ? d.names[a] : `${d.names[a]} and ${d.names[b]}`,
    lines: (a, b) => [`Jensen–Shannon ${fixed(4)(matrices.jensen_shannon[a][b])} bits`, `cosine ${fixed(4)(matrices.cosine[a][b])}`, ...(a === b ? ["two random halves of its requests"] : [])],
  });
  const curve = linePlot([
    { name: "between domains", colour: "c2", points: d.layers.map(l => [l.block, l.matrices.between]) },
    { name: "halves of one domain", colour: "c1", dash: "6 4", points: d.layers.map(l => [l.block, l.matrices.within]) },
  ], { label: "Divergence by layer", height: 260, x: byBlock, y: { name: "mean Jensen–Shannon, bits", format: v => +v.toPrecision(2), detail: v => v.toPrecision(3), low: 0 } });
  return card("Do domains use different experts?", "The more orange, the more two domains differ. On the diagonal: two random halves of one domain, which differ by chance alone.", true,
    make("div", { class: "bar" },
      choice("Measure", [["jensen_shannon", "Jensen–Shannon"], ["cosine", "cosine"]], v => { kind = v; map.again(); }),
      picker("Layer", [[-1, "mean of layers"], ...d.layers.map((l, i) => [i, "block " + l.block])], i => { matrices = i < 0 ? d.mean : d.layers[i].matrices; map.again(); }),
      rampScale("same", "different", null, upRamp)),
    beside([map], [curve]),
    folded("Domains", table(["Domain", "Number", "Requests", "Tokens"], r.trace.domains.map((x, i) => [x.name, i + 1, whole(x.requests), whole(x.tokens)]))));
}

function phases(r) {
  const p = r.phases;
  if (!p) return null;
  const series = [["matched", "prefill and decode of one request", "c2"], ["mismatched", "of different requests", "c1", "6 4"],
    ["mismatched_same_domain", "of different requests, same domain", "c3", "2 4"], ["pooled", "of the sums over all requests", "c4", "9 3 2 3"]];
  return card("Does the prompt tell the answer’s experts?", "Correlation of assignments per expert between prefill and decode. What lies above the dashed line is the request’s own.", false,
    linePlot(series.map(([k, name, colour, dash]) => ({ name, colour, dash, points: p.layers.map(l => [l.block, l.figures[k]]) })),
      { label: "Prefill–decode correlation by layer", x: byBlock, y: { name: "Pearson’s r", format: v => +v.toFixed(2), detail: fixed(3), high: 1 } }),
    folded("All figures", table(["Block", "Requests", "Matched", "Deviation", "Mismatched", "Pooled"], p.layers.map(l => [l.block, whole(l.requests), ...["matched", "deviation", "mismatched", "pooled"].map(k => fixed(3)(l.figures[k]))]))));
}

function coactivation(r) {
  const c = r.coactivation;
  if (!c) return null;
  const matrices = c.layers.filter(l => l.lift);
  let chosen = matrices[0];
  const map = chosen && heatMap({
    label: "Lift of pairs of experts", rows: r.trace.experts, columns: r.trace.experts, ramp: aroundRamp, square: true, axis: "expert",
    value: (a, b) => octaves(chosen.lift[a][b]),
    rowName: String, columnName: String, title: (a, b) => `Block ${chosen.block}: experts ${a} and ${b}`,
    lines: (a, b) => [chosen.lift[a][b] == null ? "never used, or the same" : `${fixed(2)(chosen.lift[a][b])} × as often as by chance`],
  });
  const curve = linePlot([{ name: "bits a pair", colour: "c1", points: c.layers.map(l => [l.block, l.bits]) }],
    { label: "Divergence of pairs from chance", height: 230, x: byBlock, y: { name: "bits a pair beyond chance", format: v => +v.toFixed(2), detail: fixed(3), low: 0 } });
  const strongest = [make("h3", {}, "Strongest pairs"), table(["Block", "Experts", "Tokens", "Times chance"],
    c.pairs.slice(0, 8).map(p => [p.block, `${p.first} + ${p.second}`, whole(p.tokens), fixed(1)(p.lift)]))];
  const controls = map && make("div", { class: "bar" }, picker("Layer", matrices.map((l, i) => [i, "block " + l.block]), i => { chosen = matrices[i]; map.again(); }), rampScale("≤ ¼", "≥ 4 × chance", 0, aroundRamp));
  return card("Which experts work together?", "Pairs chosen for the same token, against what the experts’ loads alone would make.", true,
    map ? beside([controls, map], [curve, ...strongest]) : beside([curve], strongest));
}

function transitions(r) {
  const t = r.transitions;
  if (!t || !t.mean_coverage) return null;
  const of = curve => t.candidate_shares.map((s, i) => [s, curve[i]]);
  return card("Does one layer tell the next?", "Share of the next layer’s choices among the likeliest candidates, learnt on one half of the requests and checked on the other.", false,
    linePlot([
      { name: "knowing this layer’s experts", colour: "c2", points: of(t.mean_coverage) },
      { name: "knowing popularity only", colour: "c1", dash: "6 4", points: of(t.mean_popular_coverage) },
      { name: "knowing nothing", colour: "c5", dash: "2 4", points: t.candidate_shares.map(s => [s, s]) },
    ], { label: "Coverage by candidates", x: { name: "share of experts taken as candidates", format: percent, title: s => percent(s) + " of the experts", low: 0 }, y: { name: "choices covered", format: percent, low: 0, high: 1 } }),
    linePlot([{ name: "explained", colour: "c1", points: t.layers.map(l => [l.block, l.explained]) }],
      { label: "Explained information by layer", height: 200, x: { ...byBlock, name: "from block", title: b => "From block " + b }, y: { name: "entropy of the next expert explained", format: percent, detail: v => (100 * v).toFixed(1) + " %", low: 0 } }));
}

function workingSet(r) {
  const w = r.working_set;
  if (!w) return null;
  const of = curve => w.capacities.map((c, i) => [c, curve[i]]);
  const series = [
    { name: "least recently used", colour: "c2", points: of(w.least_recently_used.mean), band: w.capacities.map((c, i) => [c, w.least_recently_used.lowest[i], w.least_recently_used.highest[i]]) },
    { name: "always the busiest", colour: "c1", dash: "6 4", points: of(w.most_frequent.mean) },
    ...(w.foresight ? [{ name: "best possible (knows the future)", colour: "c3", dash: "2 4", points: of(w.foresight.mean) }] : []),
  ];
  return card("What would a cache of experts hit?", `Share of expert uses found in a cache of so many experts a layer, one sequence at a time, ${w.phase} tokens. The band spans the layers in use.`, false,
    linePlot(series, { label: "Hit rate by capacity", height: 290, x: { name: "experts of a layer in the cache", format: whole, title: c => c + " experts", low: 0, high: r.trace.experts }, y: { name: "hit rate", format: percent, detail: v => (100 * v).toFixed(1) + " %", low: 0, high: 1 } }),
    make("h3", {}, "Least recently used"), table(["Hit rate", ...w.experts.map(x => percent(x.hit_rate))], [["Experts", ...w.experts.map(x => whole(x.capacity))]]));
}

function drift(r) {
  const d = r.drift;
  if (!d || d.windows.length < 2) return null;
  const of = k => d.windows.map(w => [w.first_request, w[k]]);
  const test = d.test ? ` In the trace’s order ${d.test.windows} windows differ by ${fixed(4)(d.test.observed)} bits, in random order by ${fixed(4)(d.test.shuffled)} (${d.test.least_p_value > .05 ? "too few requests to tell drift" : `p = ${fixed(2)(d.test.p_value)}`}).` : "";
  return card("Do loads drift?", `Windows of ${whole(d.requests_per_window)} requests in the trace’s order.${test}`, false,
    linePlot([
      { name: "from the whole trace", colour: "c1", points: of("from_all") }, { name: "from the first window", colour: "c2", dash: "6 4", points: of("from_first").slice(1) },
      { name: "from the window before", colour: "c3", dash: "2 4", points: of("from_previous") },
    ], { label: "Drift by window", height: 290, x: { name: "request", format: whole, title: q => `From request ${whole(q + 1)}` }, y: { name: "Jensen–Shannon, bits", format: v => +v.toPrecision(2), detail: v => v.toPrecision(3), low: 0 } }));
}

const figureNames = { max_over_mean: "Max / mean", coefficient_of_variation: "CV", gini: "Gini", entropy: "Entropy", zipf_exponent: "Zipf exponent" };

function stability(r) {
  const s = r.stability;
  if (!s) return null;
  const of = (k, q) => s.curve.map(p => [p.requests, p[k][q]]);
  const enough = s.enough ? `${whole(s.enough)} requests bring max / mean within 5 % in 95 of 100 tries.` : "This trace is too short to bring max / mean within 5 % in 95 of 100 tries.";
  return card("How many requests are enough?", `Requests drawn again and again from this trace. ${enough}`, true,
    beside([linePlot([
      { name: "max / mean, 95 of 100 below", colour: "c2", points: of("max_over_mean_error", "high") }, { name: "max / mean, median", colour: "c2", dash: "6 4", points: of("max_over_mean_error", "median") },
      { name: "hottest experts missed, 95 of 100 below", colour: "c1", points: of("missed_hot_experts", "high") }, { name: "hottest experts missed, median", colour: "c1", dash: "6 4", points: of("missed_hot_experts", "median") },
    ], { label: "Error by number of requests", x: { name: "requests", format: whole, title: n => whole(n) + " requests", log: true }, y: { name: "error", format: percent, low: 0 } })],
    [make("h3", {}, "95 % intervals of this trace, mean of the layers"),
      table(["Figure", "Value", "Low", "High", "Bias"], s.intervals.map(i => [figureNames[i.figure] ?? i.figure, fixed(3)(i.value), fixed(3)(i.low), fixed(3)(i.high), fixed(4)(i.bias)]))]));
}

function method(r) {
  const s = r.sampling, t = r.trace;
  return `Loads, laws, domains, drift curves and matched correlations count every token. Sampled with seed ${s.seed}: ${whole(s.kept_requests)} requests for resampling, mismatched pairs and the drift test; ${whole(s.pair_tokens)} tokens for pairs and transitions; ${whole(s.cache_tokens)} tokens of whole requests for caches. `
    + (t.unassigned ? `${whole(t.unassigned)} places had no expert. ` : "") + (t.invalid_ids ? `${whole(t.invalid_ids)} ids were no expert and were passed over. ` : "") + "Formulas and sources: docs/trace-report.md of Guildhall.";
}

// A narrow card without a neighbour gets the whole row.
function fullRows(cards) {
  let waiting = null;
  for (const card of cards) {
    const wide = card.classList.contains("wide");
    if (wide) waiting?.classList.add("wide");
    waiting = wide || waiting ? null : card;
  }
  waiting?.classList.add("wide");
  return cards;
}

const report = JSON.parse(document.getElementById("data").textContent);
document.title = report.trace.name + " – expert activations";
document.getElementById("name").textContent = report.trace.name;
document.getElementById("method").textContent = method(report);
document.getElementById("report").append(...summary(report),
  ...fullRows([loadMap, imbalance, popularity, domains, phases, workingSet, transitions, drift, coactivation, stability].map(section => section(report)).filter(Boolean)));
