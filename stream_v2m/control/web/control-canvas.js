// Canvases that are drawn while they can be seen, each at its own rate, on one animation frame for all.

// Where frames come slowly the machine is short of time, which the music may need: then all are drawn less often.

const SLOW_MS = 26; // between two frames, on average
const EASED = 2.5; // times longer between two drawings
const EASE_MS = 60_000; // then it is tried again

const drawn = new Set();
let asked = 0;
let [before, usual, eased] = [0, 0, -Infinity];

class Drawn {
  constructor(canvas, draw, rate) {
    this.canvas = canvas;
    this.draw = draw;
    this.gap = 1000 / rate - 4; // a little less, so that the display's own rate is not halved
    this.last = 0;
    this.visible = false;
    this.context = canvas.getContext("2d");
  }

  fit(width, height) {
    const ratio = Math.min(devicePixelRatio || 1, 3);
    this.width = width;
    this.height = height;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== across || this.canvas.height !== down) {
      this.canvas.width = across;
      this.canvas.height = down;
    }
    this.ratio = ratio;
    this.last = 0;
    this.paint(performance.now()); // now, since a new size has wiped it
  }

  paint(moment) {
    if (!this.visible || !this.width || moment - this.last < this.gap * (moment < eased ? EASED : 1)) return;
    this.last = moment;
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    this.draw(this.context, this.width, this.height);
  }
}

function frame(moment) {
  asked = 0;
  const gap = Math.min(moment - before, 100); // longer ones are those of a page that was hidden
  before = moment;
  usual += 0.02 * (gap - usual);
  if (usual > SLOW_MS && moment > eased) eased = moment + EASE_MS;
  for (const one of drawn) one.paint(moment);
  ask();
}

function ask() {
  if (!asked && !document.hidden && [...drawn].some((one) => one.visible)) asked = requestAnimationFrame(frame);
}

const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    for (const one of drawn) if (one.canvas === target) one.fit(contentRect.width, contentRect.height);
  }
});
const sights = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    for (const one of drawn) if (one.canvas === target) one.visible = isIntersecting;
  }
  ask();
});
document.addEventListener("visibilitychange", ask);

/** Let `draw(context, width, height)`, in CSS pixels, fill the canvas at most `rate` times a second. */
export function animate(canvas, draw, rate) {
  const one = new Drawn(canvas, draw, rate);
  drawn.add(one);
  sizes.observe(canvas);
  sights.observe(canvas);
  return { rate: (hertz) => (one.gap = 1000 / hertz - 4) };
}
