// How many updates lie between two lines of a log, where its counters say so.

import { EPOCH, STEP } from "./reading.js";
import { median } from "./shapes.js";
import { differences, number } from "./text.js";

/** Whether each step is above the one before. */
function rising(steps) {
  const fits = (gap, i) => 0 < gap && gap < 1e9 && steps[i + 1] < 1e15;
  return steps.every((step) => step % 1 === 0) && steps.length > 1 && differences(steps).every(fits);
}

/** The median of gaps, as a whole number from 1. */
function middle(gaps) {
  return Math.max(1, Math.trunc(median(gaps)));
}

/** The nearest whole number; of two the even one. */
export function round(value) {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}

/** Updates from one line to the next, what a line stands for, and the count at the first. */
export function spacing(kept, names, loss, log) {
  const at = { step: null, every_from: null, line: null, first: null, samples: null, counts: null, every: 1, late: beginsLate(kept, names) };
  const mean = kept.some((row) => row.has("#mean"));
  const values = (name) => (kept[0].has(name) || kept.at(-1).has(name) ? kept.map((row) => number(row.get(name) ?? "nan")) : []);
  bySteps(at, [...names.filter((name) => STEP.test(name) && name !== loss), "#batch"], values);
  const [batch, batches, samples] = ["#batch", "#batches", "#samples"].map((name) => values(name).map((one) => Math.min(one, 1e15)));
  if (!at.every_from) byBatches(at, batch, batches);
  if (at.first === null && batch[0] >= 0 && !at.late) at.first = Math.trunc(batch[0]);
  if (at.first === null && samples[0] === 0 && !at.late) at.first = 0;
  if (!at.every_from) bySamples(at, samples, values, log);
  at.late ||= (at.first ?? 0) > 3 * at.every;
  if (at.every_from) at.line = mean && at.every > 1 ? "mean" : at.every === 1 ? "update" : null;
  else if (mean) at.line = "mean";
  return at;
}

/** The first of these columns whose counts rise says at which update each line stands. */
function bySteps(at, names, values) {
  for (const name of names) {
    const steps = values(name);
    if (!rising(steps) && !(steps.length === 1 && steps[0] >= 0)) continue;
    Object.assign(at, { counts: name, step: steps, first: Math.trunc(Math.min(steps[0], 1e15)) });
    if (steps.length > 1) Object.assign(at, { every: middle(differences(steps)), every_from: "log" });
    return;
  }
}

/** A counter such as 650/5863, which begins again in each epoch. */
function byBatches(at, batch, batches) {
  const gaps = differences(batch).filter((gap) => 0 < gap && gap < 1e9);
  const whole = batches.filter((b, n) => batch[n] === b && b >= 1);
  if (whole.length && whole.length === batch.length) Object.assign(at, { every: Math.trunc(whole.at(-1)), every_from: "log", first: Math.trunc(whole[0]) });
  else if (gaps.length) Object.assign(at, { every: middle(gaps), every_from: "log" });
  else if (batch.length > 1 && batch.every((one) => one === batch[0]) && batches[0] >= 1) {
    Object.assign(at, { every: Math.trunc(batches[0]), every_from: "log" }); // the same place in each epoch
  }
}

/** A counter of samples, such as 6400/60000, which are as many updates as the batch is large. */
function bySamples(at, samples, values, log) {
  const gaps = differences(samples).filter((gap) => gap > 0);
  if (!gaps.length) return;
  at.samples = middle(gaps);
  const size = log.batches ? values("#of")[0] / log.batches : 0;
  if (1 <= size && size < 1e15) Object.assign(at, { every: Math.max(1, round(at.samples / Math.ceil(size))), every_from: "log" });
}

/** Whether the first line stands epochs behind the first epoch. */
function beginsLate(kept, names) {
  const name = names.find((name) => EPOCH.test(name));
  if (name === undefined) return false;
  const epochs = kept.slice(0, 2).map((row) => number(row.get(name) ?? "0"));
  const gap = epochs.at(-1) - epochs[0];
  return epochs[0] > 1 + 2 * (gap > 0 ? gap : 0);
}
