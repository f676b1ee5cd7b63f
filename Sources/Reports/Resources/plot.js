"use strict";
// Line plots. A series is { name, points: [[x, y], …], colour, dash?, band?: [[x, low, high], …], dots? }.

function ticks(low, high, count) {
  const step = Math.pow(10, Math.floor(Math.log10((high - low) / count)));
  const nice = [1, 2, 2.5, 5, 10].map(f => f * step).find(s => (high - low) / s <= count) || 10 * step;
  const all = [];
  for (let t = Math.ceil(low / nice - 1e-9) * nice; t <= high + nice * 1e-6; t += nice) all.push(Math.abs(t) < nice * 1e-6 ? 0 : t);
  return all;
}

function logTicks(low, high) {
  const all = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++)
    for (const f of [1, 2, 5]) { const t = f * Math.pow(10, e); if (t >= low * .999 && t <= high * 1.001) all.push(t); }
  return all.length > 7 ? all.filter(t => /^1/.test(t.toExponential())) : all;
}

function scale(options, values, from, to) {
  let low = options.low ?? Math.min(...values), high = options.high ?? Math.max(...values);
  if (options.log) {
    const a = Math.log(low), b = Math.log(high) - a || 1;
    const place = v => from + (Math.log(v) - a) / b * (to - from);
    return { place, ticks: logTicks(low, high) };
  }
  if (high - low < 1e-12) { low -= .5; high += .5; }
  if (options.low == null) low -= (high - low) * .06;
  if (options.high == null) high += (high - low) * .06;
  const place = v => from + (v - low) / (high - low) * (to - from);
  const marks = ticks(low, high, options.count ?? 5);
  return { place, ticks: options.integers ? marks.filter(Number.isInteger) : marks };
}

function key(series) {
  const list = make("ul", { class: "legend" });
  for (const s of series) {
    const line = draw("line", { x1: 1, x2: 21, y1: 5, y2: 5, stroke: `var(--${s.colour})`, "stroke-width": 2.5, "stroke-dasharray": s.dash ?? "none", "stroke-linecap": "round" });
    const dots = [4, 11, 18].map(cx => draw("circle", { cx, cy: 5, r: 2.6, fill: `var(--${s.colour})` }));
    list.append(make("li", {}, draw("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, ...(s.dots ? dots : [line])), s.name));
  }
  return list;
}

function path(points, x, y) { return points.map(([a, b], i) => (i ? "L" : "M") + x.place(a).toFixed(1) + " " + y.place(b).toFixed(1)).join(""); }

function frame(svg, x, y, box, options) {
  for (const t of y.ticks) {
    svg.append(draw("line", { class: "grid", x1: box.left, x2: box.right, y1: y.place(t), y2: y.place(t) }),
      draw("text", { x: box.left - 6, y: y.place(t) + 4, "text-anchor": "end" }, options.y.format(t)));
  }
  let last = -Infinity;
  for (const t of x.ticks) {
    const place = x.place(t);
    if (place - last < 34) continue;
    last = place;
    svg.append(draw("line", { class: "grid", x1: place, x2: place, y1: box.bottom, y2: box.bottom + 4 }),
      draw("text", { x: place, y: box.bottom + 17, "text-anchor": "middle" }, options.x.format(t)));
  }
  svg.append(draw("text", { class: "axis-name", x: box.right, y: box.bottom + 34, "text-anchor": "end" }, options.x.name),
    draw("text", { class: "axis-name", x: 0, y: 11 }, options.y.name));
}

function listen(svg, series, x, box, options) {
  const cursor = draw("line", { class: "cursor", y1: box.top, y2: box.bottom, visibility: "hidden" });
  svg.append(cursor);
  const places = [...new Set(series.flatMap(s => s.points.map(p => p[0])))];
  const point = event => {
    const at = event.clientX - svg.getBoundingClientRect().left;
    const nearest = places.reduce((best, v) => Math.abs(x.place(v) - at) < Math.abs(x.place(best) - at) ? v : best, places[0]);
    cursor.setAttribute("x1", x.place(nearest));
    cursor.setAttribute("x2", x.place(nearest));
    cursor.setAttribute("visibility", "visible");
    const lines = series.flatMap(s => {
      const found = s.points.find(p => p[0] === nearest);
      return found ? [`${s.name}: ${options.y.detail ? options.y.detail(found[1]) : options.y.format(found[1])}`] : [];
    });
    showTip(event, options.x.title(nearest), lines);
  };
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", () => { cursor.setAttribute("visibility", "hidden"); hideTip(); });
}

// options: { label, height?, x: { name, format, title, log?, low?, high?, integers? }, y: { name, format, detail?, … } }
function linePlot(allSeries, options) {
  const series = allSeries.map(s => ({ ...s, points: s.points.filter(p => p[1] != null && (!options.y.log || p[1] > 0)) }))
    .filter(s => s.points.length);
  const holder = make("div", { class: "plot" });
  const paint = width => {
    const height = options.height ?? 250;
    const box = { left: 46, right: width - 8, top: 24, bottom: height - 40 };
    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": options.label });
    const bands = series.flatMap(s => s.band ?? []);
    const x = scale(options.x, series.flatMap(s => s.points.map(p => p[0])), box.left, box.right);
    const y = scale(options.y, series.flatMap(s => s.points.map(p => p[1])).concat(bands.flatMap(b => [b[1], b[2]])), box.bottom, box.top);
    frame(svg, x, y, box, options);
    for (const s of series) {
      const stroke = `var(--${s.colour})`;
      if (s.band) {
        const edge = path(s.band.map(b => [b[0], b[2]]), x, y) + path(s.band.map(b => [b[0], b[1]]).reverse(), x, y).replace("M", "L") + "Z";
        svg.append(draw("path", { d: edge, fill: stroke, "fill-opacity": .13 }));
      }
      if (!s.dots) svg.append(draw("path", { d: path(s.points, x, y), fill: "none", stroke, "stroke-width": 2, "stroke-dasharray": s.dash ?? "none", "stroke-linejoin": "round", "stroke-linecap": "round" }));
      if (s.dots || s.points.length < 13) for (const [a, b] of s.points) svg.append(draw("circle", { cx: x.place(a), cy: y.place(b), r: s.dots ? 2.6 : 3, fill: stroke }));
    }
    listen(svg, series, x, box, options);
    holder.replaceChildren(svg);
  };
  redrawn(holder, paint);
  return series.length > 1 ? make("div", {}, key(series), holder) : holder;
}
