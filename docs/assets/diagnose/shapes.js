// What the losses of a run look like, before anybody asks why.

import { differences } from "./text.js";

export const LARGEST = { float16: 65504, bfloat16: 3.3895313892515355e38, float32: 3.4028234663852886e38, float64: Number.MAX_VALUE };

export const least = (values) => values.reduce((low, one) => Math.min(low, one), Infinity);
export const most = (values) => values.reduce((high, one) => Math.max(high, one), -Infinity);
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Where the numbers end, and the places from which and to which they grew: [end, first, last]. */
export function growthPhase(x) {
  const bad = x.findIndex((value) => !Number.isFinite(value));
  const end = bad < 0 ? x.length : bad;
  let last = 0;
  for (let i = 1; i < end; i++) if (x[i] > x[last]) last = i;
  let first = 0; // it grew from the last loss that was not above the first
  for (let i = 0; i < last; i++) if (x[i] <= x[0]) first = i;
  while (first && x[first - 1] < x[first]) first--;
  return [end, first, last];
}

/** The places of losses of exactly 0 that stand for nan, as the Trainer of Hugging Face writes it. */
export function hidden({ loss: x, norm, val, trainer }) {
  const beside = new Set();
  x.forEach((loss, n) => loss === 0 && n < (norm?.length ?? 0) && !Number.isFinite(norm[n]) && beside.add(n));
  let tail = x.length;
  while (tail && x[tail - 1] === 0) tail--;
  const told = Boolean(val?.some((value) => !Number.isFinite(value)) || trainer);
  if (told && x.length - tail >= 2 && x.slice(0, tail).some((value) => value > 0)) {
    for (let n = tail; n < x.length; n++) beside.add(n);
  }
  return [...beside].sort((a, b) => a - b);
}

/** Losses that may be below zero, raised so that their lowest is of their usual size. */
function positive(y) {
  const low = least(y);
  if (low >= 0) return y;
  const usual = Math.max(median(y.map(Math.abs)), 1e-300);
  return y.map((value) => value - low + usual);
}

/**
 * Numbers that tell shapes apart, of finite losses y.
 *
 * late: whether the first line stands far from the beginning of the run.
 */
function features(y, late) {
  y = positive(y);
  const n = y.length;
  const k = y.indexOf(most(y));
  let j = k;
  while (j && y[j - 1] < y[j]) j--;
  const rest = y.slice(1);
  const [low, high] = [least(rest), most(rest)];
  const leapt = low > 3 * y[0] && high < 3 * low; // to a level above
  const start = !late || n < 6 || leapt ? y[0] : most(y.slice(0, Math.floor(n / 3)));
  const [tenth, quarter] = [Math.max(1, Math.floor(n / 10)), Math.max(1, Math.floor(n / 4))];
  return {
    start,
    peak: y[k],
    at_peak: k,
    since: n - k,
    rises: k - j,
    rise: y[k] / Math.max(y[j], 1e-300),
    bends: bends(y.slice(j, k + 1), n),
    late: k >= n - 3,
    above: y.filter((value) => value > 2 * start).length,
    level: median(y.slice(-3)),
    tail: median(y.slice(-quarter)),
    head: median(y.slice(0, tenth)),
    least: least(y.slice(-quarter)),
    soon: median(y.slice(1, 4)),
    first: y[0],
    later: most(y.slice(-Math.max(3, quarter))),
    usual: median(y),
    second: Float64Array.from(y).sort().at(-2),
  };
}

/** Whether three lines or more grew into a peak near the end, threefold or faster and faster. */
const climbs = (f) => f.rises >= 2 && f.late && (f.rise >= 3 || f.bends);

/** Whether three lines or more stand above twice the start, and it did not come back. */
function staysHigh(f, ended) {
  let far = f.level > 2 * f.start;
  if (ended) far = f.peak >= 10 * f.start && (far || f.since < 10); // long before
  return f.above >= 3 && far;
}

/** Whether losses that rise do so faster and faster, and by a fifth: four of them, or all there are. */
function bends(y, lines) {
  const rises = differences(y);
  const enough = rises.length > 3 || (rises.length > 1 && y.length === lines);
  return enough && differences(rises).every((more) => more > 0) && y.at(-1) > 1.2 * y[0];
}

/** Whether the last four losses bend upwards and have grown by half: 15.2, 15.5, 17.6, 31.7. */
function bent(y) {
  const [a, b, , d] = y.slice(-4);
  return y.length > 3 && bends(y.slice(-4), 4) && d > 1.5 * a && b > a;
}

/**
 * The shape of finite losses, and their features: [shape, features].
 *
 * shape: few, explodes, bounces, bending, calm, spike, flat, absurd, leaps, recovers, healthy or barely.
 * ended: whether what follows them is no number. late: whether they begin far from the start of the run.
 * window: whether the first stands for several updates.
 */
export function kindOf(y, ended, late, window) {
  const f = features(y, late);
  return [shape(y, f, ended, window), f];
}

function shape(y, f, ended, window) {
  if (y.length < 3) return "few";
  if (climbs(f) || (ended && staysHigh(f, ended))) return "explodes";
  if (staysHigh(f, ended)) return "bounces";
  if (ended) return bent(y) ? "bending" : "calm";
  const [falls, ends] = [f.tail < 0.9 * f.head, f.level < 0.9 * f.first];
  if (!falls && !ends) {
    const alone = f.peak > 1e3 * Math.max(f.second, 1e-300) && 0 < f.at_peak && f.at_peak < y.length - 1;
    return alone ? "spike" : "flat";
  }
  const fell = window && f.first > 300 * f.soon; // from an absurd height
  if (fell && y.length > 5 && f.level > 0.5 * f.soon) return "absurd";
  if (f.later > 10 * f.start) return "leaps";
  f.steady = falls && !fell;
  if (ends && f.peak > 2 * Math.max(f.start, f.level)) return "recovers";
  return ends ? "healthy" : "barely";
}
