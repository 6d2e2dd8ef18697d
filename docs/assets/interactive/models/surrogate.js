// One step, and the two parabolas that predict it: on the article's points, for three kinds of loss.

import { x, y } from "./article.js";

/** What a residual r costs, and the first and second derivative of that. */
export const kinds = {
  squares: { cost: (r) => (r * r) / 2, first: (r) => r, second: () => 1 },
  "log cosh": {
    cost: (r) => Math.abs(r) + Math.log1p(Math.exp(-2 * Math.abs(r))) - Math.LN2, // cosh itself overflows
    first: Math.tanh,
    second: (r) => 1 - Math.tanh(r) * Math.tanh(r),
  },
  Cauchy: {
    cost: (r) => Math.log1p(r * r) / 2,
    first: (r) => r / (1 + r * r),
    second: (r) => (1 - r * r) / ((1 + r * r) * (1 + r * r)),
  },
};

const sum = (term) => x.reduce((total, xi, i) => total + term(xi, y[i]), 0);

export const loss = (kind, b) => sum((xi, yi) => kinds[kind].cost(xi * b - yi));

export const slope = (kind, b) => sum((xi, yi) => xi * kinds[kind].first(xi * b - yi));

export const curvature = (kind, b) => sum((xi, yi) => xi * xi * kinds[kind].second(xi * b - yi));

/** The parabola of curvature 1/α that touches the loss at b; the step goes to its bottom. */
export const surrogate = (at, alpha, b) => at.loss + at.slope * (b - at.b) + ((b - at.b) * (b - at.b)) / alpha / 2;

/** One step from b: where it lands, what the slope and the second order predict, and what happens. */
export function step(kind, alpha, b) {
  const at = { b, loss: loss(kind, b), slope: slope(kind, b), curvature: curvature(kind, b) };
  const squared = at.slope * at.slope;
  const lands = b - alpha * at.slope;
  return {
    ...at,
    lands,
    promised: -alpha * squared,
    predicted: -alpha * squared + ((alpha * alpha) / 2) * squared * at.curvature,
    change: loss(kind, lands) - at.loss,
    limit: 2 / at.curvature,
  };
}
