// The parts of a drawing: panels with axes, lines and marks, kept and changed in place.

const SVG = "http://www.w3.org/2000/svg";

/** The node of a name below its parent, made at the first call, with these attributes. */
export function node(parent, name, tag, attributes = {}) {
  parent.named ??= new Map();
  let found = parent.named.get(name);
  if (!found) {
    found = parent.appendChild(document.createElementNS(SVG, tag));
    found.setAttribute("class", name);
    parent.named.set(name, found);
  }
  for (const key in attributes) found.setAttribute(key, attributes[key]);
  return found;
}

function text(parent, name, words, attributes) {
  node(parent, name, "text", attributes).textContent = words;
}

const far = (value) => Math.max(-1e4, Math.min(1e4, value));
const round = (length) => Math.round(length * 10) / 10;

/** Round values in an interval, at most so many steps: so there may be one value more. */
function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((one) => one * power >= rough);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high * (1 + 1e-9); k++) found.push(Number((k * step).toPrecision(6)));
  return found;
}

/** A number to so many digits that it is not mistaken for the edge beside which it lies. */
export const apart = (value, edge) => short(value, [4, 5, 6, 7, 8, 9].find((digits) => short(value, digits) !== short(edge)));

/** A limit, rounded down: what is typed as it is shown must not lie beyond it. */
export function below(value) {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 4);
  return short(Math.floor((value / unit) * (1 + 1e-12)) * unit, 5);
}

/** So many values from low to high, one more than steps. */
export const evenly = (low, high, steps) => Array.from({ length: steps + 1 }, (_, i) => low + ((high - low) * i) / steps);

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (power) => String(power).replace("-", "⁻").replace(/\d/g, (digit) => superscripts[digit]);

/** A number as it is read aloud: four digits, and powers of ten beyond a million. */
export function short(value, digits = 4) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "−inf";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) {
    const [mantissa, power] = value.toExponential(Math.min(digits, 3) - 1).split("e");
    return `${Number(mantissa)} · 10${raised(Number(power))}`.replace("-", "−").replace(/^(−?)1 · /, "$1");
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

/** The outline of a mark, by the letter that matplotlib gives it or nearly so. */
export const shapes = {
  o: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  s: (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  v: (x, y, r) => `M${x - r} ${y - r}h${2 * r}l${-r} ${2 * r}z`,
  t: (x, y, r) => `M${x - r} ${y + r}h${2 * r}l${-r} ${-2 * r}z`,
  p: (x, y, r) => `M${x - r} ${y}h${2 * r}M${x} ${y - r}v${2 * r}`,
  x: (x, y, r) => `M${x - r} ${y - r}l${2 * r} ${2 * r}M${x + r} ${y - r}l${-2 * r} ${2 * r}`,
};

let panels = 0;

/** One pair of axes. A logarithmic axis is given in powers of ten. */
export class Panel {
  constructor(svg) {
    this.group = node(svg, `panel ${panels}`, "g");
    this.axes = node(this.group, "axes", "g", { "aria-hidden": "true" });
    const clip = `clip-${panels++}`;
    this.clip = node(node(this.group, "clip", "clipPath", { id: clip }), "box", "rect");
    this.inside = node(this.group, "inside", "g", { "clip-path": `url(#${clip})` });
  }

  /** Where the panel stands, in pixels, and what its axes mean. */
  frame({ left, top, width, height }, { x, y, title, xlabel = "update", ylabel = "", logY = false, xticks = 6, yticks = 5 }) {
    const box = { x: left + 46, y: top + 24, width: width - 58, height: height - 64 };
    Object.assign(this, { box, logY, title });
    this.x = (value) => round(box.x + ((value - x[0]) / (x[1] - x[0])) * box.width);
    const up = (height) => round(box.y + box.height - ((height - y[0]) / (y[1] - y[0])) * box.height);
    this.up = up; // for heights beyond what a number can say
    this.values = (px, py) => [
      x[0] + ((px - box.x) / box.width) * (x[1] - x[0]),
      y[1] - ((py - box.y) / box.height) * (y[1] - y[0]),
    ];
    this.y = logY ? (value) => up(Math.log10(value)) : up;
    const seen = JSON.stringify([box, x, y, title, xlabel, ylabel]);
    if (seen === this.seen) return;
    this.seen = seen; // axes that stay are not drawn again
    for (const name in box) this.clip.setAttribute(name, box[name]);
    node(this.axes, "frame", "rect", box);
    text(this.axes, "title", title, { x: box.x, y: top + 14 });
    text(this.axes, "label x", xlabel, { x: box.x + box.width, y: box.y + box.height + 32, "text-anchor": "end" });
    text(this.axes, "label y", ylabel, { x: box.x + 5, y: box.y + 14 });
    const marks = Array.isArray(xticks) ? xticks : ticks(...x, Math.min(xticks, box.width / 44)).map((value) => [value, short(value)]);
    this.scale("x", marks, (value) => [this.x(value), box.y + box.height + 16, "middle"]);
    const powers = ticks(...y, yticks).filter((value) => !logY || Number.isInteger(value));
    const words = (value) => (logY ? (value ? `10${raised(value)}` : "1") : short(value));
    this.scale("y", powers.map((value) => [value, words(value)]), (value) => [box.x - 5, up(value) + 4, "end"]);
  }

  /** The same, where a figure has put the panel. */
  scales(axes) {
    this.frame(this.place, axes);
  }

  scale(axis, values, place) {
    const group = node(this.axes, `tick ${axis}`, "g");
    values.forEach(([value, words], i) => {
      const [x, y, anchor] = place(value);
      text(group, `tick ${i}`, words, { x, y, "text-anchor": anchor });
    });
    for (const [name, found] of group.named ?? []) if (Number(name.slice(5)) >= values.length) found.textContent = "";
  }

  /** A point in pixels, kept within reach of the drawing so that a far one is still drawn towards. */
  at([x, y]) {
    return [far(this.x(x)), far(this.y(y))];
  }

  line(name, ...lines) {
    let d = "";
    for (const points of lines) {
      let pen = "M";
      for (const point of points) {
        if (!this.shows(point)) continue;
        d += pen + this.at(point).join(" ");
        pen = "L";
      }
    }
    this.path(name, d);
  }

  path(name, d) {
    node(this.inside, name, "path", { d });
  }

  shows([, y]) {
    return Number.isFinite(y) && (!this.logY || y > 0);
  }

  marks(name, points, shape = "o", radius = 3.5) {
    const seen = points.filter((point) => this.shows(point));
    this.path(name, seen.map((point) => shapes[shape](...this.at(point), radius)).join(""));
  }

  /** A straight line through the whole panel, at an x or at a y; none where that is no number. */
  limit(name, { x, y }) {
    const { box } = this;
    const d = x === undefined ? `M${box.x} ${this.y(y)}h${box.width}` : `M${this.x(x)} ${box.y}v${box.height}`;
    this.path(name, Number.isFinite(x ?? y) ? d : "");
  }
}
