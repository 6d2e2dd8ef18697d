// How the program snippets/diagnose.py reads a log: the same rows, the same names, the same complaints.

export class Unreadable extends Error {}

const DIGITS = String.raw`(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?`;
const WORDS = String.raw`nan(?:\((?:ind|snan)\))?|inf(?:inity)?|∞|null|none`;
const VALUE = String.raw`(?<![a-z0-9_.])[-+−]?(?:${DIGITS}|${WORDS})(?![a-z0-9_]|\.[0-9])`;
const NAME = String.raw`((?<![a-z0-9_/.-])(?:(?:train|val|test|eval)[a-z]* )?[a-z_][a-z0-9_/.-]*)["'\]]*`;
const VALUES = new RegExp(VALUE, "gi");
const WHOLE = new RegExp(`^(?:${VALUE})$`, "i");
// As the program's pattern, but no mark fits in two places: a thousand quotes are then no slower than one.
const PAIR = new RegExp(String.raw`${NAME}(?:[ \t\n\r\f\v:=\[][ \t\n\r\f\v:=\["']*)?(${VALUE})`, "gi");
const ARRAY = new RegExp(String.raw`${NAME}[ \t\n\r\f\v]*[:=][ \t\n\r\f\v]*[a-z.]*\(?\[([^\[\]{}]*)\]`, "gi");

const PASTE = "Paste one loss per line, or a table with a column named loss.";

const valuesOf = (text) => text.match(VALUES) ?? [];
const isValue = (text) => WHOLE.test(text);
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** These marks taken off both ends. */
const strip = (text, marks) => {
  let [from, to] = [0, text.length];
  while (from < to && marks.includes(text[from])) from++;
  while (to > from && marks.includes(text[to - 1])) to--;
  return text.slice(from, to);
};

function number(text) {
  const low = text.toLowerCase().replaceAll("−", "-").replaceAll("∞", "inf");
  if (/nan|null|none/.test(low)) return NaN;
  return low.includes("inf") ? (low.startsWith("-") ? -Infinity : Infinity) : Number(low);
}

/** One kind of line end, no colours, nothing overwritten, bare numbers. */
function tidy(text) {
  text = text.replace(/\x1b\[[0-9;]*[A-Za-z]|\ufeff/g, "").replaceAll("\r\n", "\n");
  if (!text.includes("\n")) text = text.replaceAll("\r", "\n");
  if (/[\r\b]/.test(text)) {
    const rows = text.split("\n").map((row) => strip(row, "\r\b"));
    text = rows.map((row) => row.slice(Math.max(row.lastIndexOf("\r"), row.lastIndexOf("\b")) + 1)).join("\n");
  }
  return text.replace(/(?<![a-z0-9_.])[a-z.]*(?:tensor|float[0-9]{1,2})\(([^(),]{1,40})[^()]{0,80}\)/g, "$1");
}

/** The gap between steps, if it is always the same. */
function even(steps) {
  const gaps = new Set(steps.slice(1).map((step, i) => step - steps[i]));
  const [gap] = gaps;
  return gaps.size === 1 && Number.isFinite(gap) ? gap : null;
}

/** 5,2 is 5.2, unless the comma parts two numbers. */
function withPoints(text) {
  if (/[0-9]\.[0-9]/.test(text)) return text;
  const rows = text.split("\n").map((row) => [...row.matchAll(/(?<![0-9])([0-9]+),(?=[0-9])/g)]);
  const first = rows.filter((row) => row.length).map((row) => Number(row[0][1]));
  const counted = first.length > 1 && even(first) === 1;
  const many = /[a-z"'],/.test(text.toLowerCase()) || rows.some((row) => row.length > 1);
  if (counted || (many && !/[;\t]/.test(text))) return text;
  return text.replace(/([0-9]),([0-9])/g, "$1.$2");
}

/** The name of the training loss. */
export function choose(names, column = null) {
  if (column) return names.find((name) => name.toLowerCase() === column.toLowerCase()) ?? null;
  for (const kind of [/loss/, /cost|nll|mse|error/, /value/]) {
    const found = names.filter((name) => kind.test(name.toLowerCase()));
    const train = found.filter((name) => !/val(?!ue)|test|eval/.test(name.toLowerCase()));
    const exact = train.filter((name) => name.toLowerCase() === "loss" || name.toLowerCase().includes("step"));
    if (found.length) return exact[0] ?? train[0] ?? found[0];
  }
  return null;
}

/** Keras: {"loss": [2.3, 2.1], "val_loss": …} */
function arrays(text) {
  const columns = new Map();
  for (const [, name, row] of text.matchAll(ARRAY)) columns.set(name, valuesOf(row));
  let longest = 0;
  for (const column of columns.values()) longest = Math.max(longest, column.length);
  return Array.from({ length: longest }, (_, n) => {
    const row = new Map();
    for (const [name, column] of columns) if (n < column.length) row.set(name, column[n]);
    return row;
  });
}

/** step 3, loss=5.2; or a JSON object a line */
function pairs(text) {
  return text.split(/[\n}]/).map((row) => {
    const found = new Map();
    for (const [, name, value] of row.matchAll(PAIR)) found.set(name, value);
    return found;
  });
}

const SPACE = " \t\n\r\f\v";
const words = (line) => line.match(/[^ \t\n\r\f\v]+/g) ?? [];
const cells = (line, mark) => {
  const inside = strip(line, "| ");
  return (mark ? inside.split(mark) : words(inside)).map((cell) => strip(cell, " \"'"));
};

function rowsBelow(names, lines, mark) {
  const rows = lines.map((line) => cells(line, mark)).filter((row) => row.length === names.length);
  return rows.map((row) => new Map(names.map((name, i) => [name, row[i]]).filter(([, cell]) => isValue(cell))));
}

/** A row of names, and numbers below it. */
function table(text, column) {
  const lines = text.split("\n").filter((line) => strip(line, SPACE));
  for (let top = 0; top < Math.min(50, lines.length); top++) {
    for (const mark of ["\t", ";", "|", ",", null]) {
      const names = cells(lines[top], mark);
      if (names.some(isValue) || !choose([...new Set(names)], column)) continue;
      const near = rowsBelow(names, lines.slice(top + 1, top + 4), mark);
      if (near.some((row) => row.size)) return rowsBelow(names, lines.slice(top + 1), mark);
    }
  }
  return [];
}

const isBare = (line) => !strip(line.replace(VALUES, ""), " ,;|[]()\t\"'") && valuesOf(line).length > 0;

/** Numbers and nothing else. */
function bare(text) {
  const rows = text.split("\n").filter(isBare).map(valuesOf);
  const widths = new Set(rows.map((row) => row.length));
  if (text.includes("[") || new Set([1, ...rows.slice(0, -1).map((row) => row.length)]).size === 1) {
    return rows.flat().map((value) => new Map([["loss", value]]));
  }
  if (widths.size > 1) return [];
  const [width] = widths;
  const counts = width === 2 && even(rows.map((row) => number(row[0])));
  const names = counts ? ["step", "loss"] : rows[0].map((_, i) => String(i + 1));
  return rows.map((row) => new Map(names.map((name, i) => [name, row[i]])));
}

export function read(text, column = null, weights = null) {
  const broken = text.split("\ufffd").length - 1;
  if (text.includes("\0") || (broken && broken > [...text].length / 50)) throw new Unreadable(`This is a binary file, not a log. ${PASTE}`);
  text = withPoints(tidy(text));
  const seen = new Set();
  for (const look of [arrays, table, pairs, bare]) {
    const rows = look(text, column).filter((row) => row.size);
    const names = new Set();
    for (const row of rows) for (const name of row.keys()) names.add(name);
    const loss = choose([...names], column);
    if (loss) {
      if (weights && !choose([...names], weights)) throw new Unreadable(complaint(text, [...names], weights));
      return logOf(rows, [...names], loss, weights, text);
    }
    for (const name of names) seen.add(name);
  }
  throw Object.assign(new Unreadable(complaint(text, [...seen], column)), { names: [...seen] });
}

function logOf(rows, names, loss, weights, text) {
  const kept = rows.filter((row) => row.has(loss));
  const pick = (fits) => {
    const name = names.find((one) => fits(one.toLowerCase()));
    return name !== undefined && kept.every((row) => row.has(name)) ? kept.map((row) => number(row.get(name))) : null;
  };
  const step = rising(pick((name) => /^(?:global_?)?(?:step|iter|iteration|update)s?$/.test(name)));
  return {
    loss: kept.map((row) => number(row.get(loss))),
    step,
    rate: pick((name) => /^(?:lr|lr-.*|learning[_ ]?rate)$/.test(name)),
    weight: weights ? pick((name) => name === weights.toLowerCase()) : null,
    epochs: !step && text.toLowerCase().includes("epoch"),
    every: spacing(step, text),
    said: said(kept, rows, loss),
    name: loss,
    names,
  };
}

const gapsOf = (steps) => steps.slice(1).map((step, i) => step - steps[i]);
const rising = (steps) => (steps?.length > 1 && gapsOf(steps).every((gap, i) => gap > 0 && gap < 1e9 && steps[i + 1] < 1e15) ? steps : null);

/** Updates from one loss to the next. */
function spacing(steps, text) {
  const batches = [...text.matchAll(/(?<![0-9])([0-9]{1,9})\/\1 [\[━]/g)];
  const gaps = gapsOf(steps ?? [0, batches.length ? Number(batches.at(-1)[1]) : 1]);
  return Math.trunc(Math.max(1, gaps.length ? median(gaps) : 1));
}

function said(kept, rows, loss) {
  if (kept.length === 1 && Number.isFinite(number(kept[0].get(loss)))) throw new Unreadable(`One loss was read, ${kept[0].get(loss)}. ${PASTE}`);
  const rest = rows.length - kept.length;
  const count = kept.length === 1 ? "1 loss was" : `${kept.length} losses were`;
  return `${count} read, named ${loss}.${rest ? " " + rest + " rows had none." : ""}`;
}

function complaint(text, seen, column) {
  if (!strip(text, SPACE)) return `Nothing was read: the log is empty. ${PASTE}`;
  const names = seen.slice(0, 20).join(", ") || "no name at all";
  if (column) return `Nothing is named ${column}. There is ${names}.`;
  if (seen.length) return `No name is like loss: ${names}. Say which column it is.`;
  return `No losses were found in ${text.split("\n").length} lines. ${PASTE}`;
}
