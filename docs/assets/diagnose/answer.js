// From the text and the fields of the box to all that it shows.

import { diagnose, growthPhase, read, short, Unreadable } from "./model.js";

const MOST = 1200; // points of a drawing

/** The highest and the lowest loss of each piece of the log, so that a drawing of a long log keeps every peak. */
function thinned(losses, at) {
  const stride = Math.ceil(losses.length / (MOST / 2));
  const points = [];
  for (let from = 0; from < losses.length; from += stride) {
    let [low, high] = [from, from];
    for (let i = from; i < Math.min(from + stride, losses.length); i++) {
      if (!(losses[low] <= losses[i])) low = i;
      if (!(losses[high] >= losses[i])) high = i;
    }
    for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) points.push([at(i), losses[i]]);
  }
  return points;
}

/** The log as chosen; by the program's own choice where what was chosen is no longer there. */
function chosen(text, column, weights) {
  if (!column && !weights) return read(text);
  try {
    return read(text, column, weights);
  } catch {
    return read(text);
  }
}

/** A line with the growth that was read: through the peak if it was steady, else through the first steps. */
function fitted({ growth_per_step: r, why }, { loss, every }, first, last, at) {
  if (!r || last <= first) return [];
  const wild = why[0].includes("no constant factor");
  const [through, to] = wild ? [first, Math.min(last, first + 4)] : [last, last];
  return [first, to].map((n) => [at(n), loss[through] * r ** ((n - through) * every)]);
}

export function answer({ text, column, weights, every, settings }) {
  try {
    const log = chosen(text, column, weights);
    if (every) log.every = every;
    const found = diagnose(log, settings);
    const { loss, said, name, names } = log;
    const [end, first, last] = growthPhase(loss);
    const at = (n) => log.step?.[n] ?? n * log.every;
    const stop = Math.min(end, loss.length - 1); // the first step that is no number, or the last of all
    const span = { from: at(0), first: at(first), last: at(last), end: at(stop), steps: stop, count: loss.length, begin: loss[0], loss: loss[first], peak: loss[last] };
    const bad = loss.length > end ? (Number.isNaN(loss[end]) ? "nan" : "inf") : "";
    const rate = found.suggested_rate ? short(found.suggested_rate) : null;
    return { found, rate, said, name, names, span, bad, points: thinned(loss.slice(0, end), at), fit: fitted(found, log, first, last, at) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { unreadable: error.message, names: error.names };
  }
}
