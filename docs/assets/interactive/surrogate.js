import { below, evenly, handle, InteractiveFigure, short } from "./figure.js";
import { curvature, kinds, loss, step, surrogate } from "./models/surrogate.js";

const WINDOW = [-4, 10];
const sample = evenly(...WINDOW, 96);
const signed = (value) => (value > 0 ? `+${short(value)}` : short(value));

class SurrogateFigure extends InteractiveFigure {
  static panels = [1, 1];
  static knobs = [
    { name: "alpha", label: "rate α", wide: true, min: 0.005, max: 2, log: true, value: 0.12 },
    { name: "b", label: "position b", min: -3.5, max: 9, value: 5 },
    { name: "kind", label: "loss", value: "squares", options: Object.fromEntries(Object.keys(kinds).map((kind) => [kind, kind])) },
  ];
  static presets = [
    ...[0.01, 0.08, 0.12].map((alpha) => ({ label: alpha, state: () => ({ alpha }) })),
    { label: "the limit", state: ({ kind, b }) => ({ alpha: 2 / curvature(kind, b) }) },
  ];

  draw(state, [touching, changes]) {
    const at = step(state.kind, state.alpha, state.b);
    const after = at.loss + at.change;
    if (Math.abs(at.change) < 1e-12 * at.loss) at.change = 0; // no more than a rounding
    const fate = at.change > 0 ? "rises" : at.change < 0 ? "falls" : "stays";

    const ground = sample.map((b) => [b, loss(state.kind, b)]);
    const top = Math.max(...ground.map(([, y]) => y));
    touching.scales({ x: WINDOW, y: [-0.25 * top, top], title: "the step", xlabel: "b" });
    touching.line("ground", ground);
    touching.line("tone2 model", sample.map((b) => [b, surrogate(at, state.alpha, b)]));
    const lowest = at.loss + at.promised / 2;
    touching.line("drop", [[at.lands, lowest], [at.lands, after]]);
    touching.marks("tone2 dots", [[at.lands, lowest]], "v", 5);
    touching.marks("tone1 dots", [[at.lands, after]], "s", 5);
    const point = touching.at([state.b, at.loss]);
    handle(touching.group, point, (...at) => this.set({ b: Number(touching.values(...at)[0].toFixed(2)) }));

    const reach = Math.max(1.5 * (at.limit > 0 ? Math.min(at.limit, 2) : 0), 1.15 * state.alpha);
    const rates = evenly(0, reach, 40);
    const steps = rates.map((rate) => step(state.kind, rate, state.b));
    const [promise, second, actual] = ["promised", "predicted", "change"].map((name) => steps.map((one, i) => [rates[i], one[name]]));
    const size = 1.2 * Math.max(1e-9, Math.abs(at.predicted), Math.abs(at.change), ...actual.map(([, y]) => Math.abs(Math.min(y, 0))));
    changes.scales({ x: [0, reach], y: [-size, size], title: "change of the loss", xlabel: "rate α", xticks: 4 });
    changes.line("zero", [[0, 0], [reach, 0]]);
    changes.limit("limit", { x: at.limit > 0 && at.limit < reach ? at.limit : NaN });
    changes.line("promise", promise);
    changes.line("tone2 model", second);
    changes.line("tone1", actual);
    changes.marks("tone2 dots", [[state.alpha, at.predicted]], "v", 5);
    changes.marks("tone1 dots", [[state.alpha, at.change]], "s", 5);

    const edge = at.limit > 0 ? `2α* = ${below(at.limit)}` : "there is no 2α*";
    return {
      words: [
        `α = ${short(state.alpha, 5)} at b = ${short(state.b)}: the slope alone promises ${signed(at.promised)}, `,
        ["tone2 low", "the second order"],
        ` predicts ${signed(at.predicted)}, `,
        ["tone1", "the loss"],
        ` changes by ${signed(at.change)}: it ${fate}. Curvatures: 1/α = ${short(1 / state.alpha, 3)} against ${short(at.curvature, 4)}, so ${edge}.`,
      ],
      spoken: `predicted ${signed(at.predicted)}, actual ${signed(at.change)}, ${fate}`,
      table: {
        head: ["rate α", "promised", [["tone2 low", "predicted"]], [["tone1", "actual"]]],
        rows: [
          [short(state.alpha), signed(at.promised), signed(at.predicted), signed(at.change)],
          ...rates.map((rate, i) => [short(rate, 3), ...[promise, second, actual].map((line) => signed(line[i][1]))]).filter((_, i) => i % 4 === 0),
        ],
      },
    };
  }
}

customElements.define("surrogate-figure", SurrogateFigure);
