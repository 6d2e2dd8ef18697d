// The losses that were read, and the growth that was read from them, on axes.

import { node, Panel, short } from "../interactive/plot.js";

const HEIGHT = 270;

/** The lowest and the highest of the losses on their axis, with room above and below. */
function reach(losses, logY) {
  const far = (loss) => Math.max(-1e307, Math.min(1e307, loss)); // twice as far is no number
  const heights = logY ? losses.filter((loss) => loss > 0).map(Math.log10) : losses.map(far);
  const [low, high] = heights.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
  const room = Math.max((high - low) * 0.12, logY ? 0.3 : Math.abs(high) / 10 || 1);
  return { y: [low - room, high + room], top: logY ? 10 ** high : high };
}

/** What a kind of line is. */
function key(kind, words) {
  const found = document.createElement("span");
  found.className = kind;
  found.textContent = words;
  return found;
}

export class Drawing {
  constructor() {
    this.element = document.createElement("div");
    this.element.className = "drawing";
    this.svg = node(this.element, "drawn", "svg", { role: "img" });
    this.panel = new Panel(this.svg);
    this.keys = this.element.appendChild(document.createElement("p")); // below the axes, where no line runs
    this.keys.className = "keys";
    this.keys.setAttribute("aria-hidden", "true");
  }

  draw({ found, span, title, seen, points, fit, bad }, width) {
    this.element.hidden = !points.length;
    if (width < 0 || !points.length) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.style.height = `${HEIGHT}px`;
    const { panel } = this;
    const losses = points.map(([, loss]) => loss);
    const logY = losses.every((loss) => loss >= 0) && losses.some((loss) => loss > 0);
    const { y, top } = reach(losses, logY);
    const { from, first, last, end, steps } = span;
    const wide = Math.max(1, end - from);
    const few = steps * 70 < width && points.map(([x]) => [x, short(x)]).concat(bad ? [[end, short(end)]] : []);
    panel.frame(
      { left: 0, top: 0, width, height: HEIGHT },
      { x: [from - 0.02 * wide, from + 1.04 * wide], y, logY, title, xlabel: found.unit, ylabel: "", xticks: few || 6 },
    );
    panel.line("growth", found.evidence ? points.filter(([x]) => x >= first && x <= last) : []);
    panel.line("run", points);
    panel.marks("run dots", points.length < 80 ? points : [], "s", 2.5);
    panel.line("fit", logY ? fit : []);
    const limited = logY && fit.length > 0 && span.loss > 0;
    panel.limit("limit", { y: limited ? span.loss : NaN });
    panel.marks("lost", bad ? [[end, top]] : [], "x", 6);
    this.keys.replaceChildren(key("run", "loss"), ...(logY && fit.length ? [key("fit", "what was read")] : []), ...(limited ? [key("limit", "at the limit")] : []));
    this.svg.setAttribute("aria-label", `${seen}: the first ${short(span.begin)}, the highest ${short(span.peak)} at step ${last}, the last ${short(span.final)}. ${found.why[0]}`);
  }
}
