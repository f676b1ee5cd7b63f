"use strict";
// Heat maps on canvas. Two ramps: around "as expected" (cold, even, hot) and from nothing to much.

function channels(css) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = css;
  return [1, 3, 5].map(i => parseInt(context.fillStyle.slice(i, i + 2), 16));
}

function mix(a, b, share) { return `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * share)).join(" ")})`; }

// -1…1 to a colour; steps of lightness so that it also reads without hue.
function aroundRamp() {
  const [cold, even, hot] = ["cold", "even", "hot"].map(c => channels(colour(c)));
  return v => v < 0 ? mix(even, cold, Math.min(1, -v)) : mix(even, hot, Math.min(1, v));
}

function upRamp() {
  const [even, hot] = ["even", "hot"].map(c => channels(colour(c)));
  return v => mix(even, hot, Math.max(0, Math.min(1, v)));
}

function rampScale(low, high, middle, ramp) {
  const bar = make("i");
  const stops = () => { const r = ramp(); bar.style.background = `linear-gradient(to right, ${[0, .25, .5, .75, 1].map(s => r(middle == null ? s : 2 * s - 1)).join(", ")})`; };
  stops();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", stops);
  return make("span", { class: "scale" }, low, bar, high);
}

// options: { label, rows, columns, value(row, column) → colour place or null, ramp, rowName, columnName, title, lines,
//            rowLabel?, columnLabels? (names at the sides), square? }
function heatMap(options) {
  const canvas = make("canvas", { role: "img", "aria-label": options.label });
  const holder = make("div", {}, canvas);
  let box = null;
  const paint = width => {
    const ratio = devicePixelRatio || 1;
    const names = options.names;
    const left = names ? Math.min(170, width * .34) : 34;
    const cell = (width - left) / options.columns;
    const high = options.square ? Math.min(cell, 34) : Math.max(6, Math.min(16, 420 / options.rows));
    const wide = options.square ? high : cell;
    const bottom = names ? 26 : 34;
    box = { left, wide, high };
    canvas.width = width * ratio;
    canvas.height = (high * options.rows + bottom) * ratio;
    canvas.style.height = high * options.rows + bottom + "px";
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.clearRect(0, 0, width, canvas.height);
    const ramp = options.ramp();
    const nothing = colour("none");
    for (let r = 0; r < options.rows; r++) for (let c = 0; c < options.columns; c++) {
      const value = options.value(r, c);
      context.fillStyle = value == null ? nothing : ramp(value);
      const gap = wide > 5 ? 1 : 0;
      context.fillRect(left + c * wide, r * high, wide - gap + (gap ? 0 : .4), high - (high > 5 ? 1 : 0));
    }
    labels(context, { left, wide, high, bottom, width }, options);
  };
  const again = redrawn(holder, paint);
  const point = event => {
    const frame = canvas.getBoundingClientRect();
    const c = Math.floor((event.clientX - frame.left - box.left) / box.wide), r = Math.floor((event.clientY - frame.top) / box.high);
    if (r < 0 || c < 0 || r >= options.rows || c >= options.columns) return hideTip();
    showTip(event, options.title(r, c), options.lines(r, c));
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("pointerleave", hideTip);
  holder.again = again;
  return holder;
}

function labels(context, box, options) {
  context.fillStyle = colour("soft");
  context.font = "11.5px " + getComputedStyle(document.body).fontFamily;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const every = Math.ceil(13 / box.high);
  for (let r = 0; r < options.rows; r += every) {
    let text = options.rowName(r);
    while (text.length > 3 && context.measureText(text).width > box.left - 8) text = text.slice(0, -2) + "…";
    context.fillText(text, box.left - 6, (r + .5) * box.high);
  }
  context.textAlign = "center";
  const step = [1, 2, 4, 8, 16, 32, 64, 128].find(s => s * box.wide >= 26) || 256;
  for (let c = 0; c < options.columns; c += step)
    context.fillText(options.columnName(c), box.left + (c + .5) * box.wide, options.rows * box.high + 11);
  if (!options.names) {
    context.textAlign = "right";
    context.fillText(options.axis, box.width, options.rows * box.high + 27);
  }
}
