// What the address asks of the overlay: every parameter is checked, and a wrong one is said to the console and forgotten.

export const POSITIONS = [
  "top-left", "top", "top-right",
  "left", "center", "right",
  "bottom-left", "bottom", "bottom-right",
];
export const THINGS = ["chord", "next", "mood", "key", "pulse", "notes"];

const oneOf = (words, standard) => ({
  standard,
  expected: words.join(", "),
  read: (text) => (words.includes(text) ? text : undefined),
});

const number = (standard, least, most) => ({
  standard,
  expected: `a number from ${least} to ${most}`,
  read: (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    return value >= least && value <= most ? value : undefined;
  },
});

const color = {
  standard: null,
  expected: "a colour like ff8800",
  read: (text) => {
    if (/^[0-9a-f]{6}$/i.test(text)) return `#${text.toLowerCase()}`;
    return /^[0-9a-f]{3}$/i.test(text) ? `#${text.toLowerCase().replace(/./g, "$&$&")}` : undefined;
  },
};

const things = {
  standard: THINGS,
  expected: `some of ${THINGS.join(",")}`,
  read: (text) => {
    const asked = text.split(",");
    return asked.every((each) => THINGS.includes(each)) ? asked : undefined;
  },
};

const PARAMETERS = {
  position: oneOf(POSITIONS, "bottom-left"),
  show: things,
  theme: oneOf(["dark", "light", "mono"], "dark"),
  plate: oneOf(["soft", "none"], "soft"),
  accent: color,
  scale: number(1, 0.25, 8),
  font: number(56, 16, 160),
  margin: number(16, 0, 500),
  fps: number(10, 1, 30),
};

/** The options of a query string like `?position=top&scale=2`; `warn` hears what was wrong. */
export function readOptions(query, warn) {
  const options = {};
  for (const [name, { standard }] of Object.entries(PARAMETERS)) options[name] = standard;
  for (const [name, text] of new URLSearchParams(query)) {
    const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    const value = parameter?.read(text);
    if (value !== undefined) options[name] = value;
    else {
      const expected = parameter?.expected ?? `one of ${Object.keys(PARAMETERS).join(", ")}`;
      warn(`overlay: ${JSON.stringify(`${name}=${text}`.slice(0, 60))} is ignored, expected ${expected}`);
    }
  }
  return options;
}

/** Dress the page accordingly. */
export function applyOptions(options, root = document.documentElement) {
  root.dataset.position = options.position;
  root.dataset.theme = options.theme;
  root.dataset.plate = options.plate;
  root.style.fontSize = `${16 * options.scale}px`;
  root.style.setProperty("--chord-size", `${options.font / 16}rem`);
  root.style.setProperty("--margin", `${options.margin}px`);
  for (const element of root.querySelectorAll("[data-show]")) {
    element.hidden = !options.show.includes(element.dataset.show);
  }
  for (const group of root.querySelectorAll(".harmony, .place, .aside, .head")) {
    group.hidden = [...group.querySelectorAll("[data-show]")].every((element) => element.hidden);
  }
}
