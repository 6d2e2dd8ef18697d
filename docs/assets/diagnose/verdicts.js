// The verdict on a log, with the sentences that give its reasons and say what to do next.

import { words } from "./data.js";
import { explosion, SCALE, suggest } from "./explosion.js";
import { byHeight, enough } from "./rates.js";
import { growthPhase, kindOf } from "./shapes.js";

const CALM = 3; // losses before a nan that must be calm
const finite = Number.isFinite;

/** An answer of sentences alone. */
function conclude(found, finding, verdict, confidence, values = {}, then = finding) {
  Object.assign(found, { finding, verdict, confidence });
  found.why.push(...words("why", finding, values));
  found.next.push(...words("next", then, values));
}

/** The verdict, with its sentences. */
export function judge(found, x, masked, log, run) {
  const [end, first, last] = growthPhase(x.map((loss) => loss / SCALE));
  const broke = end < x.length;
  const norm = log.norm ?? [];
  const acted = (log.rate?.length ? log.rate : [1]).slice(0, Math.max(end, 1));
  const still = acted.filter((rate) => rate === 0).length; // lines whose rate is 0
  if (broke && still >= 0.9 * acted.length) {
    const [key, sure] = still === acted.length ? ["zero-rate", "medium"] : ["zero-rate-mostly", "low"];
    return conclude(found, key, "not-the-rate", sure, { lines: acted.length, still }, "zero-rate");
  }
  if (end === 0) return fromTheFirst(found, x, log, run);
  if (!broke && norm.length > 2 && norm.every(Number.isNaN)) return conclude(found, "norm", "not-the-rate", "low");
  const y = x.slice(0, end);
  const small = y.map((loss) => loss / SCALE);
  const window = log.line === "mean" || log.epochs || log.trainer || (log.first ?? 0) > 1;
  const [kind, f] = kindOf(small, broke, log.late, window);
  const leapt = broke && last === end - 1 && last > 0 && run.every === 1 && f.level > 100 * f.start;
  if (kind === "explodes" || leapt || (kind === "bending" && run.every > 1)) {
    Object.assign(f, { bending: kind === "bending", ended: broke });
    return explosion(found, small, [first, last], f, log, run);
  }
  if (kind === "bounces") return bounce(found, f, run);
  if (broke && Number.isNaN(x[end]) && !masked && x.slice(end).filter(finite).length > 1) {
    return conclude(found, "some-batches", "not-the-rate", "high");
  }
  return broke ? sudden(found, y, f, log, run) : cameTo(found, kind, f, log, run);
}

/** The first line is no number. */
function fromTheFirst(found, x, log, run) {
  const counted = log.first !== null;
  const mean = log.line === "mean" || log.epochs;
  if (x.filter(finite).length > 1) return conclude(found, "some-batches", "not-the-rate", "medium");
  const first = counted && log.first <= (run.every === 1 ? 1 : 0) && !mean;
  if (first || (log.val_at !== null && log.val_at <= 1)) return conclude(found, "nan-at-start", "nan-at-start", "high");
  if (!(counted || mean || run.every_from === "log" || log.trainer)) return conclude(found, "nan-at-start", "nan-at-start", "medium");
  const updates = counted ? log.first : run.every_from ? run.every : null;
  const key = updates ? "first-line" : "first-line-unknown";
  return conclude(found, key, "unclear", "low", { updates: updates || 0 }, "first-line");
}

/** Normal losses, then nan or inf. */
function sudden(found, y, f, log, run) {
  const [end, steps, told] = [y.length, log.step, run.every_from];
  const gap = steps && told === "log" ? Math.trunc(steps[end] - steps[end - 1]) : run.every;
  if (y.at(-1) > 100 * Math.max(f.usual * SCALE, Math.abs(y[0])) || (f.peak > 1e6 * f.start && f.since < 4)) {
    return conclude(found, "last-huge", "rate-too-high", "low");
  }
  const calm = end >= CALM && Math.max(f.level, y.at(-1) / SCALE) <= 3 * f.usual;
  if (gap === 1 && calm && !run.unspaced) {
    const sure = !told ? "low" : end > CALM ? "high" : "medium";
    conclude(found, told ? "sudden" : "sudden-bare", "not-the-rate", sure, {}, "sudden");
    if (run.format === "float16") found.next.unshift(...words("next", "half"));
    return;
  }
  const need = (updates) => enough(y.at(-1), updates, run.format);
  const key = !told ? "gap-unknown" : gap > 1 ? "gap" : "gap-one";
  conclude(found, key, "unclear", "low", { gap, format: run.format, growth: need(gap), ten: need(10), hundred: need(100) }, "gap");
}

/** Every loss is a number, and nothing explodes. */
function cameTo(found, kind, f, log, run) {
  const [guess, level] = [run.guess, f.level * SCALE];
  if (log.val?.some((value) => !finite(value))) return conclude(found, "validation", "unclear", "medium");
  if (guess && kind !== "few" && level >= 0.9 * guess) {
    return conclude(found, "guessing", f.peak > 1.5 * f.start ? "rate-too-high" : "unclear", "low", { guess, level });
  }
  if (log.ends && kind !== "few") {
    found.why.push(...words("why", "text-ends"));
    return conclude(found, kind, "unclear", "low", { level, times: f.first / Math.max(f.soon, 1e-300) }, "gap");
  }
  if (!["recovers", "healthy"].includes(kind)) {
    const then = kind === "barely" ? "flat" : kind;
    return conclude(found, kind, "unclear", "low", { level, times: f.first / Math.max(f.soon, 1e-300) }, then);
  }
  const sure = kind === "recovers" || !f.steady ? "low" : guess ? "high" : "medium";
  conclude(found, kind, kind, sure, { level }, guess ? "below-guess" : kind);
  if (guess) found.why.push(...words("why", "below-guess", { guess }));
}

/** It stays far above its start, without a factor. */
function bounce(found, f, run) {
  const sure = f.above > 4 && f.least > 1.5 * f.start ? "medium" : "low";
  conclude(found, "bounces", "rate-too-high", sure, { new: suggest(found, byHeight(f), "height", run) });
  if (run.adaptive) found.why.push(...words("why", "adaptive-jump", { optimiser: run.optimiser }));
}
