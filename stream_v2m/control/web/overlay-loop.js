// When to paint: at most `fps` times a second, only as long as something moves, and never while hidden.
//
// A timer paints, not an animation frame: an animation frame that is asked for costs the browser a whole frame's work
// even if nothing is painted in it, and 10 of 60 are wanted.

export class Loop {
  /** `paint()` says in how many milliseconds it wants to be called again: 0 as soon as may be, Infinity not at all. */
  constructor(fps, paint) {
    this.interval = 1000 / fps;
    this.paint = paint;
    this.next = 0;
    this.timer = undefined;
    document.addEventListener("visibilitychange", () => this.wake());
  }

  /** Something has changed: paint when the rate next allows it. */
  wake() {
    this.schedule(0);
  }

  schedule(wait) {
    clearTimeout(this.timer);
    if (document.hidden || wait === Infinity) return;
    this.timer = setTimeout(() => this.tick(), Math.max(wait, this.next - performance.now()));
  }

  tick() {
    const now = performance.now();
    this.next = Math.max(this.next + this.interval, now + this.interval / 2); // a late one does not delay the rest
    this.schedule(this.paint());
  }
}
