import { InteractiveFigure, shapes, short } from "./figure.js";
import { above, add, below, between, distance, formats, largest } from "./models/bits.js";

const DIGITS = 6;
const TIMES = 1000;
const rows = formats.map((format, i) => ({ format, tone: `tone${i}`, shape: "ost"[i], y: 3 - i }));

class BitsFigure extends InteractiveFigure {
  static panels = [1];
  static knobs = [
    { name: "sign", label: "each update", value: "down", options: { down: "is taken from the weight", up: "is added to the weight" } },
    { name: "weight", label: "weight", wide: true, log: true, min: 1e-9, max: 65504, value: 1 },
    { name: "update", label: "update", wide: true, log: true, min: 1e-9, max: 1e5, value: 0.001 },
  ];
  static presets = [
    { label: "1 − 0.001", state: () => ({ sign: "down", weight: 1, update: 0.001 }) },
    { label: "256 + 1", state: () => ({ sign: "up", weight: 256, update: 1 }) },
    { label: "65504 + 32", state: () => ({ sign: "up", weight: 65504, update: 32 }) },
  ];

  draw({ sign, weight, update }, [panel]) {
    const step = sign === "up" ? update : -update;
    const wanted = weight + step;
    const wide = Math.max(1.3 * update, ...["bf16", "fp16"].map((format) => 2.6 * distance(format, weight)));
    const [low, high] = [weight - wide, weight + wide];
    const words = short(wanted, DIGITS);
    panel.scales({ x: [low, high], y: [0.4, 3.6], title: `${short(weight, DIGITS)} ${sign === "up" ? "+" : "−"} ${short(update, DIGITS)}`, xlabel: "number" });
    panel.scale("y", rows.map(({ format, y }) => [y, format]), (y) => [panel.box.x - 5, panel.up(y) + 4, "end"]);
    panel.limit("now", { x: wanted });
    const found = rows.map((row) => {
      const { format, tone, shape, y } = row;
      const [from, to] = add(format, weight, step);
      const numbers = between(format, low, high, 400);
      const [left, right] = [Math.max(low, -largest(format)), Math.min(high, largest(format))].map(panel.x);
      const top = panel.up(y) - 9;
      panel.path(`${tone} band`, numbers ? numbers.map((value) => `M${panel.x(value)} ${top}v18`).join("") : `M${left} ${top}H${right}v18H${left}z`);
      panel.marks(`${tone} dots`, Number.isFinite(from) ? [[from, y]] : [], shape, 5);
      panel.path(`${tone} lost`, Number.isFinite(to) ? shapes[shape](panel.x(to), panel.up(y), 10) : "");
      return { ...row, from, to, beside: [below, above].map((next) => next(format, from)), last: add(format, weight, step, TIMES)[1] };
    });
    const tells = ({ from, to, beside, last }) =>
      from === to
        ? ` stays at ${short(from, DIGITS)}: nothing happens, nor in ${short(TIMES)} updates. Its next numbers are ${beside.map((one) => short(one, DIGITS)).join(" and ")}.`
        : ` goes from ${short(from, DIGITS)} to ${short(to, DIGITS)}; after ${short(TIMES)} updates it is ${short(last, DIGITS)}.`;
    return {
      words: [`The update should lead to ${words}.`, ...found.flatMap((row) => ["\n", [row.tone, row.format], tells(row)])],
      spoken: found.map(({ format, from, to }) => `${format} ${from === to ? "stays" : "moves"}`).join("; "),
      table: {
        head: ["format", "weight", "next below", "next above", "after one update", `after ${short(TIMES)}`],
        rows: found.map(({ format, from, beside, to, last }) => [format, ...[from, ...beside, to, last].map((value) => short(value, 8))]),
      },
    };
  }
}

customElements.define("bits-figure", BitsFigure);
