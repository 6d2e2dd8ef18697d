// The answer to losses that grew over several lines: what their growth means, how sure that is, and the rate to try.

import { ODDS, words } from "./data.js";
import { byHeight, growth, limit, sides, untilInf } from "./rates.js";
import { most } from "./shapes.js";
import { differences } from "./text.js";

export const SCALE = 2 ** 30; // losses are divided by it, so that no sum overflows

/** Set the rate to try, with its odds; the sentence that says it. */
export function suggest(found, by, key, run) {
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
export function explosion(found, x, phase, f, log, run) {
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
  const [by, key] = divisor(kind, Math.max(1, (al / room) * part), f, grown, run);
  if (!run.adaptive) {
    found.steps_to_overflow = untilInf(x[first] * SCALE, logR);
    if (run.base) [found.curvature, found.rate_limit] = [al / run.base, (run.base * room) / al];
  }
  found.why.push(...meaning(found, kind, side, fell, [al, room], f.bending, run));
  found.why.push(...doubts(found, kind, f, grown, run));
  if (kind === "wild" && grown === 2 && run.every === 1 && !run.adaptive) found.why.push(...three(x.slice(first, last + 1)));
  const said = sure ? "rate" : "growth";
  const group = side === 0 ? "sign" : run.adaptive ? { rate: "adaptive", growth: "adaptive-growth" }[said] : said;
  found.next.push(...words("next", group, { new: suggest(found, by, key, run) }));
}

/** What the rate is to be divided by, and what that was measured as; its growth says `by`. */
function divisor(kind, by, f, grown, run) {
  if (kind === "wild") by = Math.min(by, 300); // its first factors are a guess, and nobody is further off
  const sparse = run.every > 1 && (grown < 3 || kind !== "parabola");
  if (sparse && f.ended && !run.adaptive) return [10, null]; // it left between two lines, by nobody knows how much
  if (run.adaptive || sparse) return [byHeight(f), "height"];
  if (kind !== "parabola" && !f.ended && f.since > 1) return [Math.max(by, byHeight(f)), "height"];
  return [by, kind];
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
function* meaning(found, kind, side, fell, [al, room], bending, run) {
  const [first, last] = found.evidence.map(Math.trunc);
  yield* words("why", bending ? "bending" : kind, { first, last, growth: found.growth_per_step, unit: run.unit });
  if (side !== null) yield* words("why", side ? "alternates" : "leaves");
  else yield* words("why", fell ? "fell" : "either");
  if (run.adaptive) {
    yield* words("why", kind === "wild" || fell ? "adaptive-jump" : "adaptive-factor", { optimiser: run.optimiser });
    return;
  }
  if (kind !== "wild" || run.every === 1) yield* words("why", kind === "parabola" ? "product" : "rough", { al, room });
  const end = first + found.steps_to_overflow[run.format];
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
