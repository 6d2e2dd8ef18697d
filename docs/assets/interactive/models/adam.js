// Adam on one weight: a calm in which the gradient only trembles between 1 and −1, then a jump.

/** The updates in units of α from the jump on, with m and √v, both corrected; and some updates from before it. */
export function updates({ jump, calm, lasts, beta1, beta2, epsilon }, before, after) {
  let [m, v, p, q] = [0, 0, 1, 1];
  const seen = [];
  for (let t = 0; t < calm + after; t++) {
    const g = t < calm ? 1 - 2 * (t % 2) : t === calm || lasts === "stays" ? jump : 0;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * (g * g);
    p *= beta1; // the powers βᵗ, for the correction
    q *= beta2;
    const mean = m / (1 - p);
    const root = Math.sqrt(v / (1 - q));
    if (t >= calm - before) seen.push({ t: t - calm + 1, g, mean, root, update: mean / (root + epsilon) });
  }
  return seen;
}

/** No gradients at all move a weight further than this many α, once the correction has faded. */
export function bound(beta1, beta2) {
  const kept = 1 - (beta1 * beta1) / beta2;
  return kept > 0 ? (1 - beta1) / Math.sqrt((1 - beta2) * kept) : Infinity;
}

/** The update that moves the weight furthest, from the jump on. */
export const furthest = (seen) => seen.filter(({ t }) => t > 0).reduce((far, one) => (one.update > far.update ? one : far));
