// From the text of a log to rows of names and values: console lines and JSON, but not tables.

import { FORMATS, pattern } from "./data.js";
import { differences, isValue, joined, linesOf, NUMBER, remembered, strip, Unreadable, valuesOf } from "./text.js";

const TOKENS = pattern(String.raw`(${NUMBER})|[-+]?[0-9][a-z0-9_.]*|[a-z_](?:[a-z0-9_@./']|-(?=[a-z_]))*`, "gi");
const ARRAY = pattern(String.raw`([a-z_][a-z0-9_/.-]{0,80})["']*[ \t\n]*[:=][ \t\n]*[a-z.]*\(?\[([^\[\]{}]*)\]`, "gi");
const LIST = /[:=][ \t\n]*[a-z.]*\(?\[/i;
const OBJECT = /\{([^{}]{0,20000})\}/g;
const PARTS = /[,;|()\[\]{}<>*#\t]|  | - /;
const SCOPE = pattern("^(?:(train(?:ing)?)|val|valid|validation|test|eval|evaluation)(?: set| phase)?$");
export const MOST_NAMES = 1000;
export const STRAY = 2; // lines with more names than that which may stand in a good log
const LAST = 80; // characters before a number in which its name stands
const MARKS = " :=[(\"'\t";

const oneOf = (words) => new RegExp(words.map((word) => word.replace(/[.()[\]|]/g, "\\$&")).join("|"));
const tidying = FORMATS.tidy.map((row) => [pattern(row.pattern, "gi"), row.with, oneOf(row.has)]);
const wholeLines = FORMATS.lines.map((row) => [pattern(row.pattern), row.names]);
const counting = FORMATS.counters.map((row) => [pattern(row.pattern), row]);
const ranks = FORMATS.columns.loss.map((row) => pattern(row.pattern));
const columns = (key) => pattern(FORMATS.columns[key]);
const NEVER = columns("never");
export const OTHER = columns("other");
export const RATE = columns("rate");
export const STEP = columns("step");
export const EPOCH = columns("epoch");
export const NORM = columns("norm");

/** One kind of line end, what was overwritten gone, bare numbers. */
export function tidy(text) {
  text = text.replace(/\r\n|[\u2028\u2029\u0085]/g, "\n");
  if (!text.includes("\n")) text = text.replaceAll("\r", "\n");
  if (/[\r\b]/.test(text)) {
    const rows = text.split("\n").map((row) => strip(row, "\r\b"));
    text = rows.map((row) => row.slice(Math.max(row.lastIndexOf("\r"), row.lastIndexOf("\b")) + 1)).join("\n");
  }
  const low = text.toLowerCase();
  for (const [search, put, has] of tidying) {
    if (has.test(low)) text = text.replace(search, put);
  }
  return text.replace(OBJECT, (one) => one.replaceAll("\n", " ") + "\n");
}

/** The gap between steps, if it is always the same. */
export function even(steps) {
  const gaps = new Set(differences(steps));
  const [gap] = gaps;
  return gaps.size === 1 && Number.isFinite(gap) ? gap : null;
}

/** 5,2 is 5.2, unless the comma parts two numbers. */
export function withPoints(text) {
  if (/[0-9]\.[0-9]/.test(text)) return text;
  const rows = text.split("\n").map((row) => [...row.matchAll(/(?<![0-9])([0-9]+),(?=[0-9])/g)]);
  const first = rows.filter((row) => row.length).map((row) => Number(row[0][1]));
  const counted = first.length > 1 && even(first) === 1;
  const many = /[a-z"'],/.test(text.toLowerCase()) || rows.some((row) => row.length > 1);
  if (counted || (many && !/[;\t]/.test(text))) return text;
  return text.replace(/([0-9]),([0-9])/g, "$1.$2");
}

/** Whether a column may be a loss, of training or of validation. */
export const isLoss = remembered((name) => ranks.some((rank) => rank.test(name)) && !NEVER.test(name));

/** The name of the training loss among names, in the ranks of the table. */
export function choose(names, column = null) {
  if (column) return names.find((name) => name.toLowerCase() === column.toLowerCase()) ?? null;
  const fit = names.filter((name) => name[0] !== "#" && isLoss(name));
  const train = fit.filter((name) => !OTHER.test(name));
  for (const some of [train, fit]) {
    for (const rank of ranks) {
      const found = some.find((name) => rank.test(name));
      if (found !== undefined) return found;
    }
  }
  return null;
}

/**
 * The name at the end of what stands before a number, or nothing; and its scope.
 *
 * The scope says whether training ("") or validation ("val ") begins there, or nothing (null).
 */
const before = remembered((gap) => {
  const rest = strip(gap, MARKS, false);
  let scope = null;
  const inside = rest.endsWith("]") ? /\[([^\[\]]+)$/.exec(rest.slice(0, -1)) : null;
  const parts = rest.split(PARTS);
  const phrase = parts.pop();
  for (const part of parts) {
    const one = SCOPE.exec(strip(part, " :\"'"));
    if (one) scope = one[1] ? "" : `${one[0]} `;
  }
  const heads = (inside ? inside[1] : phrase).split(":").map((part) => strip(part, " \"'"));
  let name = heads.pop().replace(/^(?:the|and|with) | (?:is|was|of|at|equals)$/g, "");
  if (OTHER.test(heads.join(" ")) && !OTHER.test(name)) name = `${heads.at(-1)} ${name}`;
  return [/[a-z]/i.test(name) ? name : "", scope];
});

/** Counters of batches and samples: {"#batch": 650, "#batches": 5863}. */
export function counters(line, rows = counting) {
  for (const [search, row] of rows) {
    const found = search.exec(line);
    if (!found) continue;
    const values = found.slice(-row.names.length);
    const counted = new Map();
    row.names.forEach((name, i) => name && counted.set(`#${name}`, values[i]));
    return row.mean ? counted.set("#mean", "1") : counted;
  }
  return new Map();
}

/** Rows of one line: names with their values. A loss that returns opens a row, as does the first name. */
export function pairsIn(line, whole) {
  for (const [search, names] of whole) {
    const found = search.exec(line);
    if (found) return [new Map(names.map((name, i) => [name, found[i + 1]]).filter(([name, value]) => name && isValue(value)))];
  }
  const rows = [];
  let [row, end, scope] = [new Map(), 0, ""];
  TOKENS.lastIndex = 0;
  for (let token = TOKENS.exec(line); token; token = TOKENS.exec(line)) {
    const [all, value] = token;
    const start = token.index;
    if (value) {
      let [name, scoped] = before(line.slice(Math.max(end, start - LAST), start));
      scope = scoped ?? scope;
      if (scope && name && !OTHER.test(name)) name = scope + name;
      if (row.has(name) && (isLoss(name) || name === row.keys().next().value)) {
        rows.push(row);
        row = new Map();
      }
      if (name && !row.has(name)) row.set(name, value);
    }
    if (value || "-+0123456789".includes(all[0])) end = start + all.length;
  }
  return [...rows, row];
}

/** Whether a value holds for the lines below: a step, a rate, an epoch. */
const lasts = remembered((name) => [RATE, STEP, EPOCH].some((search) => search.test(name)));

/** The rows of a table that fit one of the first lines or of the last. */
function inUse(lines, table) {
  const some = [...lines.slice(0, 150), ...lines.slice(150).slice(-150)];
  return table.filter(([search]) => some.some((line) => search.test(line)));
}

/** Console lines: what is known of step and rate holds for the lines below. */
export function records(text) {
  const [known, rows] = [new Map(), []];
  let wide = 0;
  const lines = linesOf(text);
  const [counts, whole] = [inUse(lines, counting), inUse(lines, wholeLines)];
  for (const line of lines) {
    const counted = counters(line, counts);
    for (const pairs of pairsIn(line, whole)) {
      if (pairs.size > MOST_NAMES) {
        wide++;
        if ([STRAY + 1, lines.length].includes(wide)) throw new Unreadable(`A line has ${pairs.size} names. Paste the one of the loss, and the steps.`);
        continue;
      }
      const row = counted.size ? joined(counted, pairs) : pairs;
      row.forEach((value, name) => (name[0] === "#" || lasts(name)) && known.set(name, value));
      if (row.size) rows.push(joined(known, row));
    }
  }
  return rows;
}

/** Keras: {"loss": [2.3, 2.1], "val_loss": …} */
export function arrays(text) {
  const columns = new Map();
  if (!LIST.test(text)) return []; // far faster to see
  for (const [, name, row] of text.matchAll(ARRAY)) columns.set(name, valuesOf(row));
  let longest = 0;
  for (const column of columns.values()) longest = Math.max(longest, column.length);
  if (longest < 2) return [];
  return Array.from({ length: longest }, (_, n) => {
    const row = new Map();
    for (const [name, column] of columns) if (n < column.length) row.set(name, column[n]);
    return row;
  });
}
