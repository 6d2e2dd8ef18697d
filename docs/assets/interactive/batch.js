import { AnsweringFigure, Panel, short } from "./figure.js";
import { curvature, descend, enough, explodes, limits, points, shares } from "./models/batch.js";

const RUNS = 20;
const UPDATES = 60;
const sizes = [1, 2, 4, 8, 16, 32, points.length];
const all = points.length;

class BatchFigure extends AnsweringFigure {
  static panels = [1.25, 1];
  static knobs = [
    { name: "alpha", label: "rate α", min: 0.1, max: 5, log: true, value: 1.63 },
    { name: "m", label: "batch", value: "4", options: Object.fromEntries(sizes.map((m) => [m, m === all ? `all ${all} points` : m === 1 ? "1 point" : `${m} points`])) },
    { name: "seed", label: "seed", min: 1, max: 999, whole: true, value: 1 },
  ];
  static presets = [
    { label: "the limit", state: ({ m }) => ({ alpha: limits[m] }) },
    { label: "other batches", state: ({ seed }) => ({ seed: (seed % 999) + 1 }) },
  ];

  static runs(state, m) {
    return Array.from({ length: RUNS }, (_, i) => shares(descend(state.alpha, m, 1000 * state.seed + i, UPDATES)));
  }

  draw(state, [left, right]) {
    this.runs ??= new Panel(this.svg);
    this.limits ??= new Panel(this.svg);
    const m = Number(state.m);
    const losses = BatchFigure.runs(state, m);
    const broken = losses.filter(explodes);
    const edge = limits[m];

    this.runs.frame(left, { x: [0, UPDATES], y: [-16, 24], logY: true, title: `${RUNS} runs: loss / first`, xlabel: "update", ylabel: "", yticks: 6 });
    const series = (run) => run.map((loss, t) => [t, loss]).filter(([t]) => t % 2 === 0);
    this.runs.legend([["settled", "ends below"], ["broken", "ends above"]]);
    this.runs.line("zero", [[0, 1], [UPDATES, 1]]);
    this.runs.line("settled", ...losses.filter((run) => !explodes(run)).map(series));
    this.runs.line("broken", ...broken.map(series));

    const place = (m) => Math.log2(m);
    const ticks = sizes.map((size) => [place(size), size === 32 ? "" : String(size)]);
    const top = Math.max(2, 1.15 * state.alpha);
    this.limits.frame(right, { x: [-0.3, 5.6], y: [0, top], title: "limit of the rate", xlabel: "batch size", ylabel: "", xticks: ticks });
    this.limits.legend([["limit", "full batch"], ["exact", "limit"], ["enough", "surely stable"]], 1);
    this.limits.line("exact", sizes.map((size) => [place(size), limits[size]]));
    this.limits.marks("exact dots", sizes.map((size) => [place(size), limits[size]]), "o", 2.5);
    this.limits.line("enough", sizes.map((size) => [place(size), enough(size)]));
    this.limits.limit("limit", { y: 2 / curvature });
    this.limits.marks("run dots", [[place(m), state.alpha]], state.alpha > edge ? "s" : "o", 5);

    const share = `${broken.length} of ${RUNS} runs ${broken.length === 1 ? "explodes" : "explode"}`;
    const beside = Math.abs(state.alpha / edge - 1) < 1e-9 ? "at the limit" : `${short(state.alpha / edge, 3)} times the limit`;
    return {
      title: "Twenty runs, and the limit against the batch size",
      words:
        `Batch ${m === all ? "of all " + all : m}, α = ${short(state.alpha)}: ${beside} of this batch size, ${short(edge)}. ` +
        `${share}: after ${UPDATES} updates the loss is above where it began. (The limit is that of the mean square.)`,
      spoken: `${beside}, ${share}`,
      unstable: state.alpha > edge,
      table: {
        head: ["batch", "limit", "surely stable", "runs that explode at this α"],
        rows: sizes.map((size) => [
          size === all ? `all ${all}` : size,
          short(limits[size]),
          short(enough(size)),
          `${BatchFigure.runs(state, size).filter(explodes).length} of ${RUNS}`,
        ]),
      },
    };
  }
}

customElements.define("batch-figure", BatchFigure);
