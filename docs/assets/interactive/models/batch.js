// Mini-batches of least squares in ten weights: each update sees m of 200 points, drawn with replacement.

export const all = 200;

/** The seeded random numbers of mulberry32 (T. Ettinger, public domain), between 0 and 1. */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const draw = random(1222); // of the first 3000 seeds one whose full batch has nearly the chapter's limit
const ten = (value) => Float64Array.from({ length: 10 }, value);

/** Twelve numbers between 0 and 1 make nearly a normal one. */
function normal() {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += draw();
  return sum;
}

export const points = Array.from({ length: all }, () => ten(normal));
export const start = ten(normal); // the error of weights that are all 0

const times = (x, e) => x.reduce((sum, value, i) => sum + value * e[i], 0);
const hessian = Array.from(start, (_, i) => ten((_, j) => points.reduce((sum, x) => sum + x[i] * x[j], 0) / all));

/** As numpy finds them: the largest curvature, and for each batch two limits: of the mean square, and of a typical run. */
export const curvature = 1.485625189070654;
export const limits = {
  1: [0.16063, 0.176],
  2: [0.29525, 0.328],
  4: [0.50696, 0.569],
  8: [0.78420, 0.887],
  16: [1.05504, 1.203],
  32: [1.22250, 1.383],
  64: [1.29215, 1.401],
  128: [1.32096, 1.371],
  [all]: [2 / curvature, 2 / curvature],
};

/** The errors of one run. A batch of all is every point once. */
export function descend(alpha, m, seed, updates) {
  const draw = random(seed);
  let e = start;
  const path = [e];
  for (let t = 0; t < updates; t++) {
    const gradient = ten(() => 0); // summed
    for (let k = 0; k < m; k++) {
      const x = points[m < all ? Math.floor(draw() * all) : k];
      const residual = times(x, e);
      for (let i = 0; i < 10; i++) gradient[i] += residual * x[i];
    }
    e = e.map((error, i) => error - alpha * (gradient[i] / m));
    path.push(e);
  }
  return path;
}

const square = (e) => times(hessian.map((row) => times(row, e)), e);
const first = square(start);

/** The loss on all points after each update, as a share of the first. */
export const shares = (path) => path.map((error) => square(error) / first);

/** A run of mini-batches counts as exploding if after so many updates it is above where it began. */
export const explodes = (losses) => !(losses.at(-1) < 1);

/** What becomes of the full batch in the end, which so many updates need not show: its limit is exact. */
export const end = (alpha) => (alpha < limits[all][0] ? "settles" : "explodes");
