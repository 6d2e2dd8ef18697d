import { AnsweringFigure, Panel, node, short } from "./figure.js";
import { best, descend, ellipse, growth, limit, loss } from "./models/bowl.js";

const UPDATES = 60;
const ALONG = [-12, 12];
const ACROSS = [-4, 4];

class BowlFigure extends AnsweringFigure {
  static panels = [1.3, 1, 1];
  static knobs = [
    { name: "alpha", label: "rate α", min: 0.0005, max: 4, log: true, value: 0.105 },
    { name: "kappa", label: "condition κ", min: 1, max: 1000, log: true, value: 20 },
    { name: "beta", label: "momentum β", min: 0, max: 0.99, value: 0 },
    { name: "along", label: "start along", min: -11, max: 11, value: 10 },
    { name: "across", label: "start across", min: -3.6, max: 3.6, value: 1 },
  ];
  static presets = [
    { label: "best rate", state: ({ kappa }) => ({ alpha: best(kappa), beta: 0 }) },
    { label: "the limit", state: ({ kappa, beta }) => ({ alpha: Math.min(4, limit(kappa, beta)) }) },
  ];

  draw(state, [left, middle, right]) {
    this.bowl ??= new Panel(this.svg);
    this.errors ??= new Panel(this.svg);
    this.rates ??= new Panel(this.svg);
    const { alpha, kappa, beta } = state;
    const path = descend(kappa, alpha, beta, [state.along, state.across], UPDATES);
    const edge = limit(kappa, beta);
    const explodes = alpha > edge;
    const shape = explodes ? "s" : "o";

    this.bowl.frame(left, { x: ALONG, y: ACROSS, title: "the path over equal losses", xlabel: "along, λ = 1", ylabel: "" });
    const start = Math.max(1e-3, loss(kappa, path[0]));
    const [x, y] = [this.bowl.x, this.bowl.y];
    const rings = [0.1, 0.4, 1, 2, 4].map((share) => {
      const [a, b] = ellipse(kappa, share * start);
      const [rx, ry] = [x(a) - x(0), y(0) - y(b)];
      return `M${x(-a)} ${y(0)}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0`;
    });
    node(this.bowl.inside, "ring", "path", { d: rings.join("") });
    const gone = path.findIndex(([e, f]) => Math.abs(e) > 30 || Math.abs(f) > 10);
    const seen = gone < 0 ? path : path.slice(0, gone + 1);
    this.bowl.line("run", seen);
    this.bowl.marks("run dots", seen, shape, 2.5);
    this.handle(this.bowl.group, this.bowl.at(path[0]), (px, py) => {
      const { box } = this.bowl;
      const place = (share, [low, high], reach) => Number(Math.min(reach, Math.max(-reach, low + share * (high - low))).toFixed(1));
      this.set({
        along: place((px - box.x) / box.width, ALONG, 11),
        across: place(1 - (py - box.y) / box.height, ACROSS, 3.6),
      });
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

    const reach = Math.max(1.4 * edge, 1.1 * alpha);
    const rates = Array.from({ length: 61 }, (_, i) => (reach * i) / 60);
    const curve = (lambda) => rates.map((rate) => [rate, growth(lambda, rate, beta)]);
    const now = [growth(1, alpha, beta), growth(kappa, alpha, beta)];
    this.rates.frame(right, { x: [0, reach], y: [0, 2], title: "error times", xlabel: "rate α", ylabel: "per update", xticks: 3 });
    this.rates.legend([["limit", "limit"], ["best", "best"]], 1);
    this.rates.line("flat", curve(1));
    this.rates.line("steep", curve(kappa));
    this.rates.line("zero", [[0, 1], [reach, 1]]);
    this.rates.limit("limit", { x: edge });
    node(this.rates.inside, "best", "path", { d: beta === 0 ? `M${this.rates.x(best(kappa))} ${this.rates.box.y}v${this.rates.box.height}` : "" });
    this.rates.marks("run dots", [[alpha, Math.max(...now)]], shape, 5);

    const slow = Math.max(...now);
    const which = now[0] > now[1] ? "along the flat direction" : "across, in the steep direction";
    const fate = explodes ? "explodes" : slow < 1 ? `needs ${short(Math.ceil(Math.log(10) / -Math.log(slow)), 3)} updates a digit` : "stays as it is";
    return {
      title: "Path of descent over elliptic contours, the error in each direction, and growth against the rate",
      words:
        `κ = ${short(kappa)}, α = ${short(alpha)}, β = ${short(beta)}: the limit 2(1 + β)/κ is ${short(edge)}, the best rate without momentum ` +
        `${short(best(kappa))}. The error is multiplied by ${short(now[0], 3)} along and ${short(now[1], 3)} across, in the long run. ` +
        `What decides is the error ${which}: it ${fate}.`,
      spoken: `α over limit ${short(alpha / edge, 3)}, ${explodes ? "diverges" : "settles"}`,
      unstable: explodes,
      table: {
        head: ["update", "error along", "error across", "loss"],
        rows: path.slice(0, 31).map((point, t) => [t, short(point[0], 5), short(point[1], 5), short(loss(kappa, point), 5)]),
      },
    };
  }
}

customElements.define("bowl-figure", BowlFigure);
