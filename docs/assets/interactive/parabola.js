import { AnsweringFigure, Panel, short } from "./figure.js";
import { curves, descend, factor, limit, loss, regime } from "./models/parabola.js";

const UPDATES = 60;
const happens = {
  walks: "It walks down one side and settles.",
  arrives: "One update leads to the bottom.",
  crosses: "It jumps across at every update, and settles.",
  flips: "It flips between two points for ever: this is the limit.",
  explodes: "It jumps across, further out each time: it explodes.",
};
const spoken = { walks: "settles", arrives: "arrives at once", crosses: "crosses and settles", flips: "flips", explodes: "diverges" };
const guesses = {
  walks: "On the same side, nearer",
  arrives: "At the bottom",
  crosses: "On the other side, nearer",
  flips: "On the other side, as far",
  explodes: "On the other side, further",
};

class ParabolaFigure extends AnsweringFigure {
  static panels = [1, 1];
  static knobs = [
    { name: "alpha", label: "rate α", min: 0.001, max: 1, log: true, value: 0.12 },
    { name: "start", label: "start", min: -3.5, max: 5.6, value: 0 },
    { name: "curve", label: "loss", value: "article", options: { article: "the regression, λ = 18.66", square: "x², λ = 2", free: "any parabola" } },
    { name: "curvature", label: "curvature λ", min: 0.1, max: 1000, log: true, value: 10 },
  ];
  static presets = [
    { label: "0.01", state: { alpha: 0.01 } },
    { label: "0.12", state: { alpha: 0.12 } },
    { label: "the limit", state: (state) => ({ alpha: Math.min(1, limit(ParabolaFigure.curve(state))) }) },
  ];

  static curve({ curve, curvature }) {
    return curve === "free" ? { ...curves.free, curvature } : curves[curve];
  }

  /** Another loss begins where its own picture does. */
  chosen(name, value) {
    return { [name]: value, start: curves[value].start };
  }

  prepare() {
    this.ask = document.createElement("div");
    this.ask.className = "ask";
    this.question = document.createElement("p");
    this.question.setAttribute("role", "status");
    this.choices = document.createElement("div");
    this.choices.className = "buttons";
    for (const [name, words] of Object.entries(guesses)) {
      this.choices.append(this.button(words, () => this.answer(name)));
    }
    this.onward = this.button("Next update", () => this.pose());
    this.ask.append(this.question, this.choices, this.onward);
    this.ask.hidden = true;
    this.mode = this.button("Step by step", () => this.step(this.ask.hidden));
    this.mode.setAttribute("aria-pressed", "false");
    this.buttons.prepend(this.mode);
    this.buttons.before(this.ask);
  }

  step(on) {
    this.ask.hidden = !on;
    this.mode.setAttribute("aria-pressed", String(on));
    this.shown = on ? 0 : undefined;
    if (on) this.pose();
    else this.redraw();
  }

  pose() {
    if (this.shown >= 8) this.shown = 0;
    this.choices.hidden = false;
    this.onward.hidden = true;
    this.question.textContent = `Update ${this.shown + 1}: the step is −α times the slope. Where will it land?`;
    this.redraw();
  }

  answer(guess) {
    const curve = ParabolaFigure.curve(this.state);
    const times = factor(curve, this.state.alpha);
    const right = regime(this.state.alpha * curve.curvature);
    const { alpha, start } = this.state;
    const path = descend(curve, alpha, start, this.shown + 1);
    const [before, after] = path.slice(-2).map((b) => short(b - curve.bottom, 3));
    const verdict = guess === right ? "Yes." : `No: ${guesses[right].replace("On", "on").replace("At", "at")}.`;
    this.question.textContent =
      `${verdict} αλ = ${short(alpha * curve.curvature, 3)}, so the error ${before} is multiplied by ` +
      `${short(times, 3)} and is now ${after}.`;
    this.shown += 1;
    this.choices.hidden = true;
    this.onward.hidden = false;
    this.onward.textContent = this.shown >= 8 ? "From the start" : "Next update";
    this.onward.focus();
    this.redraw();
  }

  draw(state, [left, right]) {
    this.iterates ??= new Panel(this.svg);
    this.losses ??= new Panel(this.svg);
    const curve = ParabolaFigure.curve(state);
    this.controls.get("curvature").row.hidden = state.curve !== "free";
    const product = state.alpha * curve.curvature;
    const times = factor(curve, state.alpha);
    const name = regime(product);
    const path = descend(curve, state.alpha, state.start, this.shown ?? UPDATES);
    const losses = path.map((b) => loss(curve, b));
    const whole = this.shown === undefined ? losses : descend(curve, state.alpha, state.start, UPDATES).map((b) => loss(curve, b));
    const broken = whole.findIndex((value) => !Number.isFinite(value));

    const window = [curve.bottom - curve.reach, curve.bottom + curve.reach];
    const top = loss(curve, window[1]);
    const axes = { x: window, y: [0, top * 0.92], title: "the steps", xlabel: state.curve === "square" ? "x" : "b", ylabel: "loss" };
    this.iterates.frame(left, axes);
    const sample = Array.from({ length: 81 }, (_, i) => window[0] + ((window[1] - window[0]) * i) / 80);
    this.iterates.line("ground", sample.map((b) => [b, loss(curve, b)]));
    const points = path.map((b, t) => [b, losses[t]]);
    this.iterates.line("run", points);
    this.iterates.marks("run dots", points, name === "explodes" ? "s" : "o");
    const start = [this.iterates.x(state.start), this.iterates.y(losses[0])];
    this.handle(this.iterates.group, start, (x) => {
      const { box, domain } = this.iterates;
      const b = domain.x[0] + ((x - box.x) / box.width) * (domain.x[1] - domain.x[0]);
      this.set({ start: Number(Math.min(5.6, Math.max(-3.5, b)).toFixed(2)) });
    });

    const excess = losses.map((value) => value - curve.floor);
    const all = whole.map((value) => value - curve.floor).filter((value) => Number.isFinite(value) && value > 0);
    const first = Math.log10(all[0] ?? 1);
    const low = Math.min(first - 1, Math.max(first - 12, Math.log10(Math.min(...all, 1))));
    const high = Math.max(first + 1, Math.log10(Math.max(...all, 1e-300)) * (broken < 0 ? 1 : 1.05));
    this.losses.frame(right, { x: [0, UPDATES], y: [low, high], logY: true, title: "loss above its floor", xlabel: "update", ylabel: "" });
    const series = excess.map((value, t) => [t, value]);
    this.losses.limit("limit", { y: all[0] ?? 1 });
    this.losses.legend([["limit", "as at the limit"]], times * times > 1 ? 1 : 0);
    this.losses.line("run", series);
    this.losses.marks("run dots", series.filter((_, t) => t % 4 === 0), name === "explodes" ? "s" : "o", 2.5);
    const lost = losses.flatMap((value, t) => (Number.isFinite(value) ? [] : [[t, 10 ** Math.min(308, high - 0.03 * (high - low))]]));
    this.losses.marks("lost", lost, "x");

    const inf = broken < 0 ? "" : ` The loss is not finite from update ${broken} on.`;
    return {
      title: "Steps of gradient descent on a parabola, and the loss after each",
      words:
        `α = ${short(state.alpha)}, λ = ${short(curve.curvature)}, αλ = ${short(product, 3)}: each update multiplies the error by ` +
        `${short(times, 3)} and the loss above its floor by ${short(times * times, 3)}. ${happens[name]}${inf}`,
      spoken: `αλ ${short(product, 3)}, ${spoken[name]}`,
      unstable: name === "explodes",
      table: {
        head: ["update", "position", "loss"],
        rows: path.slice(0, 31).map((b, t) => [t, short(b, 6), short(losses[t], 6)]),
      },
    };
  }
}

customElements.define("parabola-figure", ParabolaFigure);
