// A weight and an update in a number format: which numbers lie around it, and where the update lands.

import { distance, keep, largest } from "./countdown.js";

export { distance, largest };
export const formats = ["fp32", "fp16", "bf16"];

/** The next numbers of the format, above and below one of its own. */
export function above(format, value) {
  if (value < 0) return -below(format, -value);
  const next = value + distance(format, value);
  return next > largest(format) ? Infinity : next;
}
export function below(format, value) {
  // Below a power of two they lie nearer.
  return value > 0 ? value - distance(format, value * (1 - 2 ** -30)) : -above(format, -value);
}

/** The numbers of the format from low to high, or nothing if there are more than so many. */
export function between(format, low, high, most) {
  const found = [];
  for (let value = keep(format, Math.max(low, -largest(format))); value <= high; value = above(format, value)) {
    if (found.push(value) > most) return null;
  }
  return found;
}

/** A weight as it is kept, and what is kept after so many updates. */
export function add(format, weight, update, times = 1) {
  const from = keep(format, weight);
  let to = from;
  for (let i = 0; i < times; i++) to = keep(format, to + update);
  return [from, to];
}
