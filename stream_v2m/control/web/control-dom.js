// Small helpers for elements and canvases; text is only ever set as text.

export const $ = (id) => document.getElementById(id);

/** An element with properties, `data-…`/`aria-…` attributes and children (strings become text). */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

/** Set text, touching the page only when it changes. */
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/** Set an attribute, touching the page only when it changes. */
export function attribute(node, name, value) {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** The theme's colours as canvases take them, by the custom property's name without dashes. */
export const colours = new Proxy(
  {},
  {
    get(kept, name) {
      if (!(name in kept)) {
        kept[name] = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
      }
      return kept[name];
    },
    deleteProperty: (kept, name) => delete kept[name],
    ownKeys: (kept) => Reflect.ownKeys(kept),
    getOwnPropertyDescriptor: (kept, name) => Reflect.getOwnPropertyDescriptor(kept, name),
  },
);
document.addEventListener("themechange", () => {
  for (const name of Object.keys(colours)) delete colours[name];
});

/** The colour of the `index`-th part. */
export const partColour = (index) => colours[`part-${(Math.max(0, index) % 9) + 1}`];

/** A number with so many decimals and a true minus sign; a dash where there is none. */
export function number(value, decimals = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const written = value.toFixed(decimals);
  return (Number(written) === 0 ? (0).toFixed(decimals) : written).replace("-", "−");
}

/** The same with its sign always. */
export const signed = (value, decimals = 2) => (value > 0 ? "+" : "") + number(value, decimals);

/** Seconds as m:ss. */
export function minutes(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
