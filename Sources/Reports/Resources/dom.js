"use strict";
// Small tools for the document. Text from the trace only ever becomes text: nothing here parses HTML.
const SVG = "http://www.w3.org/2000/svg";

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function draw(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim(); }

// Numbers for readers.
const whole = value => Math.round(value).toLocaleString("en-US");
const short = value => value >= 1e9 ? (value / 1e9).toFixed(1) + " G" : value >= 1e6 ? (value / 1e6).toFixed(1) + " M"
  : value >= 1e4 ? (value / 1e3).toFixed(0) + " k" : whole(value);
const fixed = digits => value => value == null ? "–" : value.toFixed(digits);
const percent = value => value == null ? "–" : +(100 * value).toFixed(Math.abs(value) < .1 ? 1 : 0) + "\u00a0%";

// The box beside the pointer.
const tip = document.getElementById("tip");
function showTip(event, title, lines) {
  tip.replaceChildren(make("b", {}, title), ...lines.flatMap((line, i) => i ? [make("br"), line] : [line]));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  const left = event.clientX + 14 + box.width > width ? event.clientX - 14 - box.width : event.clientX + 14;
  tip.style.left = Math.max(6, left) + scrollX + "px";
  tip.style.top = Math.max(6, event.clientY - box.height - 10) + scrollY + "px";
}
function hideTip() { tip.hidden = true; }
addEventListener("scroll", hideTip, { passive: true });

// Everything that is drawn to size: again when its width or the colours change.
function redrawn(holder, paint) {
  let width = 0;
  new ResizeObserver(entries => {
    const now = Math.round(entries[0].contentRect.width);
    if (now !== width && now > 0) { width = now; paint(now); }
  }).observe(holder);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => width && paint(width));
  addEventListener("beforeprint", () => width && paint(width));
  return () => width && paint(width);
}

// Exclusive choices, as buttons.
function choice(name, options, chosen) {
  const set = make("fieldset", { class: "choice" }, make("legend", {}, name));
  const group = name.replace(/\W/g, "") + Math.random().toString(36).slice(2, 7);
  options.forEach(([value, label], i) => {
    const input = make("input", { type: "radio", name: group, value });
    input.checked = i === 0;
    input.addEventListener("change", () => chosen(value));
    set.append(make("label", {}, input, make("span", {}, label)));
  });
  return set;
}

function picker(label, options, chosen) {
  const select = make("select", { "aria-label": label });
  options.forEach(([value, text]) => select.append(make("option", { value }, text)));
  select.addEventListener("change", () => chosen(Number(select.value)));
  return select;
}

function table(head, rows, nameColumns = 1) {
  const body = rows.map(row => make("tr", {}, ...row.map((cell, i) =>
    make("td", i < nameColumns ? { class: "name" } : {}, String(cell)))));
  return make("div", { class: "scroll" }, make("table", {},
    make("thead", {}, make("tr", {}, ...head.map(cell => make("th", { scope: "col" }, cell)))),
    make("tbody", {}, ...body)));
}

function folded(summary, ...children) { return make("details", {}, make("summary", {}, summary), ...children); }
