// Mini-batches on the article's fifty points: each update sees m of them, drawn with replacement.

import * as article from "./article.js";

const { x, y, bottom } = article;
const n = x.length;
const mean = (values) => values.reduce((total, value) => total + value, 0) / n;
const squares = x.map((xi) => xi * xi);
const misses = x.map((xi, i) => xi * (y[i] - xi * bottom)); // what each point pulls at the bottom

export const curvature = mean(squares); // λ of half the mean squared error
const variance = mean(squares.map((one) => one * one)) - curvature * curvature;
const steepest = Math.max(...squares);

/** The seeded random numbers of mulberry32 (T. Ettinger, public domain), between 0 and 1. */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The largest rate at which the mean square error does not grow: exact, and the bound that is enough. */
export const limit = (m) => (2 * curvature) / (curvature * curvature + (m < n ? variance / m : 0));
export const enough = (m) => (m < n ? (2 * m) / (steepest + (m - 1) * curvature) : 2 / curvature);

/** The errors b − b̂ of one run. A batch of n is all points, each once. */
export function descend(alpha, m, seed, updates) {
  const draw = random(seed);
  const errors = [-bottom];
  for (let t = 0; t < updates; t++) {
    const e = errors[t];
    let gradient = 0;
    for (let j = 0; j < m; j++) {
      const i = m < n ? Math.floor(draw() * n) : j;
      gradient = gradient + (squares[i] * e - misses[i]);
    }
    errors.push(e - alpha * (gradient / m));
  }
  return errors;
}

/** The loss of all points above its floor, as a share of the loss at the start. */
export const excess = (errors) => errors.map((e) => (e * e) / (bottom * bottom));

export const explodes = (losses) => losses.some((loss) => !(loss < 100));
