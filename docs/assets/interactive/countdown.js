import { AnsweringFigure, Panel, short } from "./figure.js";
import { bits, countdown, descend, firstInf, firstNan, formats, keep, largest } from "./models/countdown.js";

const MOST = 3600;

class CountdownFigure extends AnsweringFigure {
  static panels = [1];
  static knobs = [
    { name: "growth", label: "loss grows by", min: 1.5, max: 1000, log: true, value: 4 },
    { name: "format", label: "format", value: "fp32", options: Object.fromEntries(formats.map((name) => [name, name])) },
    { name: "update", label: "look at update", min: 0, max: MOST, whole: true, value: 0 },
  ];
  static presets = [
    { label: "first inf", state: (state) => ({ update: CountdownFigure.run(state).inf }) },
    { label: "first nan", state: (state) => ({ update: CountdownFigure.run(state).nan }) },
  ];

  static run({ growth, format }) {
    const run = descend(format, 1 + Math.sqrt(growth), MOST);
    return { ...run, inf: firstInf(run.losses), overflown: firstInf(run.weights), nan: firstNan(run.weights) };
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
    const key = `${state.growth} ${state.format}`;
    if (this.run?.key !== key) this.run = { key, ...CountdownFigure.run(state) };
    const { losses, weights, inf, overflown, nan } = this.run;
    const end = losses.length - 1;
    const update = Math.min(state.update, end);
    Object.assign(this.controls.get("update").slider, { max: end });

    const top = Math.log10(largest(state.format));
    this.panel.frame(place, { x: [0, 1.03 * end], y: [Math.min(-1, -0.04 * top), 1.12 * top], logY: true, title: `${state.format}: largest number ${short(largest(state.format), 5)}`, xlabel: "update", ylabel: "" });
    const stride = Math.max(1, Math.floor(end / 120));
    const line = (values) => values.flatMap((value, t) => (t % stride === 0 && Number.isFinite(value) ? [[t, Math.abs(value)]] : []));
    // Heights are drawn as powers of ten: above the largest number there is none to give.
    const height = (share) => this.panel.box.y + this.panel.box.height * (1 - (share * top - this.panel.domain.y[0]) / (this.panel.domain.y[1] - this.panel.domain.y[0]));
    this.panel.line("run", line(losses));
    this.panel.line("weight", line(weights));
    this.panel.marks("run dots", line(losses).filter((_, i) => i % 8 === 0), "s", 2.5);
    this.panel.marks("weight dots", line(weights).filter((_, i) => i % 8 === 4), "o", 2.5);
    this.panel.legend([["run", "loss"], ["weight", "weight"], ["roof", "largest number"]], 1);
    this.mark("roof", `M${this.panel.box.x} ${height(1)}h${this.panel.box.width}`);
    const cross = (t) => `M${this.panel.x(t) - 5} ${height(1.06) - 5}l10 10m0 -10l-10 10`;
    const plus = (t) => `M${this.panel.x(t) - 6} ${height(1.06)}h12m-6 -6v12`;
    this.mark("lost", inf < 0 ? "" : cross(inf));
    this.mark("gone", nan < 0 ? "" : plus(nan));
    this.mark("now", `M${this.panel.x(update)} ${this.panel.box.y}v${this.panel.box.height}`);
    this.show(state.format, losses[update]);

    const rate = keep(state.format, 1 + Math.sqrt(state.growth));
    const found = countdown(state.format, state.growth, 1);
    return {
      title: "Loss and weight against the update on a logarithmic axis, up to the largest number of the format",
      words:
        `In ${state.format} at αλ = ${short(rate)} the loss is inf at update ${inf}, the weight at ${overflown}, and the weight is nan at ${nan}. ` +
        `The formula says ${found} for the loss. At update ${update} the loss is ${short(losses[update], 5)}, the weight ${short(weights[update], 5)}.`,
      spoken: `loss inf at ${inf}, weight nan at ${nan}`,
      unstable: true,
      table: {
        head: ["update", "loss", "weight", "bits of the loss"],
        rows: Array.from({ length: Math.min(end + 1, 24) }, (_, i) => Math.round((end * i) / Math.min(end, 23))).map((t) => [
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
