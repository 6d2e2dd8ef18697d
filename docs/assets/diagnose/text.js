// Numbers and words as logs write them, and what is done with rows of both.

import { pattern } from "./data.js";

export const SPACE = " \t\n\r\f\v";
const DIGITS = String.raw`(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?`;
export const NUMBER = String.raw`[-+]?(?:${DIGITS}|nan|inf(?:inity)?|null|none)(?![a-z0-9_]|\.[0-9])`;
const VALUE = `(?<![a-z0-9_.])${NUMBER}`;
export const VALUES = pattern(VALUE, "gi");
const WHOLE = pattern(`^(?:${VALUE})$`);

/** A log without losses. The message says what to paste instead. */
export class Unreadable extends Error {}

/** The value of a number as people write it; inf and nan included. */
export function number(text) {
  const value = Number(text); // nan, null and none are NaN
  return Number.isNaN(value) && /^[-+]?inf/i.test(text) ? (text[0] === "-" ? -Infinity : Infinity) : value;
}

/** These marks taken off both ends, or off the right one. */
export function strip(text, marks, left = true) {
  let [from, to] = [0, text.length];
  while (left && from < to && marks.includes(text[from])) from++;
  while (to > from && marks.includes(text[to - 1])) to--;
  return text.slice(from, to);
}

/** The lines that are not blank. */
export const linesOf = (text) => text.split("\n").filter((line) => /[^ \t\n\r\f\v]/.test(line));
export const valuesOf = (text) => text.match(VALUES) ?? [];
export const isValue = (text) => WHOLE.test(text);
export const differences = (values) => values.slice(1).map((value, i) => value - values[i]);
/** The entries of one map and then those of another, which win. */
export function joined(one, other) {
  const both = new Map(one);
  other.forEach((value, name) => both.set(name, value));
  return both;
}

/** Answers that are kept, because a log asks the same thing in each of its lines. */
export function remembered(ask) {
  const known = new Map();
  return (text) => {
    let answer = known.get(text);
    if (answer === undefined) {
      if (known.size > 4096) known.clear();
      known.set(text, (answer = ask(text)));
    }
    return answer;
  };
}
