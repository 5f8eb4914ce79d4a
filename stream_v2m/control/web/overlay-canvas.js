// A small canvas as large as its element is shown, in units of rem, cleared only when it is painted.

export class Canvas {
  constructor(element) {
    this.element = element;
    this.context = element.getContext("2d");
    this.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  /** Set its size in rem. */
  resize(width, height) {
    const pixels = this.rem * Math.min(2, window.devicePixelRatio || 1);
    this.width = width;
    this.height = height;
    this.element.width = Math.round(width * pixels);
    this.element.height = Math.round(height * pixels);
    this.element.style.width = `${width}rem`;
    this.element.style.height = `${height}rem`;
    this.context.setTransform(pixels, 0, 0, pixels, 0, 0);
  }

  clear() {
    this.context.clearRect(0, 0, this.width, this.height);
    return this.context;
  }
}
