// Commands that have no place of their own on the page: a form each, built from their JSON schema.

import { $, el } from "./control-dom.js";

/** Fill “More commands” with every command of `schemas` (name → JSON schema) that is not among `placed`. */
export function forms(desk, schemas, placed) {
  const left = Object.entries(schemas).filter(([name]) => !placed.has(name));
  $("more").replaceChildren(...left.map(([name, schema]) => form(desk, name, schema)));
}

function form(desk, name, schema) {
  const fields = Object.entries(schema.properties ?? {})
    .filter(([key]) => key !== "when")
    .map(([key, property]) => field(key, resolve(property, schema), (schema.required ?? []).includes(key)));
  const button = el("button", {}, name.replaceAll("_", " "));
  const node = el(
    "form",
    { className: "command", "aria-label": name },
    el("p", { className: "quiet small" }, ...prose((schema.description ?? "").split("\n")[0])),
    ...fields.map(({ label }) => label),
    button,
    el("p", { className: "says", role: "status" }),
  );
  node.classList.add("panel");
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = {};
    for (const { key, read } of fields) {
      const value = read();
      if (value !== undefined) given[key] = value;
    }
    desk.command(name, given, button);
  });
  return node;
}

/** Text in which what stands between double backticks is code. */
function prose(text) {
  return text.split("``").map((piece, turn) => (turn % 2 ? el("code", {}, piece) : piece));
}

/** A property with its reference followed and the null of its choices noted. */
function resolve(property, schema) {
  const found = property.$ref ? { ...schema.$defs?.[property.$ref.split("/").pop()], ...property } : property;
  const choices = found.anyOf ?? found.oneOf;
  if (!choices) return found;
  const some = choices.find((choice) => choice.type !== "null") ?? {};
  return { ...found, ...resolve(some, schema), empty: choices.some((choice) => choice.type === "null") };
}

function field(key, property, needed) {
  const given = property.default;
  const named = (input) => el("label", {}, key.replaceAll("_", " "), input);
  if (property.type === "boolean") {
    const input = el("input", { type: "checkbox", checked: Boolean(given) });
    return { key, label: el("label", { className: "check" }, input, ` ${key}`), read: () => input.checked };
  }
  if (property.enum) {
    const options = property.enum.map((value) => el("option", { value }, String(value)));
    if (property.empty || !needed) options.unshift(el("option", { value: "" }, "–"));
    const input = el("select", {}, ...options);
    return { key, label: named(input), read: () => input.value || undefined };
  }
  if (property.type === "number" || property.type === "integer") {
    const input = el("input", { type: "number", step: property.type === "integer" ? 1 : "any", required: needed });
    if (property.minimum !== undefined) input.min = property.minimum;
    if (property.maximum !== undefined && property.maximum < 1e9) input.max = property.maximum;
    if (given !== undefined && given !== null) input.value = given;
    return { key, label: named(input), read: () => (input.value === "" ? undefined : Number(input.value)) };
  }
  const json = property.type === "object" || property.type === "array";
  const input = el("input", { type: "text", required: needed, spellcheck: false, placeholder: json ? "{}" : "" });
  if (typeof given === "string") input.value = given;
  const read = () => (input.value === "" ? undefined : json ? parsed(input) : input.value);
  input.addEventListener("input", () => input.setCustomValidity(""));
  return { key, label: named(input), read };
}

function parsed(input) {
  try {
    return JSON.parse(input.value);
  } catch {
    return input.value; // the server says what it expected
  }
}
