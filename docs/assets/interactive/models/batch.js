// Mini-batches of least squares in three weights: each update sees m of forty points, drawn with replacement.

/** The first forty points of the chapter's program, their first three inputs, to two digits. */
export const points = [
  [0.13, -0.13, 0.64], [-0.62, 0.04, -2.33], [-0.13, 1.37, -0.67], [-1.01, -0.21, -0.16], [-1.26,
  1.51, 1.35], [0.36, -1.21, -0], [-0.44, -1.17, 1.74], [0.05, 0.68, 1], [0.19, -0.63, -0.38],
  [-0.29, 1.57, -0.43], [0.5, 0.99, -0.16], [-0.58, 0.11, -0.08], [0.79, 0.84, 0.08], [-1.04, 0.27,
  0.36], [0.34, 0.42, 0.37], [-0.29, 0.08, -0.85], [0.51, -0.3, -0.53], [1.07, 0.05, 0.92], [-0.2,
  -1.04, 0.61], [-1.94, -1.31, 1.09], [-0.66, -0.61, -1.61], [0.14, 2.31, -0.79], [-0.08, -2.02,
  -0.65], [-0.7, -1.47, 1.2], [1.3, -0.35, 0.85], [0.2, -0.04, 1.07], [-0.7, -0.45, -1.07], [2.76,
  1.04, -0.78], [0.45, -0.37, -0.22], [-1.17, -1.43, 0.64], [1.2, 0.64, 0.56], [-0.26, -0.46, 1.23],
  [0.35, -0.56, -1.1], [0.29, -1.51, 0.64], [-1.04, 0.24, 1.46], [-1.53, 2.03, -0.4], [-1.38, 2,
  0.95], [0.36, -0.39, 0.73], [-1.09, -1.48, -0.87], [0.79, -0.48, -0.21],
];

const n = points.length;
const steepest = Math.max(...points.map(([a, b, c]) => a * a + b * b + c * c));
const hessian = [0, 1, 2].map((i) => [0, 1, 2].map((j) => points.reduce((sum, x) => sum + x[i] * x[j], 0) / n));

/** As numpy finds them: the largest curvature, and for each batch the rate up to which the mean square shrinks. */
export const curvature = 1.164743650776849;
export const limits = { 1: 0.41924159614095097, 2: 0.694375988219949, 4: 1.0267176654626777, 8: 1.3297951145440516, 16: 1.528183572002499, 32: 1.6282123292729493, 40: 1.717116035503658 };

/** A rate that is surely stable for batches of m. */
export const enough = (m) => (m < n ? (2 * m) / (steepest + (m - 1) * curvature) : 2 / curvature);

/** The seeded random numbers of mulberry32 (T. Ettinger, public domain), between 0 and 1. */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The errors of one run, from (1, 1, 1). A batch of n is all points, each once. */
export function descend(alpha, m, seed, updates) {
  const draw = random(seed);
  let [p, q, r] = [1, 1, 1];
  const path = [[p, q, r]];
  for (let t = 0; t < updates; t++) {
    let u = 0; // the gradient, summed
    let v = 0;
    let w = 0;
    for (let k = 0; k < m; k++) {
      const x = points[m < n ? Math.floor(draw() * n) : k];
      const residual = x[0] * p + x[1] * q + x[2] * r;
      u += residual * x[0];
      v += residual * x[1];
      w += residual * x[2];
    }
    p -= alpha * (u / m);
    q -= alpha * (v / m);
    r -= alpha * (w / m);
    path.push([p, q, r]);
  }
  return path;
}

const square = (e) => hessian.reduce((sum, row, i) => sum + e[i] * (row[0] * e[0] + row[1] * e[1] + row[2] * e[2]), 0);
const first = square([1, 1, 1]);

/** The loss on all points after each update, as a share of the first. */
export const shares = (path) => path.map((error) => square(error) / first);

/** A run explodes if it ends above where it began. */
export const explodes = (losses) => !(losses.at(-1) < 1);
