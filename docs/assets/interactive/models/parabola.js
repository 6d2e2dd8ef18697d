// Gradient descent on a parabola: ½λ(b − bottom)² + floor.

import * as article from "./article.js";

export const curves = {
  article: { curvature: article.curvature, bottom: article.bottom, floor: article.floor, start: 0, reach: 5.6 },
  square: { curvature: 2, bottom: 0, floor: 0, start: -1, reach: 3 },
  free: { curvature: 10, bottom: 0, floor: 0, start: -1, reach: 3 },
};

/** The loss above its floor, which loss − floor would round away near the bottom. */
export const excess = (curve, b) => 0.5 * curve.curvature * ((b - curve.bottom) * (b - curve.bottom));

export const loss = (curve, b) => excess(curve, b) + curve.floor;

export const slope = (curve, b) => curve.curvature * (b - curve.bottom);

/** The start and the points after each of so many updates. */
export function descend(curve, alpha, start, updates) {
  const path = [start];
  for (let t = 0; t < updates; t++) path.push(path[t] - alpha * slope(curve, path[t]));
  return path;
}

/** What each update multiplies the error by. */
export const factor = (curve, alpha) => 1 - alpha * curve.curvature;

export const limit = (curve) => 2 / curve.curvature;

/** The name of what happens: it depends on αλ alone. */
export function regime(product) {
  const at = (edge) => Math.abs(product - edge) < 1e-12; // λ · (2/λ) may miss 2 by a rounding
  if (at(1)) return "arrives";
  if (at(2)) return "flips";
  if (product < 1) return "walks";
  return product < 2 ? "crosses" : "explodes";
}
