// From the text and the fields of the box to all that it shows.

import { diagnose, growthPhase, read, short, Unreadable } from "./model.js";

const MOST = 1200; // points of a drawing

/** The highest and the lowest loss of each piece of the log, so that a drawing of a long log keeps every peak. */
function thinned(losses) {
  const stride = Math.ceil(losses.length / (MOST / 2));
  const points = [];
  for (let from = 0; from < losses.length; from += stride) {
    let [low, high] = [from, from];
    for (let i = from; i < Math.min(from + stride, losses.length); i++) {
      if (!(losses[low] <= losses[i])) low = i;
      if (!(losses[high] >= losses[i])) high = i;
    }
    for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) points.push([i, losses[i]]);
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

export function answer({ text, column, weights, every, settings }) {
  try {
    const log = chosen(text, column, weights);
    if (every) log.every = every;
    const found = diagnose(log, settings);
    const [end, first, last] = growthPhase(log.loss);
    const { said, name, names } = log;
    const span = { end, first, last, length: log.loss.length, from: log.loss[first], peak: log.loss[last], begin: log.loss[0] };
    const bad = log.loss.length > end ? (Number.isNaN(log.loss[end]) ? "nan" : "inf") : "";
    const rate = found.suggested_rate ? short(found.suggested_rate) : null;
    return { found, rate, said, name, names, every: log.every, span, bad, points: thinned(log.loss.slice(0, end)) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { unreadable: error.message };
  }
}
