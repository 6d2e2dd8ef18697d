import { apart, below, InteractiveFigure, short } from "./figure.js";
import { all, descend, end, explodes, limits, shares } from "./models/batch.js";

const RUNS = 20;
const UPDATES = 60;
const sizes = Object.keys(limits).map(Number);
const place = (m) => Math.log2(Math.min(m, 256)) + (m === all) * 0.36;

class BatchFigure extends InteractiveFigure {
  static panels = [1.25, 1];
  static knobs = [
    { name: "alpha", label: "rate α", wide: true, min: 0.1, max: 3, log: true, value: 1.279 },
    { name: "m", label: "batch", tone: "tone3", value: "4", options: Object.fromEntries([2, 4, 8, 16, 32, 128].map((m) => [m, `${m} points`])) },
    { name: "seed", label: "seed", min: 1, max: 999, whole: true, value: 1 },
  ];
  static presets = [
    ...["mean-square limit", "typical limit"].map((label, i) => ({ label: `▲ ${label}`, state: ({ m }) => ({ alpha: limits[m][i] }) })),
    { label: "Other batches", state: ({ seed }) => ({ seed: (seed % 999) + 1 }) },
  ];

  static runs({ alpha, seed }, m) {
    const count = m === all ? 1 : RUNS; // with all points every run is the same
    return Array.from({ length: count }, (_, i) => shares(descend(alpha, m, 1000 * seed + i, UPDATES)));
  }

  /** What becomes of the full batch in the end, or how many runs of a smaller one have exploded so far. */
  static fate({ alpha }, m, runs) {
    return m === all ? end(alpha) : `${runs.filter(explodes).length} of ${RUNS}`;
  }

  draw(state, [runs, edges]) {
    const { alpha } = state;
    const m = Number(state.m);
    const shown = [
      { m: all, name: "full", words: "full batch" },
      { m: 1, name: "tone1", shape: "s" },
      { m, name: "tone3", shape: "t" },
      { m: 64, name: "tone0", shape: "o" },
    ].map((one) => ({ words: `batch ${one.m}`, ...one, losses: BatchFigure.runs(state, one.m) }));

    runs.scales({ x: [0, UPDATES], y: [-14, 20], logY: true, title: `${RUNS} runs each: loss / first`, yticks: 6 });
    runs.line("zero", [[0, 1], [UPDATES, 1]]);
    edges.scales({
      x: [-0.3, 8.3],
      y: [0, Math.max(1.6, 1.15 * alpha)],
      title: "limits of the rate",
      xlabel: "batch size",
      xticks: sizes.map((size) => [place(size), size === all ? "all" : String(size)]),
    });
    edges.limit("limit", { y: limits[all][0] });
    ["strict", "typical"].forEach((name, i) => edges.line(name, sizes.map((size) => [place(size), limits[size][i]])));
    edges.line("now", [[-1, alpha], [9, alpha]]);
    for (const { m, name, shape, losses } of shown) {
      const series = losses.map((run) => run.map((loss, t) => [t, loss]));
      runs.line(`${name} runs`, ...series);
      if (!shape) continue;
      runs.marks(`${name} dots`, series.flatMap((run, i) => run.filter(([t]) => t % 12 === i % 12)), shape, 2.5);
      edges.marks(`${name} dots`, [[place(m), alpha]], shape, 5);
    }

    const lines = shown.map(({ m, name, words, losses }) => {
      const [strict, typical] = limits[m].map(below);
      const fate = BatchFigure.fate(state, m, losses);
      const told = m === all ? `limit ${strict}; ${fate}` : `limits ${strict} (mean square) and ${typical} (typical run); ${fate} explode`;
      return { words, tone: [name, words], told, fate };
    });
    const [full, ...others] = lines;
    const seen = `above the start after ${UPDATES} updates`;
    return {
      words: [`α = ${short(alpha, 5)}, ${apart(alpha / limits[all][0], 1)} times the limit of the full batch.`, ...lines.flatMap(({ tone, told }) => ["\n", tone, `: ${told}.`])],
      spoken: `${full.words}: ${full.fate}; ${seen}: ${others.map(({ words, fate }) => `${words}, ${fate}`).join("; ")}`,
      table: {
        head: ["batch", "mean-square limit", "typical limit", `at this α ${seen}`],
        rows: sizes.map((size) => [size === all ? "all" : size, ...limits[size].map((limit) => below(limit)), BatchFigure.fate(state, size, BatchFigure.runs(state, size))]),
      },
    };
  }
}

customElements.define("batch-figure", BatchFigure);
