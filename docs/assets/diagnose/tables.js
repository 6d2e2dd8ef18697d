// Logs in columns: a row of names above rows of numbers, or numbers and nothing else.

import { pattern } from "./data.js";
import { choose, counters, EPOCH, even, MOST_NAMES, STEP, STRAY } from "./reading.js";
import { isValue, joined, linesOf, NUMBER, number, SPACE, strip, Unreadable, VALUES, valuesOf } from "./text.js";

const MARKS = ["\t", ";", "|", ",", null];
const BAR = pattern(String.raw`:? {0,3}[0-9]{1,3}%\|.*$`); // a bar behind the last cell
const PAIRED = pattern("^(?:train|training|valid|validation|val|test|eval)$");
const NO_NAME = pattern("^[-+]?[0-9]|^(?:nan|inf),?$|[:=]$|=|^[0-9/%]+$|^-+$");
const COUNT = /^[0-9]+$/;
const ONE = pattern(`^ *${NUMBER} *,?$`);
const RULE = /^[|+=:\- ]*$/;
const LETTER = /[A-Za-z\u00c0-\u1fff\u3040-\ud7ff]/;
const HASH = /^[ \t\n\r\f\v]*#[# ]*/; // numpy opens its heading with it
const WORD = /[^ \t\n\r\f\v]+/g;

/** The cells of a line, parted by a mark or by spaces. */
function cells(line, mark) {
  line = strip(line.replace(BAR, ""), mark === "\t" ? " " : SPACE);
  line = line.replace(/^\|/, "").replace(/\|$/, "");
  const row = mark ? line.split(mark) : (line.match(WORD) ?? []);
  return row.map((cell) => strip(cell, " \"'\r"));
}

/** Cells of a table with blank ones: each begins below its name, or a little later. */
function inPlace(head, line, names) {
  let at = 0;
  const starts = names.map((name) => {
    const places = name.split(" ").map((word) => (at = head.indexOf(word, at) + word.length) - word.length);
    return places[0];
  });
  const row = names.map(() => "");
  for (const one of line.matchAll(WORD)) {
    const place = starts.filter((start) => start <= one.index).length - 1;
    if (place < 0 || row[place]) return [];
    row[place] = one[0];
  }
  return row;
}

/** One row of a table: names with their numbers. */
function rowBelow(names, head, line, mark) {
  let row = cells(line, mark);
  if (!mark && row.length < names.length) row = inPlace(head, line, names);
  if (!mark && row.length === names.length + 1 && COUNT.test(row[0])) row = row.slice(1); // pandas counts its rows
  const kept = new Map();
  if (row.length !== names.length) return kept;
  names.forEach((name, i) => name && isValue(row[i]) && kept.set(name, row[i]));
  return kept.size && line.includes("%|") ? joined(kept, counters(line)) : kept;
}

/** The names at line ``top``, and how many lines they take: 0 if it is no heading. */
function heading(lines, top, mark) {
  const names = cells(lines[top].replace(HASH, ""), mark).map((name) => name.replace(/^[# ]+/, ""));
  if ((names.length < 2 && mark) || names.length > MOST_NAMES || names.some((name) => NO_NAME.test(name))) return [names, 0];
  const below = top + 1 < lines.length ? cells(lines[top + 1], mark) : [];
  const second = mark === "|" && below.length === names.length && !RULE.test(lines[top + 1]);
  if (second && !/[0-9]/.test(below.join(""))) return [names.map((name, i) => strip(`${name} ${below[i]}`, SPACE)), 2]; // MATLAB's
  if (!mark && below.length < names.length) {
    // "train loss" is one name
    const paired = names.map((name) => PAIRED.test(name));
    const width = paired.filter((one) => !one).length;
    if (lines.slice(top + 1, top + 4).some((line) => cells(line, mark).length === width)) {
      const joined = names.map((name, i) => (paired[i - 1] ? `${names[i - 1]} ${name}` : name));
      return [joined.filter((_, i) => !paired[i]), 1];
    }
  }
  return [names, 1];
}

/** A row of names, and numbers below it. */
export function table(text, column = null) {
  const lines = linesOf(text);
  const wide = new Set();
  for (let top = 0; top < Math.min(60, lines.length); top++) {
    for (const mark of MARKS) {
      if (mark && !lines[top].includes(mark)) continue;
      const [names, height] = heading(lines, top, mark);
      if (names.length > MOST_NAMES) {
        wide.add(top);
        if ([STRAY + 1, lines.length].includes(wide.size)) throw new Unreadable(`A line has ${names.length} columns. Paste the one with the loss, and the steps.`);
      }
      if (!height || !choose([...new Set(names)], column)) continue;
      const head = lines[top];
      let below = lines.slice(top + height);
      const near = below.slice(0, 4).filter((line) => !RULE.test(line)).slice(0, 3);
      if (near.some((line) => rowBelow(names, head, line, mark).size)) {
        const barred = near.some((line) => BAR.test(line));
        below = below.filter((line) => !barred || BAR.test(line));
        return below.map((line) => rowBelow(names, head, line, mark));
      }
    }
  }
  return [];
}

/** Numbers and nothing else. */
export const isBare = (line) => ONE.test(line) || (!strip(line.replace(VALUES, ""), " ,;|[]()\t\"'") && valuesOf(line).length > 0);

/** The names of columns that stand above bare numbers: none of them is a loss, or it would be a table. */
function namesAbove(lines, top, widths) {
  const above = lines.slice(0, Math.max(top, 0)).findLastIndex((line) => LETTER.test(line)); // no rule, no fence, no dots
  if (above < 0) return [];
  const head = lines[above];
  const mark = MARKS.find((one) => !one || head.includes(one));
  const [names, height] = heading(lines, above, mark);
  let named = mark || names.length === 1 || names.some((name) => STEP.test(name) || EPOCH.test(name));
  // pandas counts its rows.
  if (!mark && widths.has(names.length + 1) && (named || head[0] === " ")) named = names.unshift("#");
  return height && named && widths.size === 1 && widths.has(names.length) ? names : [];
}

/** Numbers without names: a list, or columns of which the first may count. */
export function bare(text) {
  const lines = linesOf(text);
  const kept = lines.filter(isBare);
  if (2 * kept.length < lines.length) return [];
  const rows = kept.map((line) => (ONE.test(line) ? [strip(line, " ,")] : valuesOf(line)));
  const widths = new Set(rows.map((row) => row.length));
  const named = namesAbove(lines, lines.indexOf(kept[0]), widths);
  if (named.length) return rows.map((row) => new Map(named.map((name, i) => [name, row[i]])));
  const [least, most] = [Math.min(...widths), Math.max(...widths)];
  const first = rows.map((row) => number(row[0]));
  const counts = widths.size > 0 && least > 1 && (even(first) ?? 0) >= 1 && first[0] % 1 === 0;
  const opened = kept.filter((line) => line.includes("[")).length;
  const printed = opened && !(counts && widths.size === 1 && opened === kept.length);
  if (printed || rows.slice(0, -1).every((row) => row.length === 1)) {
    return rows.flatMap((row) => row.map((value) => new Map([["loss", value]])));
  }
  if (widths.size > 1 || most > MOST_NAMES) return [];
  const names = rows[0].map((_, place) => String(1 + place));
  if (counts) names.splice(0, 2, "step", "loss");
  return rows.map((row) => new Map(names.map((name, i) => [name, row[i]])));
}
