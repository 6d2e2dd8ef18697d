// From a log to an answer: what happened, how sure that is, and what to do. The twin of answers.py.

import { short, words } from "./data.js";
import { hidden, most } from "./shapes.js";
import { round } from "./spacing.js";
import { judge } from "./verdicts.js";

export { short } from "./data.js";
export { read } from "./log.js";
export { growth } from "./rates.js";
export { choose } from "./reading.js";
export { Unreadable } from "./text.js";
export { growthPhase, hidden } from "./shapes.js";

const FIELDS = "verdict confidence growth_per_step curvature rate_limit suggested_rate steps_to_overflow evidence finding basis odds".split(" ");
const KNOWN = "step rate weight norm val val_at line first optimiser precision alpha ends classes every_from broken".split(" ");
const all = (keys, value) => Object.fromEntries(keys.map((key) => [key, value]));
const BARE = { every: 1, ...all(KNOWN, null) };
const GIVEN = { rate: null, momentum: 0, batch_size: null, every: null, dtype: null, optimiser: null, guess: null };
const ADAPTIVE = /adam|rmsprop|ada|lion|lamb/;
const finite = Number.isFinite;

/**
 * An answer to a log with "loss" and perhaps the rest of what read gives.
 *
 * fields: rate, momentum β, batch_size in samples, every (from line to line) in updates,
 * dtype ("float32", …), optimiser ("SGD", "AdamW", …), guess (the loss of guessing).
 */
export function diagnose(log, fields = {}) {
  log = { ...BARE, ...log };
  const run = known(log, { ...GIVEN, ...fields });
  const [x, masked] = [log.loss.slice(), hidden(log)];
  for (const n of masked) x[n] = NaN;
  const found = { ...all(FIELDS, null), why: [], next: [] };
  if (masked.length) found.why.push(...words("why", "masked", { count: masked.length }));
  judge(found, x, masked.length > 0, log, run);
  notes(found, x, log);
  for (const key of ["rate", "optimiser", "dtype"]) {
    const other = run[`other_${key}`];
    if (other !== null) found.why.push(...words("why", `field-${key}`, { log: other, field: fields[key] }));
  }
  return Object.assign(found, facts(log, run));
}

/** What else in the log is no number, beside losses that are. */
function notes(found, x, log) {
  const norm = log.norm ?? [];
  const bad = norm.filter((one) => !finite(one)).length;
  if (x.every(finite) && 0 < bad && bad < norm.length) found.why.push(...words("why", "norm-some", { count: bad, lines: norm.length }));
  if (x.every(finite) && log.broken?.length) {
    found.why.push(...words("why", "broken", { names: log.broken.slice(0, 5).join(", ") }));
    found.confidence = "low";
  }
  if (log.overflow) found.why.push(...words("why", "overflow"));
}

/** What is known of the run, from the log where it says it, else from the fields; every and guess the other way. */
function known(log, given) {
  const rates = (log.rate?.length ? log.rate : [log.alpha]).filter(finite);
  const top = rates.length ? most(rates) : 0;
  const moves = rates.some((rate) => rate < top);
  // Where a schedule moves the rate, what was typed is the rate that the schedule moves.
  const base = moves ? given.rate || top : top || given.rate;
  const run = { ...given, rates, moves, base: base > 0 ? base : null };
  const far = !moves && rates[0] > 0 && given.rate;
  run.other_rate = far && Math.abs(rates[0] / given.rate - 1) > 0.01 ? rates[0] : null;
  for (const [key, named] of [["optimiser", log.optimiser], ["dtype", log.precision]]) {
    const typed = given[key];
    run[`other_${key}`] = named && typed && named.toLowerCase() !== typed.toLowerCase() ? named : null;
    run[key] = named || typed;
  }
  if (!run.guess && log.classes > 1) {
    const [guess, start] = [Math.log(log.classes), log.loss[0]]; // if it may be a cross-entropy
    run.guess = 0.4 * guess < start && start < 2.5 * guess ? guess : null;
  }
  run.format = run.dtype || "float32";
  run.adaptive = ADAPTIVE.test((run.optimiser || "").toLowerCase());
  [run.every, run.every_from] = [log.every, log.every_from];
  if (!run.every_from && log.samples && given.batch_size) {
    [run.every, run.every_from] = [Math.max(1, round(log.samples / given.batch_size)), "log"];
  }
  if (given.every) [run.every, run.every_from] = [Math.max(1, Math.trunc(given.every)), "given"];
  run.unspaced = !run.every_from && Boolean(log.epochs || log.trainer || log.line === "mean");
  run.unit = run.unspaced ? "line" : "update";
  return run;
}

/** What was read and what was taken for known, beside the answer. */
function facts(log, run) {
  return {
    said: [...told(log, run)],
    losses: log.loss.map((loss) => (finite(loss) ? loss : short(loss))),
    name: log.name ?? null,
    others: log.others ?? [],
    rate: run.rates.length ? run.rates[0] : run.rate,
    rate_from: run.rates.length ? "log" : run.rate ? "given" : null,
    every: run.every,
    every_from: run.every_from,
    line: log.line,
    unit: run.unit,
    optimiser: run.optimiser,
    precision: run.dtype,
    guess: run.guess,
  };
}

/** What was read, in sentences. */
function* told(log, run) {
  yield log.said || `${log.loss.length} losses.`;
  if (run.base) yield* words("said", run.rates.includes(run.base) ? "rate-log" : "rate-given", { rate: run.base });
  if (log.line === "mean") yield* words("said", run.every_from ? "mean" : "mean-unknown", { every: run.every });
  else if (run.every_from) yield* words("said", run.every > 1 ? `every-${run.every_from}` : "every-one", { every: run.every });
  else yield* words("said", log.epochs ? "epochs" : "every-unknown");
  if (log.optimiser) yield* words("said", "optimiser", { optimiser: log.optimiser });
  if (log.precision) yield* words("said", "precision", { precision: log.precision });
}
