import { AnsweringFigure, Panel, short } from "./figure.js";
import { descend, enough, excess, explodes, limit } from "./models/batch.js";

const RUNS = 20;
const UPDATES = 60;
const sizes = [1, 2, 4, 8, 16, 32, 50];

class BatchFigure extends AnsweringFigure {
  static panels = [1.25, 1];
  static knobs = [
    { name: "alpha", label: "rate α", min: 0.1, max: 10, log: true, value: 5.09 },
    { name: "m", label: "batch", value: "4", options: Object.fromEntries(sizes.map((m) => [m, m === 50 ? "all 50 points" : m === 1 ? "1 point" : `${m} points`])) },
    { name: "seed", label: "seed", min: 1, max: 999, whole: true, value: 1 },
  ];
  static presets = [
    { label: "the limit", state: ({ m }) => ({ alpha: limit(Number(m)) }) },
    { label: "other batches", state: ({ seed }) => ({ seed: (seed % 999) + 1 }) },
  ];

  draw(state, [left, right]) {
    this.runs ??= new Panel(this.svg);
    this.limits ??= new Panel(this.svg);
    const m = Number(state.m);
    const losses = Array.from({ length: RUNS }, (_, i) => excess(descend(state.alpha, m, 1000 * state.seed + i, UPDATES)));
    const broken = losses.filter(explodes);
    const settled = losses.filter((run) => !explodes(run));
    const edge = limit(m);

    this.runs.frame(left, { x: [0, UPDATES], y: [-6, 10], logY: true, title: `${RUNS} runs on the points of Overshoot`, xlabel: "update", ylabel: "", yticks: 8 });
    const series = (run) => run.map((loss, t) => [t, Math.max(loss, 1e-7)]);
    this.runs.line("settled", ...settled.map(series));
    this.runs.line("broken", ...broken.map(series));
    this.runs.legend([["settled", "settles"], ["broken", "explodes"]]);
    this.runs.line("zero", [[0, 1], [UPDATES, 1]]);

    const place = (m) => Math.log2(m);
    this.limits.frame(right, { x: [-0.3, 6], y: [0, Math.max(6.5, 1.15 * state.alpha)], title: "limit against batch size", xlabel: "doublings of the batch, from 1", ylabel: "rate α" });
    this.limits.legend([["limit", "full batch"], ["exact", "limit"], ["enough", "enough"]], 1);
    this.limits.line("exact", sizes.map((size) => [place(size), limit(size)]));
    this.limits.marks("exact dots", sizes.map((size) => [place(size), limit(size)]), "o", 2.5);
    this.limits.line("enough", sizes.map((size) => [place(size), enough(size)]));
    this.limits.limit("limit", { y: limit(50) });
    this.limits.marks("run dots", [[place(m), state.alpha]], state.alpha > edge ? "s" : "o", 5);

    const share = `${broken.length} of ${RUNS} runs explode`;
    return {
      title: "Twenty mini-batch runs on a logarithmic axis, and the limit against the batch size",
      words:
        `Batch ${m === 50 ? "of all 50" : m}, α = ${short(state.alpha)}: the limit for this batch size is ${short(edge)}, and α is ` +
        `${short(state.alpha / edge, 3)} times that. ${share} (their loss passes a hundred times the first within ${UPDATES} updates).`,
      spoken: `${short(state.alpha / edge, 3)} times the limit, ${share}`,
      unstable: state.alpha > edge,
      table: {
        head: ["batch", "limit", "enough", "runs that explode at this α"],
        rows: sizes.map((size) => [
          size === 50 ? "all 50" : size,
          short(limit(size)),
          short(enough(size)),
          `${Array.from({ length: RUNS }, (_, i) => explodes(excess(descend(state.alpha, size, 1000 * state.seed + i, UPDATES)))).filter(Boolean).length} of ${RUNS}`,
        ]),
      },
    };
  }
}

customElements.define("batch-figure", BatchFigure);
