import { AnsweringFigure, Panel, evenly, short } from "./figure.js";
import { curvature, kinds, loss, step, surrogate } from "./models/surrogate.js";

const WINDOW = [-4, 10];
const sample = evenly(...WINDOW, 96);
const signed = (value) => (value > 0 ? `+${short(value)}` : short(value));

class SurrogateFigure extends AnsweringFigure {
  static panels = [1, 1];
  static knobs = [
    { name: "alpha", label: "rate α", min: 0.005, max: 2, log: true, value: 0.12 },
    { name: "b", label: "position b", min: -3.5, max: 9, value: 5 },
    { name: "kind", label: "loss", value: "squares", options: Object.fromEntries(Object.keys(kinds).map((kind) => [kind, kind])) },
  ];
  static presets = [
    ...[0.01, 0.08, 0.12].map((alpha) => ({ label: alpha, state: () => ({ alpha }) })),
    { label: "the limit", state: ({ kind, b }) => ({ alpha: 2 / curvature(kind, b) }) },
  ];

  draw(state, [left, right]) {
    this.touching ??= new Panel(this.svg);
    this.changes ??= new Panel(this.svg);
    const at = step(state.kind, state.alpha, state.b);
    const after = at.loss + at.change;
    if (Math.abs(at.change) < 1e-12 * at.loss) at.change = 0; // no more than a rounding
    const rises = at.change > 0;
    const fate = rises ? "rises" : at.change < 0 ? "falls" : "stays";

    if (this.ground?.kind !== state.kind) this.ground = { kind: state.kind, points: sample.map((b) => [b, loss(state.kind, b)]) };
    const top = Math.max(...this.ground.points.map(([, y]) => y));
    this.touching.frame(left, { x: WINDOW, y: [-0.25 * top, top], title: "the step", xlabel: "b", ylabel: "" });
    this.touching.line("ground", this.ground.points);
    this.touching.legend([["ground", "loss"], ["model", "curvature 1/α"]]);
    this.touching.line("model", sample.map((b) => [b, surrogate(at, state.alpha, b)]));
    const lowest = at.loss + at.promised / 2;
    this.touching.line("drop", [[at.lands, lowest], [at.lands, after]]);
    this.touching.marks("model bottom", [[at.lands, lowest]], "v", 4.5);
    this.touching.marks("run dots", [[at.lands, after]], "s", 5);
    const point = this.touching.at([state.b, at.loss]);
    this.handle(this.touching.group, point, (...at) => this.set({ b: Number(this.touching.values(...at)[0].toFixed(2)) }));

    const reach = Math.max(1.5 * (at.limit > 0 ? Math.min(at.limit, 2) : 0), 1.15 * state.alpha);
    const rates = evenly(0, reach, 40);
    const actual = rates.map((rate) => [rate, loss(state.kind, state.b - rate * at.slope) - at.loss]);
    const squared = at.slope * at.slope;
    const second = rates.map((rate) => [rate, -rate * squared + ((rate * rate) / 2) * squared * at.curvature]);
    const size = 1.2 * Math.max(1e-9, Math.abs(at.predicted), Math.abs(at.change), ...actual.map(([, y]) => Math.abs(Math.min(y, 0))));
    const axes = { x: [0, reach], y: [-size, size], title: "change of the loss", xlabel: "rate α", ylabel: "" };
    this.changes.frame(right, { ...axes, xticks: 4 });
    this.changes.legend([["promise", "slope alone"], ["model", "second order"], ["run", "actual"], ["limit", "2/f″"]], at.predicted > 0 || at.change > 0 ? 1 : 0);
    this.changes.line("zero", [[0, 0], [reach, 0]]);
    this.changes.limit("limit", { x: at.limit > 0 && at.limit < reach ? at.limit : NaN });
    this.changes.line("promise", [[0, 0], [reach, -reach * squared]]);
    this.changes.line("model", second);
    this.changes.line("run", actual);
    this.changes.marks("model bottom", [[state.alpha, at.predicted]], "v", 4.5);
    this.changes.marks("run dots", [[state.alpha, at.change]], "s", 5);

    const bend = `1/α = ${short(1 / state.alpha, 3)} against ${short(at.curvature, 4)}`;
    return {
      title: "One step, its parabola, and the change of the loss",
      words:
        `The slope alone promises ${signed(at.promised)}, the second order predicts ${signed(at.predicted)}, the loss changes by ` +
        `${signed(at.change)}: it ${fate}. Curvatures: ${bend}.`,
      spoken: `predicted ${signed(at.predicted)}, actual ${signed(at.change)}, ${fate}`,
      unstable: rises,
      table: {
        head: ["rate α", "promised", "predicted", "actual"],
        rows: [
          [short(state.alpha), signed(at.promised), signed(at.predicted), signed(at.change)],
          ...actual
            .map(([rate, change], i) => [short(rate, 3), signed(-rate * squared), signed(second[i][1]), signed(change)])
            .filter((_, i) => i % 4 === 0),
        ],
      },
    };
  }
}

customElements.define("surrogate-figure", SurrogateFigure);
