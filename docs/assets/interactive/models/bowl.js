// Gradient descent with heavy-ball momentum in a bowl of two directions, of curvature 1 and κ.

/** Each point as [error along the flat direction, error across it]. */
export function descend(kappa, alpha, beta, start, updates) {
  const path = [start];
  let [e, f] = start;
  let [v, w] = [0, 0];
  for (let t = 0; t < updates; t++) {
    v = beta * v + e;
    w = beta * w + kappa * f;
    e = e - alpha * v;
    f = f - alpha * w;
    path.push([e, f]);
  }
  return path;
}

export const loss = (kappa, [e, f]) => 0.5 * (e * e + kappa * (f * f));

/** Stable exactly below this rate: αλmax < 2(1 + β). */
export const limit = (kappa, beta) => (2 * (1 + beta)) / kappa;

/** The best fixed rate without momentum, 2/(λmin + λmax). */
export const best = (kappa) => 2 / (1 + kappa);

/** By what the error along one curvature is multiplied per update, in the long run. */
export function growth(curvature, alpha, beta) {
  const trace = 1 + beta - alpha * curvature; // of the roots of z² − (1 + β − αλ)z + β
  const inside = trace * trace - 4 * beta;
  return inside < 0 ? Math.sqrt(beta) : (Math.abs(trace) + Math.sqrt(inside)) / 2;
}

/** The rates between which that is √β, the corners of its curve; without momentum they are one. */
export const corners = (curvature, beta) => [-1, 1].map((sign) => (1 + sign * Math.sqrt(beta)) ** 2 / curvature);

/** The ellipse on which the loss has a value, as its two half-axes. */
export const ellipse = (kappa, value) => [Math.sqrt(2 * value), Math.sqrt((2 * value) / kappa)];
