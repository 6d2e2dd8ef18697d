import { AnsweringFigure, Panel, evenly, short } from "./figure.js";
import { curves, descend, excess, factor, limit, loss, regime } from "./models/parabola.js";

const UPDATES = 60;
const happens = {
  walks: "It walks down one side and settles.",
  arrives: "One update leads to the bottom.",
  crosses: "It jumps across at every update, and settles.",
  flips: "It flips between two points for ever.",
  explodes: "It jumps across, further out each time: it explodes.",
  rests: "It starts at the bottom and stays there.",
};
const spoken = { walks: "settles", arrives: "arrives at once", crosses: "crosses and settles", flips: "flips", explodes: "diverges", rests: "stays at the bottom" };
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
    { name: "start", label: "start", value: 0 },
    { name: "curve", label: "loss", value: "article", options: { article: "regression, λ 18.66", square: "x², λ 2", free: "any parabola" } },
    { name: "curvature", label: "curvature λ", min: 0.1, max: 1000, log: true, value: 10 },
  ];
  static presets = [
    ...[0.01, 0.12].map((alpha) => ({ label: alpha, state: () => ({ alpha }) })),
    { label: "the limit", state: (state) => ({ alpha: limit(ParabolaFigure.curve(state)) }) },
  ];

  static curve({ curve, curvature }) {
    return curve === "free" ? { ...curves.free, curvature } : curves[curve];
  }

  /** A start lies inside the picture of its loss. */
  range(knob, state) {
    if (knob.name !== "start") return super.range(knob);
    const { bottom, reach } = curves[state.curve];
    return [Number((bottom - 0.95 * reach).toFixed(1)), Number((bottom + 0.95 * reach).toFixed(1))];
  }

  /** What this state does; at the bottom every rate does nothing. */
  static regime(state) {
    const curve = ParabolaFigure.curve(state);
    return state.start === curve.bottom ? "rests" : regime(state.alpha * curve.curvature);
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

  /** A change in the middle of the questions begins them anew. */
  set(changes, source) {
    if (this.shown !== undefined) this.shown = 0;
    super.set(changes, source);
    if (this.shown !== undefined) this.pose();
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
    const found = ParabolaFigure.regime(this.state);
    const right = found === "rests" ? "arrives" : found;
    const { alpha, start } = this.state;
    const path = descend(curve, alpha, start, this.shown + 1);
    const [before, after] = path.slice(-2).map((b) => short(b - curve.bottom, 3));
    const verdict = guess === right ? "Yes." : `No: ${guesses[right].replace("On", "on").replace("At", "at")}.`;
    this.question.textContent =
      `${verdict} αλ = ${short(alpha * curve.curvature, 4)}, so the error ${before} is multiplied by ` +
      `${short(times, 4)} and is now ${after}.`;
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
    const asking = this.shown !== undefined; // then nothing may give the answer away
    const product = state.alpha * curve.curvature;
    const times = factor(curve, state.alpha);
    const name = ParabolaFigure.regime(state);
    const path = descend(curve, state.alpha, state.start, this.shown ?? UPDATES);
    const losses = path.map((b) => loss(curve, b));
    const broken = losses.findIndex((value) => !Number.isFinite(value));
    const unstable = name === "explodes" && !asking;
    const shape = unstable ? "s" : "o";

    const window = [curve.bottom - curve.reach, curve.bottom + curve.reach];
    const top = loss(curve, window[1]);
    const variable = state.curve === "square" ? "x" : "b";
    this.iterates.frame(left, { x: window, y: [0, top * 0.92], title: "steps on the loss", xlabel: variable, ylabel: "" });
    const sample = evenly(...window, 80);
    this.iterates.line("ground", sample.map((b) => [b, loss(curve, b)]));
    const points = path.map((b, t) => [b, losses[t]]);
    this.iterates.line("run", points);
    this.iterates.marks("run dots", points, shape);
    const start = [this.iterates.x(state.start), this.iterates.y(losses[0])];
    this.handle(this.iterates.group, start, (...at) => this.set({ start: Number(this.iterates.values(...at)[0].toFixed(2)) }));

    const above = path.map((b) => excess(curve, b));
    const seen = above.filter((value) => Number.isFinite(value) && value > 0);
    const first = Math.log10(seen[0] ?? 1);
    const low = asking ? first - 4 : Math.min(first - 1, Math.max(first - 12, Math.log10(Math.min(...seen, 1))));
    const high = asking ? first + 4 : Math.max(first + 1, Math.log10(Math.max(...seen, 1e-300)) * (broken < 0 ? 1 : 1.05));
    this.losses.frame(right, { x: [0, UPDATES], y: [low, high], logY: true, title: "loss above its floor", xlabel: "update", ylabel: "" });
    const series = above.map((value, t) => [t, value]);
    this.losses.limit("limit", { y: seen[0] ?? NaN });
    this.losses.legend([["limit", "as at the limit"]], asking || times * times <= 1 ? 0 : first - low > 0.3 * (high - low) ? 1 : 0.65);
    this.losses.line("run", series);
    this.losses.marks("run dots", series.filter((_, t) => asking || t % 4 === 0), shape, 2.5);
    const lost = losses.flatMap((value, t) => (Number.isFinite(value) ? [] : [[t, 10 ** Math.min(308, high - 0.03 * (high - low))]]));
    this.losses.marks("lost", lost, "x");

    const table = {
      head: ["update", "position", "loss", "above its floor"],
      rows: path.map((b, t) => [t, short(b, 6), short(losses[t], 6), short(above[t], 4)]),
    };
    const setting = `α = ${short(state.alpha)}, λ = ${short(curve.curvature)}`;
    const title = "Steps on a parabola, and the loss after each";
    if (asking) {
      const at = `${setting}. After update ${this.shown} ${variable} is ${short(path.at(-1), 4)}; the bottom is at ${short(curve.bottom, 4)}.`;
      return { title, words: at, spoken: `update ${this.shown}`, table };
    }
    const inf = broken < 0 ? "" : ` The loss is not finite from update ${broken} on.`;
    return {
      title,
      words:
        `${setting}, αλ = ${short(product, 4)}: each update multiplies the error by ` +
        `${short(times, 4)} and the loss above its floor by ${short(times * times, 4)}. ${happens[name]}${inf}`,
      spoken: `αλ ${short(product, 4)}, ${spoken[name]}`,
      unstable,
      table,
    };
  }
}

customElements.define("parabola-figure", ParabolaFigure);
