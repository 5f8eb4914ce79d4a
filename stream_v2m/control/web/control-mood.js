// The mood: a point with its trail on the valence–arousal plane, and the six emotions as bars.

import { animate } from "./control-canvas.js";
import { $, attribute, colours, el, reducedMotion, signed, text } from "./control-dom.js";

const TRAIL = 12; // seconds
const FOLLOW = 0.18; // of the way to where the mood is, a drawing

export function mood(model) {
  const trail = [];
  const point = { valence: 0, arousal: 0, there: false };
  const bars = new Map();

  model.on("state", (state, changed) => {
    if (!changed.has("affect")) return;
    const affect = state.affect;
    text($("valence"), affect ? signed(affect.valence) : "–");
    text($("arousal"), affect ? signed(affect.arousal) : "–");
    if (!affect) return;
    if (!bars.size) $("emotions").replaceChildren(...Object.keys(affect.probabilities).map((name) => bar(name, bars)));
    for (const [name, share] of Object.entries(affect.probabilities)) {
      const { row, fill, value } = bars.get(name);
      fill.style.transform = `scaleX(${share})`;
      text(value, `${Math.round(share * 100)}`);
      attribute(row, "class", name === affect.emotion ? "leads" : "");
    }
    trail.push([model.now(), affect.valence, affect.arousal]);
  });

  animate(
    $("plane"),
    (context, width, height) => {
      const now = model.now();
      while (trail.length > 1 && trail[1][0] < now - TRAIL) trail.shift();
      draw(context, width, height, now, trail, point);
    },
    24,
  );
}

function bar(name, bars) {
  const [fill, value] = [el("i"), el("output")];
  const row = el("li", {}, el("span", {}, name), el("div", { className: "track" }, fill), value);
  bars.set(name, { row, fill, value });
  return row;
}

function draw(context, width, height, now, trail, point) {
  const [middleX, middleY] = [width / 2, height / 2];
  const [halfX, halfY] = [width / 2 - 14, height / 2 - 18];
  const x = (valence) => middleX + valence * halfX;
  const y = (arousal) => middleY - arousal * halfY;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(x(-1)), Math.round(middleY) + 0.5);
  context.lineTo(Math.round(x(1)), Math.round(middleY) + 0.5);
  context.moveTo(Math.round(middleX) + 0.5, y(1));
  context.lineTo(Math.round(middleX) + 0.5, y(-1));
  context.stroke();
  context.beginPath();
  context.ellipse(middleX, middleY, halfX, halfY, 0, 0, 7);
  context.stroke();
  words(context, width, height, middleX, middleY);
  if (!trail.length) return;
  for (let index = 1; index < trail.length; index += 1) {
    const [[, fromV, fromA], [at, toV, toA]] = [trail[index - 1], trail[index]];
    context.globalAlpha = Math.max(0, 1 - (now - at) / TRAIL) * 0.7;
    context.strokeStyle = colours.accent;
    context.lineWidth = 2;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(x(fromV), y(fromA));
    context.lineTo(x(toV), y(toA));
    context.stroke();
  }
  context.globalAlpha = 1;
  const [, valence, arousal] = trail.at(-1);
  const by = reducedMotion.matches || !point.there ? 1 : FOLLOW;
  point.valence += (valence - point.valence) * by;
  point.arousal += (arousal - point.arousal) * by;
  point.there = true;
  context.fillStyle = colours["accent-soft"];
  context.beginPath();
  context.arc(x(point.valence), y(point.arousal), 13, 0, 7);
  context.fill();
  context.fillStyle = colours.accent;
  context.beginPath();
  context.arc(x(point.valence), y(point.arousal), 6, 0, 7);
  context.fill();
}

function words(context, width, height, middleX, middleY) {
  context.font = `11px ${colours.type}`;
  context.fillStyle = colours.quiet;
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.fillText("excited ↑ arousal", middleX, 8);
  context.fillText("calm", middleX, height - 8);
  context.textAlign = "right";
  context.fillText("pleasant →", width - 2, middleY - 9);
  context.fillText("valence", width - 2, middleY + 9);
  context.textAlign = "left";
  context.fillText("unpleasant", 2, middleY - 9);
}
