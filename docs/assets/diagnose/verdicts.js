// The verdict on a log, with the sentences that give its reasons and say what to do next.

import { ODDS, words } from "./data.js";
import { byHeight, enough, growth, limit, sides, untilInf } from "./rates.js";
import { differences } from "./reading.js";
import { growthPhase, kindOf, most } from "./shapes.js";

const SCALE = 2 ** 30; // losses are divided by it, so that no sum overflows
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

/** Set the rate to try, with its odds; the sentence that says it. */
function suggest(found, by, key, run) {
  if (key === null) return words("new", "again")[0];
  if (!run.base) return words("new", "divide", { by })[0];
  key = `${run.adaptive ? "adaptive" : "descent"} ${key}`;
  [found.suggested_rate, found.basis] = [run.base / by, key];
  if (key in ODDS) {
    const [count, trained] = ODDS[key];
    found.odds = words("odds", "measured", { count, trained })[0];
  }
  return words("new", "set", { rate: found.suggested_rate })[0];
}

/** It grew over several lines, from phase[0] to phase[1]. */
function explosion(found, x, phase, f, log, run) {
  const [first, last] = phase[0] < phase[1] ? phase : climb(x);
  const [kind, whole] = growth(x, first, last);
  const logR = Math.max(whole / run.every, 1e-12);
  const grown = last - first;
  const side = sides(log.weight, run.every, first, last, kind);
  const fell = x[first] < 0.8 * most(x.slice(0, first + 1)) || x.at(-1) < 0.8 * x[last];
  const sure = side === 1 || (side === null && fell);
  found.verdict = side === 0 ? "not-the-rate" : sure ? "rate-too-high" : "growth";
  found.finding = side === 0 ? "sign" : "explodes";
  found.growth_per_step = Math.exp(Math.min(logR, 600));
  const step = (n) => (log.step?.length ? log.step[n] : n * run.every);
  found.evidence = [step(first), step(last)];
  const [al, room, part] = limit(kind, logR, run.momentum, run.batch_size, side);
  let [by, key] = [Math.max(1, (al / room) * part), kind];
  if (kind === "wild") by = Math.min(by, 300); // its first factors are a guess, and nobody is further off
  const sparse = run.every > 1 && (grown < 3 || kind !== "parabola");
  if (sparse && f.ended && !run.adaptive) [by, key] = [10, null]; // it left between two lines, by nobody knows how much
  else if (run.adaptive || sparse) [by, key] = [byHeight(f), "height"];
  else if (kind !== "parabola" && !f.ended && f.since > 1) [by, key] = [Math.max(by, byHeight(f)), "height"];
  if (!run.adaptive) {
    found.steps_to_overflow = untilInf(x[first] * SCALE, logR);
    if (run.base) [found.curvature, found.rate_limit] = [al / run.base, (run.base * room) / al];
  }
  const values = { first: Math.trunc(step(first)), last: Math.trunc(step(last)), growth: found.growth_per_step, unit: run.unit };
  found.why.push(...words("why", f.bending ? "bending" : kind, values));
  found.why.push(...reasons(found, kind, side, fell, [al, room], run));
  found.why.push(...doubts(found, kind, f, grown, run));
  if (kind === "wild" && grown === 2 && run.every === 1 && !run.adaptive) found.why.push(...three(x.slice(first, last + 1)));
  const said = sure ? "rate" : "growth";
  const group = side === 0 ? "sign" : run.adaptive ? { rate: "adaptive", growth: "adaptive-growth" }[said] : said;
  found.next.push(...words("next", group, { new: suggest(found, by, key, run) }));
}

/** The floor and the factor of the parabola on which three losses lie, whatever they are, if they bend upwards. */
function three(x) {
  const [one, two] = differences(x);
  const growth = two / one;
  return growth > 1.01 && growth < 1e4 ? words("why", "three", { floor: (x[0] - one / (growth - 1)) * SCALE, growth }) : [];
}

/** The climb up to the steepest rise, of losses whose highest is the first: [first, last]. */
function climb(x) {
  const rises = differences(x);
  const last = 1 + rises.indexOf(most(rises));
  let first = last - 1;
  while (first && x[first - 1] < x[first]) first--;
  return [first, last];
}

/** What the growth means. */
function* reasons(found, kind, side, fell, [al, room], run) {
  if (side !== null) yield* words("why", side ? "alternates" : "leaves");
  else yield* words("why", fell ? "fell" : "either");
  if (run.adaptive) {
    yield* words("why", kind === "wild" || fell ? "adaptive-jump" : "adaptive-factor", { optimiser: run.optimiser });
    return;
  }
  if (kind !== "wild" || run.every === 1) yield* words("why", kind === "parabola" ? "product" : "rough", { al, room });
  const end = Math.trunc(found.evidence[0]) + found.steps_to_overflow[run.format];
  if (kind !== "wild") yield* words("why", "ends", { format: run.format, end });
}

/** What lowers the confidence; sets it. */
function doubts(found, kind, f, grown, run) {
  const low = [];
  if (grown < 3) low.push(...words("why", "few-grown"));
  if (run.every > 1) low.push(...words("why", "sparse", { every: run.every }));
  if (run.unspaced && !run.adaptive) low.push(...words("why", "unspaced"));
  if (run.moves) low.push(...words("why", "schedule", { base: run.base }));
  const level = low.length + (kind !== "parabola") + run.adaptive + f.bending;
  found.confidence = ["high", "medium", "low"][Math.min(level, 2)];
  if (run.batch_size && !run.adaptive) low.push(...words("why", "batch"));
  return low;
}
