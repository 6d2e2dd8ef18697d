// From the growth of a loss to αλ, its limit, and a rate to try.

import { LARGEST, least, median, most } from "./shapes.js";
import { differences } from "./text.js";

const sum = (values) => values.reduce((total, one) => total + one, 0);
const mean = (values) => sum(values) / values.length;
const spread = (values) => most(values) - least(values);

/** αλ of the direction that explodes, from the growth r of the loss per update and momentum β. */
function product(r, beta = 0) {
  const root = Math.sqrt(r);
  return (1 + root) * (1 + beta / root);
}

/**
 * The kind of a growth, parabola, steady or wild, and the logarithm of its factor from line to line.
 *
 * x: losses; they grew from first to last.
 */
export function growth(x, first, last) {
  const floor = Math.min(0, least(x));
  const y = x.map((value) => value - floor);
  const L = y.slice(first, last + 1);
  L[0] = Math.max(L[0], median(y.slice(0, first + 1))) || L[1];
  const d = differences(L.map((value) => Math.log(Math.max(value, 1e-3 * L[0] + 1e-300))));
  const rises = differences(L).slice(-6); // their quotients are free of the floor
  if (rises.length > 1 && rises.every((rise) => rise > 0)) {
    const q = differences(rises.map(Math.log));
    const calm = differences(d).every((more, i) => more > -0.05 * Math.abs(d[i + 1]) - 0.02);
    const near = spread(q.slice(-3)) < (calm ? 0.1 : 0.01) && q.at(-1) > 0;
    if (near && (q.length > 1 || q[0] <= 2 * d[0])) return ["parabola", beyond(q)];
  }
  return steady(d) ? ["steady", mean(d)] : ["wild", gentle(d)];
}

/** Where three quotients in a row are heading (Aitken's formula); of fewer, the last. */
function beyond(q) {
  const [one, two] = differences(q.slice(-3));
  const ahead = one > two && two > 0 ? two ** 2 / (one - two) : 0;
  return q.at(-1) + Math.min(ahead, 0.05);
}

/** Whether growth with noise is as fast in its second half as in its first. */
function steady(d) {
  if (d.length < 6) return false;
  const half = d.length >> 1;
  const [one, two] = [mean(d.slice(0, half)), mean(d.slice(half))];
  return Math.abs(one - two) < 0.2 * Math.max(one, two);
}

/** The mean of the first four factors, as logarithms, none far above the one before. */
function gentle(d) {
  const kept = [];
  for (const one of d.slice(0, 4)) {
    // nor above e^10, a parabola at 75 times the limit
    const cap = kept.length ? Math.max(1.25 * kept.at(-1), 3) : 10;
    kept.push(Math.min(one, cap, 10));
  }
  return Math.max(mean(kept), 1e-3);
}

/** 1: the weight alternates, 0: it leaves on one side, faster and faster, null: neither, or not to be seen. */
export function sides(weight, every, first, last, kind) {
  if (!weight?.length || every % 2 === 0) return null; // every second weight is always on the same side
  const move = differences(weight.slice(first, last + 1).filter(Number.isFinite));
  const turns = move.slice(1).map((one, i) => Math.sign(one) !== Math.sign(move[i]));
  if (!turns.length || (turns.some(Boolean) && !turns.every(Boolean))) return null;
  const settles = !turns[0] && Math.abs(move.at(-1)) <= Math.abs(move[0]); // and something else grows
  const chance = kind === "wild" && move.length < (turns[0] ? 4 : 6); // as in ReLU networks
  if (settles || chance) return null;
  return Number(turns[0]);
}

/**
 * αλ, its limit, and the part of the limit to take: half, a third, a quarter. The momentum is the heavy ball's.
 *
 * With a wrong sign √r is itself the larger root, of z² − (1 + αλ + β)z + β = 0.
 */
export function limit(kind, logR, momentum, batchSize, side) {
  const r = Math.exp(Math.min(logR, 600));
  let [room, part] = [2 * (1 + momentum), kind === "wild" ? 3 : 2];
  if (side === 0) {
    const root = Math.sqrt(r);
    return [Math.max((root - 1) * (1 - momentum / root), 1e-12), room, part];
  }
  if (kind !== "parabola") room = 2 * Math.sqrt(1 - momentum ** 2); // elsewhere momentum buys no higher rate
  if (batchSize > 0 && batchSize < 16) part++; // the noise wants room too
  return [product(r, momentum), room, part];
}

/** Updates from this loss to the largest number of each format, at a growth of e^logR per update. */
export function untilInf(loss, logR) {
  const way = Math.log(Math.max(loss, 1e-300));
  const left = Object.entries(LARGEST).map(([name, top]) => [name, Math.max(0, Math.ceil((Math.log(top) - way) / logR - 1e-9))]);
  return Object.fromEntries(left);
}

/** The growth per update that takes a loss to the end of its format in so many updates. */
export function enough(loss, updates, format) {
  const way = Math.log(LARGEST[format]) - Math.log(Math.max(Math.abs(loss), 1e-300));
  return Math.exp(Math.min(Math.max(way, 0) / Math.max(updates, 1), 600));
}

/** What to divide the rate by where losses give no curvature: five times a height above the start. */
export function byHeight(f) {
  const start = Math.max(f.start, 1e-300);
  const height = Math.max(f.level / start, f.tail / start, Math.sqrt(f.peak / start));
  return Math.min(200, Math.max(10, 5 * height));
}
