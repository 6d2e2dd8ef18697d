import { AnsweringFigure, Panel, evenly, short } from "./figure.js";
import { bits, countdown, descend, firstInf, firstNan, formats, keep, largest } from "./models/countdown.js";

const MOST = 3600;

class CountdownFigure extends AnsweringFigure {
  static panels = [1];
  static knobs = [
    { name: "growth", label: "loss grows by", min: 1.5, max: 1000, log: true, value: 4 },
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
    return (this.last = { key, ...run, inf: firstInf(run.losses), overflown: firstInf(run.weights), nan: firstNan(run.weights) });
  }

  range(knob, state) {
    return knob.name === "update" ? [0, CountdownFigure.run(state).losses.length - 1] : super.range(knob);
  }

  prepare() {
    this.pattern = document.createElement("div");
    this.pattern.className = "bits";
    this.says.after(this.pattern);
  }

  /** The loss's own bits, in groups with their names. */
  show(format, value) {
    const groups = bits(format, value).map((digits, i) => {
      const group = document.createElement("span");
      group.dataset.name = ["sign", "exponent", "fraction"][i];
      group.textContent = digits;
      return group;
    });
    this.pattern.replaceChildren(...groups);
  }

  draw(state, [place]) {
    this.panel ??= new Panel(this.svg);
    const { losses, weights, inf, overflown, nan } = CountdownFigure.run(state);
    const end = losses.length - 1;
    const { update } = state;

    const top = Math.log10(largest(state.format));
    this.panel.frame(place, { x: [0, 1.03 * end], y: [Math.min(-1, -0.04 * top), 1.12 * top], logY: true, title: `${state.format}: largest number ${short(largest(state.format), 5)}`, xlabel: "update", ylabel: "" });
    const stride = Math.max(1, Math.floor(end / 120));
    const line = (values) => values.flatMap((value, t) => (t % stride === 0 && Number.isFinite(value) ? [[t, Math.abs(value)]] : []));
    const height = (share) => this.panel.up(share * top); // as a power of ten: above the largest number there is none
    this.panel.line("run", line(losses));
    this.panel.line("weight", line(weights));
    this.panel.marks("run dots", line(losses).filter((_, i) => end < 40 || i % 8 === 0), "s", 2.5);
    this.panel.marks("weight dots", line(weights).filter((_, i) => end < 40 || i % 8 === 4), "o", 2.5);
    this.panel.legend([["run", "loss"], ["weight", "weight"], ["roof", "largest number"]], 1);
    this.mark("roof", `M${this.panel.box.x} ${height(1)}h${this.panel.box.width}`);
    const cross = (t) => `M${this.panel.x(t) - 5} ${height(1.06) - 5}l10 10m0 -10l-10 10`;
    const plus = (t) => `M${this.panel.x(t) - 6} ${height(1.06)}h12m-6 -6v12`;
    this.mark("lost", inf < 0 ? "" : cross(inf));
    this.mark("gone", nan < 0 ? "" : plus(nan));
    this.mark("now", `M${this.panel.x(update)} ${this.panel.box.y}v${this.panel.box.height}`);
    this.show(state.format, losses[update]);

    const rate = keep(state.format, 1 + Math.sqrt(state.growth));
    const grows = (rate - 1) * (rate - 1); // the rate is rounded to the format, and the growth with it
    const found = countdown(state.format, grows, 1); // from 1: the square overflows before it is halved
    return {
      title: "Loss and weight, up to the largest number",
      words:
        `In ${state.format} αλ is ${short(rate)} and the loss grows by ${short(grows)}. It is inf at update ${inf}, the weight at ${overflown}, and the weight is nan at ${nan}. ` +
        `The formula counts ${found} to the inf. At update ${update} the loss is ${short(losses[update], 5)}, the weight ${short(weights[update], 5)}.`,
      spoken: `loss inf at ${inf}, weight nan at ${nan}`,
      unstable: true,
      table: {
        head: ["update", "loss", "weight", "bits of the loss"],
        rows: evenly(0, end, Math.min(end, 23)).map(Math.round).map((t) => [
          t,
          short(losses[t], 5),
          short(weights[t], 5),
          bits(state.format, losses[t]).join(" "),
        ]),
      },
    };
  }

  mark(name, d) {
    this.panel.line(name, []);
    this.panel.inside.named.get(name).setAttribute("d", d);
  }
}

customElements.define("countdown-figure", CountdownFigure);
