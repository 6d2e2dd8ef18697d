// What the program snippets/diagnose.py makes of the losses of a run: the same numbers, the same sentences.

import { median } from "./reader.js";

export { choose, read, Unreadable } from "./reader.js";

const finite = (x) => Number.isFinite(x);
const sum = (values) => values.reduce((total, one) => total + one, 0);
const mean = (values) => sum(values) / values.length;
const differences = (values) => values.slice(1).map((value, i) => value - values[i]);
const spread = (values) => Math.max(...values) - Math.min(...values);
const least = (values) => values.reduce((low, one) => Math.min(low, one), Infinity);
const most = (values) => values.reduce((high, one) => Math.max(high, one), -Infinity);

/** αλ of the direction that explodes, from the growth r of the loss per update and momentum β. */
export function product(r, beta = 0) {
  const root = Math.sqrt(r);
  return (1 + root) * (1 + beta / root);
}

/** Where the numbers end, and the places from which and to which they grew. */
export function growthPhase(x) {
  const bad = x.findIndex((value) => !finite(value));
  const end = bad < 0 ? x.length : bad;
  let last = 0;
  for (let i = 1; i < end; i++) if (x[i] > x[last]) last = i;
  let first = 0;
  for (let i = 0; i < last; i++) if (x[i] <= x[0]) first = i;
  while (first && x[first - 1] < x[first]) first--;
  return [end, first, last];
}

/** Whether it grew as on a parabola, steadily with noise, or wildly; and the logarithm of its factor. */
export function growth(x, first, last) {
  const floor = Math.min(0, least(x));
  const y = x.map((value) => value - floor);
  const L = y.slice(first, last + 1);
  L[0] = Math.max(L[0], median(y.slice(0, first + 1))) || L[1];
  const d = differences(L.map((value) => Math.log(Math.max(value, 1e-3 * L[0] + 1e-300))));
  const rises = differences(L).slice(-6);
  if (rises.length > 1 && rises.every((rise) => rise > 0)) {
    const q = differences(rises.map(Math.log));
    const calm = differences(d).every((more, i) => more > -0.05 * Math.abs(d[i + 1]) - 0.02);
    const near = spread(q.slice(-3)) < (calm ? 0.1 : 0.01) && q.at(-1) > 0;
    if (near && (q.length > 1 || q[0] <= 2 * d[0])) return ["parabola", beyond(q)];
  }
  return steady(d) ? ["steady", mean(d)] : ["wild", gentle(d)];
}

/** Where three quotients in a row are heading (Aitken). */
function beyond(q) {
  if (q.length < 3) return q.at(-1);
  const [one, two] = differences(q.slice(-3));
  const ahead = one > two && two > 0 ? two ** 2 / (one - two) : 0;
  return q.at(-1) + Math.min(ahead, 0.05);
}

function steady(d) {
  if (d.length < 6) return false;
  const half = d.length >> 1;
  const [one, two] = [mean(d.slice(0, half)), mean(d.slice(half))];
  return Math.abs(one - two) < 0.2 * Math.max(one, two);
}

function gentle(d) {
  const kept = [];
  for (const one of d.slice(0, 4)) {
    const cap = kept.length ? Math.max(1.25 * kept.at(-1), 3) : 10;
    kept.push(Math.min(one, cap, 10));
  }
  return Math.max(mean(kept), 1e-3);
}

function shape(x, end, first, last) {
  if (end === 0) return "nan-at-start";
  const floor = Math.min(0, least(x.slice(0, end)));
  const y = x.slice(0, end).map((value) => value - floor);
  const rise = y[last] / Math.max(median(y.slice(0, first + 1)), 1e-9 * y[last], 1e-300);
  const late = last > first && end - last <= 3;
  if (end === x.length) return finiteShape(y, rise, late, y.slice(first, last + 1));
  const near = end - last < 10 || y.at(-1) > 10 * y[0];
  return (late && rise > 3) || (last && near && y[last] > 100 * y[0]) ? "explodes" : "not-the-rate";
}

function finiteShape(y, rise, late, grown) {
  const bends = differences(differences(grown));
  const bendsUp = bends.length > 0 && least(bends) > 0 && rise > 1.2;
  if (late && (bendsUp || y.at(-1) > 10 * y[0])) return "explodes";
  const level = median(y.slice(-Math.max(3, Math.floor(y.length / 10))));
  const later = median(y.slice(y.length >> 1));
  if (y.length > 4 && Math.min(level, later) > 2 * y[0]) return "bounces";
  if (y.length < 3 || level >= y[0]) return "unclear";
  return rise > 2 && most(y) > 2 * level ? "recovers" : "healthy";
}

/** 1: the weight alternates, 0: it leaves on one side, null: neither, or not to be seen. */
function sides({ weight, every }, first, last) {
  if (!weight || every % 2 === 0) return null;
  const moves = differences(weight.slice(first, last + 1).filter(finite)).map(Math.sign);
  const turns = moves.slice(1).map((move, i) => move !== moves[i]);
  if (turns.length === 0 || (turns.some(Boolean) && !turns.every(Boolean))) return null;
  return Number(turns[0]);
}

/** αλ, its limit, and the part of the limit to take. */
function limit(kind, logR, { momentum, batch_size }, side) {
  const r = Math.exp(Math.min(logR, 600));
  const full = 2 * (1 + momentum);
  let part = kind === "wild" ? 3 : 2;
  if (side === 0) return [Math.max(Math.sqrt(r) - 1, 1e-12), full, part];
  if (batch_size > 0 && batch_size < 16) part++;
  return [product(r, momentum), kind === "parabola" ? full : 2 * Math.sqrt(1 - momentum ** 2), part];
}

const LARGEST = { float16: 65504, bfloat16: 3.3895313892515355e38, float32: 3.4028234663852886e38, float64: Number.MAX_VALUE };

function untilInf(loss, logR) {
  const way = Math.log(Math.max(loss, 1e-300) * 2 ** 30);
  const left = Object.entries(LARGEST).map(([name, top]) => [name, Math.max(0, Math.ceil((Math.log(top) - way) / logR - 1e-9))]);
  return Object.fromEntries(left);
}

/** Three digits, as the program prints them. */
export function short(value) {
  if (!finite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (value === 0) return "0";
  const up = value * (1 + 1e-12); // a tie is rounded up
  const [mantissa, power] = up.toExponential(2).split("e");
  return power < -4 || power >= 3 ? `${Number(mantissa)}e${Number(power)}` : String(Number(up.toPrecision(3)));
}

export function diagnose(given, settings = {}) {
  const log = { every: 1, step: null, rate: null, weight: null, ...given };
  const run = { rate: null, momentum: 0, batch_size: null, dtype: "float32", adam: false, ...settings };
  const x = log.loss.map((loss) => loss / 2 ** 30);
  const [end, first, last] = growthPhase(x);
  const found = {
    verdict: shape(x, end, first, last),
    confidence: null,
    growth_per_step: null,
    curvature: null,
    rate_limit: null,
    suggested_rate: null,
    steps_to_overflow: null,
    evidence: null,
    why: [],
    next: [],
  };
  if (found.verdict === "explodes") explosion(found, x.slice(0, end), first, last, log, run);
  else noExplosion(found, end, run);
  return found;
}

function explosion(found, x, first, last, log, run) {
  const [kind, whole] = growth(x, first, last);
  const logR = Math.max(whole / log.every, 1e-12);
  const side = sides(log, first, last);
  const sure = side || first || kind === "wild" || logR >= Math.log(9);
  found.verdict = side === 0 ? "not-the-rate" : sure ? "rate-too-high" : "growth";
  found.growth_per_step = Math.exp(Math.min(logR, 600));
  found.steps_to_overflow = untilInf(x[first], logR);
  found.evidence = [first, last].map((n) => (log.step ? log.step[n] : n * log.every));
  const alpha = run.rate || (log.rate ? log.rate[first] : 0);
  setRate(found, kind, logR, side, last - first, log, { ...run, rate: alpha > 0 ? alpha : null });
}

function setRate(found, kind, logR, side, growing, log, run) {
  const [al, room, part] = limit(kind, logR, run, side);
  const alpha = run.rate;
  const by = run.adam ? 10 : Math.max(1, (al / room) * part);
  if (alpha) {
    found.suggested_rate = alpha / by;
    if (!run.adam) [found.curvature, found.rate_limit] = [al / alpha, (alpha * room) / al];
  }
  found.why = [grew(found, kind), ...meaning(found, side, al, room)];
  if (kind !== "wild") found.why.push(`At this pace ${run.dtype} ends after ${found.steps_to_overflow[run.dtype]} updates.`);
  found.why.push(...doubts(found, kind, growing, log, run));
  found.next = stepsToTake(found, by);
}

function grew({ evidence: [begin, peak], growth_per_step }, kind) {
  const r = `${short(growth_per_step)}-fold per update`;
  const how = { parabola: `${r}, as on a parabola`, steady: `${r}, with noise`, wild: "by no constant factor" }[kind];
  return `The loss grew from step ${Math.trunc(begin)} to step ${Math.trunc(peak)}, ${how}.`;
}

function* meaning(found, side, al, room) {
  if (side === 0) yield "The weight leaves on one side: the sign is wrong.";
  if (side === 1) yield "The weight alternates: it is the rate, not the sign.";
  if (found.verdict === "growth") yield "It may be the rate or the sign: losses alone cannot tell.";
  yield `So αλ is about ${short(al)}; the limit is ${short(room)}.`;
}

function doubts(found, kind, growing, log, run) {
  const low = [];
  if (growing < 3) low.push("Fewer than four losses grew: a first guess.");
  if (new Set(log.rate ?? []).size > 1) low.push("The rate changed in the log: one is assumed.");
  if (run.adam) low.push("With Adam no curvature follows: take a tenth.");
  found.confidence = ["high", "medium", "low"][Math.min(low.length + (kind !== "parabola"), 2)];
  if (run.batch_size) low.push("The limit holds for this batch size.");
  if (log.epochs) low.push("If a line is an epoch, say how many updates it has.");
  return low;
}

function stepsToTake({ suggested_rate: rate, verdict }, by) {
  const set = rate ? `Set the rate to ${short(rate)}.` : `Divide the rate by ${short(by)}.`;
  if (verdict === "rate-too-high") {
    return ["Go back to weights from before the explosion.", set, "Give every input mean 0 and spread 1: it raises the limit."];
  }
  if (verdict === "not-the-rate") return ["Turn the sign of the step, and start afresh.", set];
  return [
    "Print one weight of each update: does it change sides?",
    `If it does, it is the rate. ${set}`,
    "If it leaves on one side, turn the sign of the step.",
  ];
}

function noExplosion(found, end, run) {
  const kind = found.verdict;
  found.why = [WHY[kind]];
  found.next = [...NEXT[kind]];
  found.confidence = { bounces: "low", unclear: "low", recovers: "medium" }[kind] ?? "high";
  if (kind === "not-the-rate" && end < 3) found.confidence = "low";
  if (kind === "not-the-rate" && run.dtype === "float16") found.next.unshift(HALF);
  if (kind !== "bounces") return;
  found.verdict = "rate-too-high";
  found.suggested_rate = run.rate ? run.rate / 10 : null;
}

const WHY = {
  "nan-at-start": "The first loss is no number, before any rate acted.",
  "not-the-rate": "A normal loss turned into nan or inf: nothing grew.",
  bounces: "It stays far above its start: no factor can be read.",
  recovers: "The loss rose and came back lower: that is no failure.",
  healthy: "The loss falls.",
  unclear: "The loss neither falls nor runs away.",
};
const HALF = "Compute the loss in float32, or use bfloat16: float16 ends at 65504.";
const NEXT = {
  "not-the-rate": [
    "Look at the weights: are they still finite?",
    "Print what goes into each log, root and division.",
    "Find the batch; look for nan and for labels that are all ignored.",
  ],
  "nan-at-start": [
    "Count the nan and inf in inputs and labels.",
    "Print the smallest spread of a column: is one 0?",
    "Compute the loss once before the first update.",
  ],
  bounces: ["Divide the rate by ten and run again."],
  unclear: ["Log the loss of every update, and paste more of it."],
  recovers: ["Let it run, and compare it with half the rate."],
  healthy: ["Leave the rate, or try twice as much."],
};
