// When to paint: at most `fps` times a second, only as long as something moves, and never while hidden.

export class Loop {
  /** `paint()` says in how many milliseconds it wants to be called again: 0 as soon as may be, Infinity not at all. */
  constructor(fps, paint) {
    this.interval = 1000 / fps;
    this.paint = paint;
    this.last = -Infinity;
    this.timer = undefined;
    this.frame = undefined;
    document.addEventListener("visibilitychange", () => this.wake());
  }

  /** Something has changed: paint when the rate next allows it. */
  wake() {
    this.schedule(0);
  }

  schedule(wait) {
    clearTimeout(this.timer);
    if (this.frame !== undefined || document.hidden || wait === Infinity) return;
    const left = this.last + this.interval - performance.now();
    // half a display's frame early, since the animation frame that follows is up to a whole one away
    this.timer = setTimeout(() => this.ask(), Math.max(wait, left) - 8);
  }

  ask() {
    this.frame ??= requestAnimationFrame((time) => this.tick(time));
  }

  tick(time) {
    this.frame = undefined;
    if (time - this.last < this.interval - 1) {
      this.ask();
      return;
    }
    this.last = time;
    this.schedule(this.paint());
  }
}
