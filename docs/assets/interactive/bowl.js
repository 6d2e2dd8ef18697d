import { apart, below, evenly, handle, InteractiveFigure, node, pair, short } from "./figure.js";
import { best, corners, descend, ellipse, growth, limit, loss } from "./models/bowl.js";

const UPDATES = 60;
const ALONG = [-3, 12];
const near = (a, b) => Math.abs(a - b) < 1e-9;

class BowlFigure extends InteractiveFigure {
  static panels = [1.4, 1, 1];
  static knobs = [
    ...pair.knobs(0.0005, 4, 0.095, 0.105),
    { name: "kappa", label: "condition κ", min: 1, max: 1000, log: true, value: 20 },
    { name: "beta", label: "momentum β", min: 0, max: 0.99, value: 0 },
    { name: "along", label: "start along", min: 0, max: 11, value: 10 },
    { name: "across", label: "start across", min: -4, max: 4, value: 1 },
  ];
  static presets = [
    { label: "■ best rate", state: ({ kappa }) => ({ alpha: best(kappa), beta: 0 }) },
    { label: "■ the limit", state: ({ kappa, beta }) => ({ alpha: limit(kappa, beta) }) },
  ];

  draw(state, [bowl, errors, rates]) {
    const { kappa, beta } = state;
    const edge = limit(kappa, beta);
    const start = [state.along, state.across];
    const alive = start.map((error) => error !== 0); // an error of 0 stays 0
    const { runs, shown, spoken } = pair(state, (alpha) => {
      const factors = [growth(1, alpha, beta), growth(kappa, alpha, beta)];
      const slow = Math.max(0, ...factors.filter((_, i) => alive[i]));
      const explodes = slow > 1 + 1e-9;
      const end = explodes ? "diverges" : near(slow, 1) ? "stays" : "settles";
      return { factors, slow, explodes, spoken: `α over limit ${apart(alpha / edge, 1)}, ${end}`, path: descend(kappa, alpha, beta, start, UPDATES) };
    });

    // One scale for both directions, so that a circle is one.
    const { place } = bowl;
    const tall = ((ALONG[1] - ALONG[0]) * (place.height - 64)) / (place.width - 58) / 2;
    bowl.scales({ x: ALONG, y: [-tall, tall], title: "the path over equal losses", xlabel: "along, λ = 1", ylabel: "across, λ = κ" });
    const level = Math.max(1e-3, loss(kappa, start));
    const { x, y } = bowl;
    const rings = [0.03, 0.13, 0.33, 0.67, 1, 2].map((share) => {
      const [a, b] = ellipse(kappa, share * level);
      const [rx, ry] = [x(a) - x(0), y(0) - y(b)];
      return `M${x(-a)} ${y(0)}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0`;
    });
    node(bowl.inside, "ring", "path", { d: rings.join("") });
    const powers = shown.flatMap(({ path }) => path.flat()).map((error) => Math.log10(Math.abs(error))).filter(Number.isFinite);
    const range = [Math.max(-8, Math.min(0, ...powers)), Math.min(300, Math.max(1.5, ...powers))];
    errors.scales({ x: [0, UPDATES], y: range, logY: true, title: "the two errors", xticks: 4 });
    const reach = Math.min(3 * edge, Math.max(1.4 * edge, ...shown.map(({ alpha }) => 1.1 * alpha)));
    const tried = [...evenly(0, reach, 60), ...corners(1, beta), ...corners(kappa, beta)].filter((rate) => rate <= reach).sort((a, b) => a - b);
    const curve = (lambda) => tried.map((rate) => [rate, growth(lambda, rate, beta)]);
    rates.scales({ x: [0, reach], y: [0, 2], title: "factor per update", xlabel: "rate α", xticks: 3 });
    rates.line("along", curve(1));
    rates.line("across", curve(kappa));
    rates.line("zero", [[0, 1], [reach, 1]]);
    rates.limit("limit", { x: edge });
    rates.limit("best", { x: beta === 0 ? best(kappa) : NaN });
    for (const run of runs) {
      const { tone, shape, alpha, slow } = run;
      const drawn = shown.includes(run) ? run.path : [];
      const gone = drawn.findIndex(([e, f]) => Math.abs(e) > ALONG[1] || Math.abs(f) > tall);
      const seen = drawn.slice(0, gone + 1 || UPDATES + 1);
      bowl.line(tone, seen);
      bowl.marks(`${tone} dots`, seen, shape, 2.5);
      ["along", "across"].forEach((direction, i) => {
        const sizes = drawn.map((point, t) => [t, Math.abs(point[i])]);
        errors.line(`${tone} ${direction}`, sizes);
        errors.marks(`${tone} ${direction} dots`, sizes.filter(([t]) => t % 10 === 5 * i), shape, 2.5);
      });
      rates.marks(`${tone} dots`, drawn.length ? [[Math.min(alpha, 0.98 * reach), Math.min(slow, 1.95)]] : [], shape, 5);
    }
    handle(bowl.group, bowl.at(start), (...at) => {
      const [along, across] = bowl.values(...at).map((value) => Number(value.toFixed(1)));
      this.set({ along, across });
    });

    const fate = ({ factors, slow, explodes }) => {
      const decide = ["along", "across"].filter((_, i) => alive[i] && near(factors[i], slow));
      const wait = slow < 1e-9 ? "is at the bottom after one update" : `needs ${short(Math.ceil(Math.log(10) / -Math.log(slow)), 3)} updates for each digit`;
      return decide[0] ? `What decides is the error ${decide.join(" and ")}: it ${explodes ? "explodes" : near(slow, 1) ? "stays as large as it is" : wait}.` : "It starts at the bottom and stays there.";
    };
    return {
      words: [
        `κ = ${short(kappa)}, β = ${short(beta)}: the limit 2(1 + β)/κ is ${below(edge)}, the best rate without momentum ${short(best(kappa))}.`,
        ...shown.flatMap((run) => [
          "\n",
          [run.tone, `α = ${short(run.alpha, 5)}`],
          `: in the long run each update multiplies the error by ${apart(run.factors[0], 1)} along and ${apart(run.factors[1], 1)} across. ${fate(run)}`,
        ]),
      ],
      spoken,
      table: {
        head: ["update", ...shown.flatMap(({ tone }) => ["error along", "error across", "loss"].map((words) => [[tone, words]]))],
        rows: runs[0].path.map((_, t) => [t, ...shown.flatMap(({ path }) => [...path[t], loss(kappa, path[t])].map((value) => short(value, 5)))]),
      },
    };
  }
}

customElements.define("bowl-figure", BowlFigure);
