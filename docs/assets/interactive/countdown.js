import { evenly, InteractiveFigure, make, shapes, short } from "./figure.js";
import { bits, countdown, descend, firstInf, firstNan, formats, keep, largest } from "./models/countdown.js";

const MOST = 3600;

class CountdownFigure extends InteractiveFigure {
  static panels = [1];
  static knobs = [
    { name: "growth", label: "loss grows by", wide: true, min: 1.5, max: 1000, log: true, value: 4 },
    { name: "format", label: "format", value: "fp32", options: Object.fromEntries(formats.map((name) => [name, name])) },
    { name: "update", label: "look at update", whole: true, value: 0 },
  ];
  static presets = [
    { label: "first inf", state: (state) => ({ update: CountdownFigure.run(state).inf }) },
    { label: "first nan", state: (state) => ({ update: CountdownFigure.run(state).nan }) },
  ];


  static run({ growth, format }) {
    const key = `${growth} ${format}`;
    if (this.last?.key === key) return this.last;
    const run = descend(format, 1 + Math.sqrt(growth), MOST);
    return (this.last = { key, ...run, inf: firstInf(run.losses), lost: firstNan(run.losses), overflown: firstInf(run.weights), nan: firstNan(run.weights) });
  }

  range(knob, state) {
    return knob.name === "update" ? [0, CountdownFigure.run(state).losses.length - 1] : super.range(knob);
  }

  prepare() {
    this.pattern = make("div", { className: "bits" });
    this.says.after(this.pattern);
  }

  draw(state, [panel]) {
    const { losses, weights, inf, lost, overflown, nan } = CountdownFigure.run(state);
    const end = losses.length - 1;
    const { format, update } = state;

    const top = Math.log10(largest(format));
    const low = Math.min(-1, -0.04 * top);
    panel.scales({ x: [-0.02 * end, 1.03 * end], y: [low, 1.25 * top], logY: true, title: `${format}: largest number ${short(largest(format), 5)}` });
    const stride = Math.max(1, Math.floor(end / 120));
    const line = (values) => values.flatMap((value, t) => (t % stride === 0 && Number.isFinite(value) ? [[t, Math.abs(value)]] : []));
    // Heights are powers of ten: above the largest number there is no number.
    const rows = [
      ["tone1", "s", losses, inf, lost, 1.08],
      ["tone2", "t", weights, overflown, nan, 1.17],
    ];
    for (const [tone, shape, values, first, last, share] of rows) {
      const points = line(values);
      const height = panel.up(share * top);
      const at = (t, shape) => shapes[shape](panel.x(t), height, 5);
      panel.line(tone, points);
      panel.marks(`${tone} dots`, points.filter((_, i) => end < 40 || i % 8 === 0), shape, 3);
      panel.path(`${tone} gap`, `M${panel.x(first)} ${height}H${panel.x(last)}`);
      panel.path(`${tone} lost`, at(first, "x") + at(last, "p"));
    }
    panel.path("roof", `M${panel.box.x} ${panel.up(top)}h${panel.box.width}`);
    panel.path("now", `M${panel.x(update)} ${panel.box.y}v${panel.box.height}`);
    this.pattern.replaceChildren(...bits(format, losses[update]).map((digits, i) => make("span", {}, digits, make("small", { textContent: ["sign", "exponent", "fraction"][i] }))));

    const rate = keep(format, 1 + Math.sqrt(state.growth));
    const grows = (rate - 1) * (rate - 1); // the rate is rounded to the format, and the growth with it
    const found = countdown(format, grows, 1); // from 1: the square overflows before it is halved
    return {
      words: [
        `In ${format} αλ is ${short(rate)} and the loss grows by ${short(grows)}. `,
        ["tone1", "The loss"],
        ` is inf at update ${inf} and nan at ${lost}; `,
        ["tone2", "the weight"],
        ` is inf at ${overflown} and nan at ${nan}. The formula predicts the first inf at update ${found}. ` +
          `At update ${update} the loss is ${short(losses[update], 5)}, the weight ${short(weights[update], 5)}.`,
      ],
      spoken: `loss inf at ${inf}, weight nan at ${nan}`,
      table: {
        head: ["update", [["tone1", "loss"]], [["tone2", "weight"]], "bits of the loss"],
        rows: evenly(0, end, Math.min(end, 23)).map(Math.round).map((t) => [
          t,
          short(losses[t], 5),
          short(weights[t], 5),
          bits(format, losses[t]).join(" "),
        ]),
      },
    };
  }
}

customElements.define("countdown-figure", CountdownFigure);
