// The data that the program and this page both read: formats of logs, words of answers.
// These modules are snippets/readlog/ once more, function by function. The build makes readlog.js from its tables.

import { WORDS } from "./readlog.js";

export { FORMATS, ODDS } from "./readlog.js";

/** A pattern of the table; letters count as capitals, and words are ASCII. */
export const pattern = (text, flags = "i") => new RegExp(text, flags);

/** Three digits, as a person would write them. */
export function short(value) {
  const up = value * (1 + 1e-12); // a tie is rounded up
  if (!Number.isFinite(up)) return Number.isNaN(up) ? "nan" : up > 0 ? "inf" : "-inf";
  const [mantissa, power] = up.toExponential(2).split("e");
  return power < -4 || power >= 3 ? `${Number(mantissa)}e${Number(power)}` : String(Number(up.toPrecision(3)));
}

/** The sentences of a key, with their numbers: whole ones as they are, others with three digits. */
export function words(group, key, values = {}) {
  const put = (_, name) => {
    const value = values[name];
    if (typeof value === "string") return value;
    return Math.abs(value) < 1e15 && value === Math.trunc(value) ? String(value) : short(value);
  };
  return WORDS[group][key].map((sentence) => sentence.replace(/\{(\w+)\}/g, put));
}
