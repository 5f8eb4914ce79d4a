// Colours of moods and parts.

// Where the plane of valence and arousal turns to which hue of OKLCH, both in degrees: excited yellow, tense red,
// afraid violet between, sad blue, relaxed green.
const TURNS = [[-135, -110], [-45, -195], [45, -280], [135, -340], [225, -470]];
const CHROMA = 0.15;

const PARTS = 9; // colours of the theme

/** The colours of the parts, in their order, as the page's style says. */
export function partColors(root = document.documentElement) {
  const style = getComputedStyle(root);
  return Array.from({ length: PARTS }, (_, index) => style.getPropertyValue(`--part-${index + 1}`).trim());
}

/** The colour of a mood: hue by its direction on the plane, strength by its distance from neutral; −1…1 each. */
export function moodColor(valence, arousal, theme) {
  let angle = (Math.atan2(arousal, valence) * 180) / Math.PI;
  if (angle < TURNS[0][0]) angle += 360;
  const next = Math.max(1, TURNS.findIndex(([turn]) => angle <= turn));
  const [[from, hueFrom], [to, hueTo]] = [TURNS[next - 1], TURNS[next]];
  const hue = hueFrom + ((hueTo - hueFrom) * (angle - from)) / (to - from);
  const strength = Math.min(1, Math.hypot(valence, arousal) / 0.6);
  return oklch(theme === "light" ? 0.6 : 0.82, CHROMA * strength, hue);
}

// Ottosson 2020, OKLab; in script, since browsers before Chromium 111 do not know oklch().
function oklch(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channels = [
    4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short,
  ];
  return `#${channels.map((linear) => gamma(linear).toString(16).padStart(2, "0")).join("")}`;
}

function gamma(linear) {
  const value = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055));
}
