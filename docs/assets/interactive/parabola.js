import { apart, evenly, handle, InteractiveFigure, make, pair, press, short } from "./figure.js";
import { curves, descend, excess, factor, limit, loss, regime } from "./models/parabola.js";

const UPDATES = 60;
const happens = {
  walks: "It walks down one side and settles.",
  arrives: "One update leads to the bottom.",
  crosses: "It jumps across at every update, and settles.",
  flips: "It flips between two points for ever.",
  explodes: "It jumps across, ever further: it explodes.",
  rests: "It starts at the bottom and stays there.",
};
const guesses = {
  walks: "On the same side, nearer",
  arrives: "At the bottom",
  crosses: "On the other side, nearer",
  flips: "On the other side, as far",
  explodes: "On the other side, further",
};

class ParabolaFigure extends InteractiveFigure {
  static panels = [1, 1];
  static knobs = [
    ...pair.knobs(0.001, 1, 0.01, 0.12),
    { name: "curve", label: "loss", value: "article", options: { article: "regression, λ 18.66", square: "x², λ 2", free: "any parabola" } },
    { name: "start", label: "start", value: 0 },
    { name: "curvature", label: "curvature λ", min: 0.1, max: 1000, log: true, value: 10 },
  ];
  static presets = [
    ...[0.1, 0.12].map((alpha) => ({ label: `■ ${alpha}`, state: () => ({ alpha }) })),
    { label: "■ the limit", state: (state) => ({ alpha: limit(ParabolaFigure.curve(state)) }) },
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

  /** What a rate does here; at the bottom every rate does nothing. */
  static regime(state, alpha) {
    const curve = ParabolaFigure.curve(state);
    return state.start === curve.bottom ? "rests" : regime(alpha * curve.curvature);
  }

  /** Another loss begins where its own picture does. */
  chosen(name, value) {
    return { [name]: value, start: curves[value].start };
  }

  prepare() {
    if (this.compact) return;
    this.question = make("p", { id: `${this.id}-question`, role: "status" });
    this.choices = make("div", { className: "buttons", role: "group" });
    this.choices.setAttribute("aria-labelledby", this.question.id);
    for (const [name, words] of Object.entries(guesses)) {
      this.choices.append(press(words, () => this.answer(name)));
    }
    this.onward = press("Next update", () => this.pose(true));
    this.ask = make("div", { className: "ask", hidden: true }, this.question, this.choices, this.onward);
    this.mode = press("Step by step", () => this.step(this.ask.hidden));
    this.mode.setAttribute("aria-pressed", "false");
    this.buttons.append(this.mode);
    this.buttons.after(this.ask);
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
    if (on) this.pose(true);
    else this.redraw();
  }

  /** The next question; a reader who asked for it is led to the choices. */
  pose(asked) {
    if (this.shown >= 8) this.shown = 0;
    this.choices.hidden = false;
    if (asked) this.choices.firstChild.focus();
    this.onward.hidden = true;
    this.question.textContent = `Update ${this.shown + 1} of the second run: the step is −α times the slope. Where will it land?`;
    this.redraw();
  }

  answer(guess) {
    const curve = ParabolaFigure.curve(this.state);
    const { alpha, start } = this.state;
    const found = ParabolaFigure.regime(this.state, alpha);
    const right = found === "rests" ? "arrives" : found;
    const path = descend(curve, alpha, start, this.shown + 1);
    const [before, after] = path.slice(-2).map((b) => short(b - curve.bottom, 3));
    const verdict = guess === right ? "Yes." : `No: ${guesses[right].replace("On", "on").replace("At", "at")}.`;
    this.question.textContent =
      `${verdict} αλ = ${apart(alpha * curve.curvature, 2)}, so the error ${before} is multiplied by ` +
      `${apart(factor(curve, alpha), -1)} and is now ${after}.`;
    this.shown += 1;
    this.onward.hidden = false;
    this.onward.textContent = this.shown >= 8 ? "From the start" : "Next update";
    this.onward.focus();
    this.choices.hidden = true;
    this.redraw();
  }

  draw(state, [iterates, losses]) {
    const curve = ParabolaFigure.curve(state);
    if (!this.compact) this.controls.get("curvature").row.hidden = state.curve !== "free";
    const asking = this.shown !== undefined; // then nothing may give the answer away
    const { runs, shown: both, spoken } = pair(state, (alpha) => {
      const path = descend(curve, alpha, state.start, this.shown ?? UPDATES);
      const values = path.map((b) => loss(curve, b));
      const name = ParabolaFigure.regime(state, alpha);
      const product = apart(alpha * curve.curvature, 2);
      const broken = values.findIndex((value) => !Number.isFinite(value));
      return { path, values, broken, name, product, above: path.map((b) => excess(curve, b)), spoken: `αλ ${product}, ${happens[name]}` };
    });
    const shown = asking ? runs.slice(1) : both; // the question is about the second
    const window = [curve.bottom - curve.reach, curve.bottom + curve.reach];
    iterates.scales({ x: window, y: [0, loss(curve, window[1]) * 0.92], title: "steps on the loss", xlabel: "position" });
    iterates.line("ground", evenly(...window, 80).map((b) => [b, loss(curve, b)]));
    const seen = shown.flatMap(({ above }) => above).filter((value) => Number.isFinite(value) && value > 0);
    const first = Math.log10(seen[0] ?? 1);
    const low = asking ? first - 4 : Math.min(first - 1, Math.max(first - 12, Math.log10(Math.min(...seen, 1))));
    const high = asking ? first + 4 : Math.max(first + 1, Math.log10(Math.max(...seen, 1e-300)) * 1.05);
    losses.scales({ x: [0, UPDATES], y: [low, high], logY: true, title: "loss above its floor" });
    losses.limit("limit", { y: seen[0] ?? NaN });
    for (const run of runs) {
      const { values, tone, shape } = run;
      const drawn = shown.includes(run);
      const points = drawn ? run.path.map((b, t) => [b, values[t]]) : [];
      const series = drawn ? run.above.map((value, t) => [t, value]) : [];
      const lost = series.filter(([t]) => !Number.isFinite(values[t]));
      iterates.line(tone, points);
      iterates.marks(`${tone} dots`, points, shape);
      losses.line(tone, series);
      losses.marks(`${tone} dots`, series.filter(([t]) => asking || t % 6 === 0), shape, 3);
      losses.marks(`${tone} lost`, lost.map(([t]) => [t, 10 ** Math.min(308, high - 0.03 * (high - low))]), "x");
    }
    if (!this.compact) handle(iterates.group, iterates.at([state.start, loss(curve, state.start)]), (...at) => this.set({ start: Number(iterates.values(...at)[0].toFixed(2)) }));

    const table = {
      head: ["update", ...shown.flatMap(({ tone }) => ["position", "loss", "above its floor"].map((words) => [[tone, words]]))],
      rows: shown[0].path.map((_, t) => [t, ...shown.flatMap(({ path, values, above }) => [path, values, above].map((numbers) => short(numbers[t], 6)))]),
    };
    if (asking) {
      const { alpha, path, tone } = runs[1];
      const words = [[tone, `α = ${short(alpha, 5)}`], `, λ = ${short(curve.curvature)}. After update ${this.shown} the position is ${short(path.at(-1))}; the bottom is at ${short(curve.bottom)}.`];
      return { words, spoken: `update ${this.shown}`, table };
    }
    const words = shown.flatMap(({ alpha, product, name, broken, tone }, i) => {
      const times = factor(curve, alpha);
      const [given, more] = this.compact ? ["", ""] : [`, λ = ${short(curve.curvature)}, αλ = ${product}`, ` and the loss above its floor by ${apart(times * times, 1)}`];
      const inf = broken < 0 ? "" : ` The loss is not finite from update ${broken} on.`;
      return [i ? "\n" : "", [tone, `α = ${short(alpha, 5)}`], `${given}: each update multiplies the error by ${apart(times, -1)}${more}. ${happens[name]}${inf}`];
    });
    return { words, spoken, table };
  }
}

customElements.define("parabola-figure", ParabolaFigure);
