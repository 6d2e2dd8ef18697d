import { InteractiveFigure, short } from "./figure.js";
import { bound, furthest, updates } from "./models/adam.js";

const [BEFORE, AFTER] = [10, 60];

class AdamFigure extends InteractiveFigure {
  static panels = [1, 1];
  static knobs = [
    { name: "jump", label: "jump to", wide: true, min: 1, max: 1e6, log: true, value: 1000 },
    { name: "lasts", label: "then", value: "stays", options: { stays: "it stays", once: "it is 0" } },
    { name: "calm", label: "calm before", min: 10, max: 20000, whole: true, value: 10000 },
    { name: "beta1", label: "β₁", min: 0, max: 0.99, value: 0.9 },
    { name: "beta2", label: "β₂", min: 0.8, max: 0.9999, value: 0.999 },
    { name: "epsilon", label: "ε", min: 1e-12, max: 100, log: true, value: 1e-8 },
    { name: "alpha", label: "rate α", min: 1e-6, max: 1, log: true, value: 0.001 },
  ];
  static presets = [0.999, 0.99, 0.95].map((beta2) => ({ label: `β₂ = ${beta2}`, state: () => ({ beta2 }) }));

  draw(state, [sizes, moves]) {
    const { jump, calm, lasts, beta1, beta2, alpha } = state;
    const seen = updates(state, BEFORE, AFTER);
    const most = bound(beta1, beta2);
    const far = furthest(seen);
    const last = seen.at(-1);
    const lines = ["g", "mean", "root", "update"].map((key) => seen.map((one) => [one.t, one[key]]));
    const [g, mean, root] = lines.map((line) => line.map(([t, value]) => [t, Math.abs(value)]));
    const time = [-BEFORE, AFTER];
    sizes.scales({ x: time, y: [-2, Math.max(1, Math.log10(jump)) * 1.05], logY: true, title: "sizes: gradient, mean, root" });
    sizes.line("ground", g);
    sizes.line("tone0", mean);
    sizes.marks("tone0 dots", mean.filter(([t]) => t % 6 === 0), "o", 3);
    sizes.line("tone2", root);
    sizes.marks("tone2 dots", root.filter(([t]) => t % 6 === 3), "t", 3);
    const top = Math.max(1.2, 1.1 * far.update, Number.isFinite(most) ? 1.1 * most : 0);
    moves.scales({ x: time, y: [-0.15 * top, top], title: "update, in units of α" });
    moves.line("zero", [[-BEFORE, 0], [AFTER, 0]]);
    moves.line("roof", [[-BEFORE, most], [AFTER, most]]);
    moves.line("tone1", lines[3]);
    moves.marks("tone1 dots", lines[3].filter(([t]) => t % 3 === 0), "s", 3);
    const after = seen.filter(({ t }) => t > 0);
    const way = after.reduce((sum, { update }) => sum + update, 0);
    const first = after[0].update;
    return {
      words: [
        `After ${calm} calm updates the gradient is ${short(jump)}${lasts === "once" ? ", once" : " and stays there"}. `,
        ["tone1", "The update"],
        ` is ${short(first, 3)} α at once and at most ${short(far.update, 3)} α in ${AFTER} updates, at update ${far.t}; they move the weight by ${short(way, 3)} α = ${short(way * alpha, 3)}. ` +
          (Number.isFinite(most) ? `No gradients move it by more than ${short(most, 3)} α per update (dotted).` : "Here β₁² is not below β₂, and an update has no bound."),
      ],
      spoken: `${short(first, 3)} α at once, at most ${short(far.update, 3)} α at update ${far.t} of ${AFTER}`,
      table: {
        head: ["update", "gradient", [["tone0", "mean"]], [["tone2", "root"]], [["tone1", "update / α"]]],
        rows: seen.filter(({ t }) => t <= 16 || t % 4 === 0 || t === last.t).map(({ t, ...one }) => [t, ...["g", "mean", "root", "update"].map((key) => short(one[key], 4))]),
      },
    };
  }
}

customElements.define("adam-figure", AdamFigure);
