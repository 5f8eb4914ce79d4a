// How the machine is: times and losses as small charts of the last minute, the ports, their problems, notices.

import { $, colours, el, number, text } from "./control-dom.js";

const EVERY_MS = 500;
const KEPT = 120; // a minute
// label, what it is, unit, decimals, read, what the top of the chart is at least
const CHARTS = [
  ["step", "one step of the model", "ms", 1, (state) => state.step_ms, 20],
  ["late", "how late notes leave: 99 of 100 sooner", "ms", 1, (state) => state.player.lateness_p99_ms, 5],
  ["observe", "from a picture’s arrival until it is measured", "ms", 1, (state) => state.source.observe_ms, 10],
  ["age", "of a live source: from the newest picture’s capture until now", "ms", 0, (state) => state.source.age_ms, 100],
  ["frames", "pictures measured a second", "Hz", 1, (state) => state.source.rate_hz, 30],
  ["drops", "pictures passed over, and messages lost", "", 0, (state) => state.source.dropped + state.player.dropped, 4],
];

export function health(model) {
  const charts = CHARTS.map(([label, about, unit, decimals, read, least]) => {
    const value = el("output");
    const canvas = el("canvas", { "aria-hidden": "true" });
    const node = el("figure", { title: about }, el("figcaption", {}, el("span", { className: "tag" }, label), value), canvas);
    return { node, canvas, value, unit, decimals, read, least, kept: [] };
  });
  $("charts").replaceChildren(...charts.map(({ node }) => node));
  setInterval(() => {
    if (model.link !== "live" || !model.state) return;
    for (const chart of charts) sample(chart, model.state);
  }, EVERY_MS);
  model.on("state", (state, changed) => {
    if (changed.has("player") || changed.has("inputs")) $("player").replaceChildren(...player(state));
    if (changed.has("notices")) {
      const newest = [...state.notices].reverse();
      $("notices").replaceChildren(...newest.map((notice) => el("li", {}, notice)));
    }
  });
}

function sample(chart, state) {
  const { canvas, value, unit, decimals, read, least, kept } = chart;
  const now = read(state);
  text(value, now === null || now === undefined ? "–" : `${number(now, now < 100 ? decimals : 0)} ${unit}`.trim());
  kept.push(now ?? 0);
  if (kept.length > KEPT) kept.shift();
  if (document.hidden) return;
  const ratio = Math.min(devicePixelRatio || 1, 3);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width) return;
  if (canvas.width !== Math.round(width * ratio)) {
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const top = Math.max(least, ...kept) * 1.05;
  context.fillStyle = colours.line;
  context.fillRect(0, height - 1, width, 1);
  context.strokeStyle = colours.quiet;
  context.lineWidth = 1.25;
  context.beginPath();
  kept.forEach((one, index) => {
    const x = width - ((kept.length - 1 - index) / (KEPT - 1)) * width;
    const y = height - 1.5 - (one / top) * (height - 3);
    if (index) context.lineTo(x, y);
    else context.moveTo(x, y);
  });
  context.stroke();
}

function player({ player, inputs, estimator, provider, blind_steps: blind }) {
  const missing = player.problems.includes(player.status); // it is told below
  const status = (missing ? "waits for its ports" : player.status) + (player.realtime ? ", real time" : "") + (player.restarts ? `, ${player.restarts} restarts` : "");
  const lines = [
    line("player", status),
    line("ports", player.ports.join(", ") || "none"),
    line("sounding", `${player.sounding} of ${player.sent} sent, ${player.late} late`),
    line("sees by", [estimator, provider].filter(Boolean).join(", on ")),
  ];
  if (blind) lines.push(line("blind steps", String(blind)));
  for (const { spec, name, problem } of inputs) lines.push(line("input", problem || name || spec, problem ? "alarm" : ""));
  for (const problem of player.problems) lines.push(el("p", { className: "alarm" }, problem));
  return lines;
}

const line = (tag, words, kind = "") =>
  el("p", {}, el("span", { className: "tag" }, tag), " ", el("span", { className: kind }, words));
