// The picture as the source sees it, how much it moves, and its cuts and flashes as lamps that glow.

import { animate } from "./control-canvas.js";
import { $, attribute, colours, number, text } from "./control-dom.js";

const SPAN = 20; // seconds of the curve
const GLOW_MS = 600;
const HELD = 0.15; // seconds without a word of motion: it has not changed
const STALE = 3; // seconds without a picture until it is greyed

export function picture(model) {
  const curve = [];
  const marks = [];
  let shown = 0;

  model.on("preview", async (blob) => {
    if (document.hidden) return;
    const bitmap = await createImageBitmap(blob);
    const canvas = $("preview");
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    }
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
    shown = performance.now();
    $("nothing").hidden = true;
    $("frame").classList.remove("old");
  });

  model.on("state", (state, changed) => {
    if (changed.has("motion")) {
      text($("motion"), number(state.motion, 2));
      attribute($("meter"), "aria-valuenow", (state.motion ?? 0).toFixed(2));
      $("meter").firstElementChild.style.transform = `scaleX(${state.motion ?? 0})`;
      if (state.motion !== null) follow(curve, model.now(), state.motion);
    }
    if (changed.has("cuts")) text($("cut").querySelector("b"), String(state.cuts));
    if (changed.has("flashes")) text($("flash").querySelector("b"), String(state.flashes));
    if (changed.has("source")) text($("source"), sourceText(state.source));
  });

  model.on("cue", ({ event, time }) => {
    if (event === "onset") return; // a gesture's beginning is in the curve already
    if (event !== "hit") glow($(event));
    if (event === "cut") glow($("frame"));
    marks.push([time, event]);
  });

  animate(
    $("curve"),
    (context, width, height) => {
      const now = model.now();
      while (curve.length > 1 && curve[1][0] < now - SPAN) curve.shift();
      while (marks.length && marks[0][0] < now - SPAN) marks.shift();
      draw(context, width, height, now, curve, marks);
    },
    20,
  );

  setInterval(() => {
    if (performance.now() - shown > STALE * 1000) $("frame").classList.add("old");
  }, 1000);
}

/** A point of the curve; until then it stayed where it was, since only changes are told. */
function follow(curve, now, value) {
  const last = curve.at(-1);
  if (last && now - last[0] > HELD) curve.push([now - HELD / 2, last[1]]);
  curve.push([now, value]);
}

function sourceText(source) {
  const size = source.width ? ` · ${source.width} × ${source.height}` : "";
  const retries = source.retries ? ` · ${source.retries} retries` : "";
  return `${source.name || "no source"} · ${source.status}${size}${retries}`;
}

function glow(node) {
  node.classList.add("lit");
  clearTimeout(node.darken);
  node.darken = setTimeout(() => node.classList.remove("lit"), GLOW_MS);
}

function draw(context, width, height, now, curve, marks) {
  const x = (moment) => width + ((moment - now) / SPAN) * width;
  const y = (value) => height - 1 - value * (height - 3);
  context.fillStyle = colours.line;
  context.fillRect(0, height - 1, width, 1);
  for (const [moment, event] of marks) {
    context.fillStyle = event === "cut" ? colours.accent : event === "flash" ? colours.ink : colours.faint;
    const top = event === "hit" ? height * 0.75 : 0;
    context.fillRect(Math.round(x(moment)), top, event === "hit" ? 1 : 2, height - top);
  }
  if (!curve.length) return;
  context.beginPath();
  context.moveTo(x(curve[0][0]), y(curve[0][1]));
  for (const [moment, value] of curve) context.lineTo(x(moment), y(value));
  context.lineTo(width, y(curve.at(-1)[1])); // it has not changed since
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.stroke();
  context.lineTo(width, height);
  context.lineTo(x(curve[0][0]), height);
  context.globalAlpha = 0.12;
  context.fillStyle = colours.ink;
  context.fill();
  context.globalAlpha = 1;
}
