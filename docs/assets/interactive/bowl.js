import { AnsweringFigure, Panel, evenly, node, short } from "./figure.js";
import { best, descend, ellipse, growth, limit, loss } from "./models/bowl.js";

const UPDATES = 60;
const ALONG = [-12, 12];
const near = (a, b) => Math.abs(a - b) < 1e-9;

class BowlFigure extends AnsweringFigure {
  static panels = [1.3, 1, 1];
  static knobs = [
    { name: "alpha", label: "rate α", min: 0.0005, max: 4, log: true, value: 0.105 },
    { name: "kappa", label: "condition κ", min: 1, max: 1000, log: true, value: 20 },
    { name: "beta", label: "momentum β", min: 0, max: 0.99, value: 0 },
    { name: "along", label: "start along", min: -11, max: 11, value: 10 },
    { name: "across", label: "start across", min: -10, max: 10, value: 2 },
  ];
  static presets = [
    { label: "best rate", state: ({ kappa }) => ({ alpha: best(kappa), beta: 0 }) },
    { label: "the limit", state: ({ kappa, beta }) => ({ alpha: limit(kappa, beta) }) },
  ];

  draw(state, [left, middle, right]) {
    this.bowl ??= new Panel(this.svg);
    this.errors ??= new Panel(this.svg);
    this.rates ??= new Panel(this.svg);
    const { alpha, kappa, beta } = state;
    const path = descend(kappa, alpha, beta, [state.along, state.across], UPDATES);
    const edge = limit(kappa, beta);
    const factors = [growth(1, alpha, beta), growth(kappa, alpha, beta)];
    const alive = [state.along, state.across].map((error) => error !== 0); // an error of 0 stays 0
    const slow = Math.max(0, ...factors.filter((_, i) => alive[i]));
    const explodes = slow > 1 + 1e-9;
    const shape = explodes ? "s" : "o";

    // One scale for both directions, so that a circle is one.
    const tall = (ALONG[1] * (left.height - 64)) / (left.width - 58);
    const ACROSS = [-tall, tall];
    this.bowl.frame(left, { x: ALONG, y: ACROSS, title: "the path over equal losses", xlabel: "along, λ = 1", ylabel: "" });
    const start = Math.max(1e-3, loss(kappa, path[0]));
    const [x, y] = [this.bowl.x, this.bowl.y];
    const rings = [0.1, 0.4, 1, 2, 4].map((share) => {
      const [a, b] = ellipse(kappa, share * start);
      const [rx, ry] = [x(a) - x(0), y(0) - y(b)];
      return `M${x(-a)} ${y(0)}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0`;
    });
    node(this.bowl.inside, "ring", "path", { d: rings.join("") });
    const gone = path.findIndex(([e, f]) => Math.abs(e) > ALONG[1] || Math.abs(f) > tall);
    const seen = gone < 0 ? path : path.slice(0, gone + 1);
    this.bowl.line("run", seen);
    this.bowl.marks("run dots", seen, shape, 2.5);
    this.handle(this.bowl.group, this.bowl.at(path[0]), (...at) => {
      const [along, across] = this.bowl.values(...at).map((value) => Number(value.toFixed(1)));
      this.set({ along, across });
    });

    const sizes = [0, 1].map((i) => path.map((point, t) => [t, Math.abs(point[i])]));
    const powers = sizes.flat().map(([, size]) => Math.log10(size)).filter(Number.isFinite);
    const range = [Math.max(-8, Math.min(0, ...powers)), Math.min(300, Math.max(1.5, ...powers))];
    this.errors.frame(middle, { x: [0, UPDATES], y: range, logY: true, title: "the two errors", xlabel: "update", ylabel: "", xticks: 4 });
    this.errors.legend([["flat", "along"], ["steep", "across"]], 0.5);
    this.errors.line("flat", sizes[0]);
    this.errors.line("steep", sizes[1]);
    this.errors.marks("flat dots", sizes[0].filter((_, t) => t % 8 === 0), "o", 2.5);
    this.errors.marks("steep dots", sizes[1].filter((_, t) => t % 8 === 4), "x", 3);

    const reach = Math.min(3 * edge, Math.max(1.4 * edge, 1.1 * alpha));
    const rates = [...evenly(0, reach, 60), 1, 1 / kappa].filter((rate) => rate <= reach).sort((a, b) => a - b); // with the corners
    const curve = (lambda) => rates.map((rate) => [rate, growth(lambda, rate, beta)]);
    this.rates.frame(right, { x: [0, reach], y: [0, 2], title: "factor per update", xlabel: "rate α", ylabel: "", xticks: 3 });
    this.rates.legend([["limit", "limit"], ["best", "best"]], 1);
    this.rates.line("flat", curve(1));
    this.rates.line("steep", curve(kappa));
    this.rates.line("zero", [[0, 1], [reach, 1]]);
    this.rates.limit("limit", { x: edge });
    node(this.rates.inside, "best", "path", { d: beta === 0 ? `M${this.rates.x(best(kappa))} ${this.rates.box.y}v${this.rates.box.height}` : "" });
    this.rates.marks("run dots", [[Math.min(alpha, 0.98 * reach), Math.min(slow, 1.95)]], shape, 5);

    const both = alive[0] && alive[1] && near(...factors);
    const which = both ? "both directions equally" : alive[0] && (!alive[1] || factors[0] > factors[1]) ? "the flat direction, along" : "the steep direction, across";
    const wait = slow < 1e-9 ? "is at the bottom after one update" : `needs ${short(Math.ceil(Math.log(10) / -Math.log(slow)), 3)} updates a digit`;
    const fate = explodes ? "explodes" : near(slow, 1) ? "stays as large as it is" : wait;
    const decides = alive[0] || alive[1] ? ` What decides is ${which}: the error ${fate}.` : " It starts at the bottom and stays there.";
    return {
      title: "Path over ellipses of equal loss, errors and factors",
      words:
        `κ = ${short(kappa)}, α = ${short(alpha)}, β = ${short(beta)}: the limit 2(1 + β)/κ is ${short(edge)}, the best rate without momentum ` +
        `${short(best(kappa))}. In the long run each update multiplies the error by ${short(factors[0])} along and ${short(factors[1])} across.${decides}`,
      spoken: `α over limit ${short(alpha / edge, 3)}, ${explodes ? "diverges" : "settles"}`,
      unstable: explodes,
      table: {
        head: ["update", "error along", "error across", "loss"],
        rows: path.map((point, t) => [t, short(point[0], 5), short(point[1], 5), short(loss(kappa, point), 5)]),
      },
    };
  }
}

customElements.define("bowl-figure", BowlFigure);
