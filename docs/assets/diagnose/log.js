// From rows to a log: the losses, and what the text says of the run that made them.

import { FORMATS, pattern } from "./data.js";
import { arrays, choose, EPOCH, isLoss, MOST_NAMES, NORM, OTHER, RATE, records, STEP, tidy, withPoints } from "./reading.js";
import { spacing } from "./spacing.js";
import { bare, isBare, table } from "./tables.js";
import { linesOf, number, SPACE, strip, Unreadable } from "./text.js";

const PASTE = "Paste one loss per line, or a table with a column named loss.";
const BROKEN = pattern("^[-+]?(?:nan|inf)");
const PART = pattern('^(?=[^ "=]*$).*(?:[_/]|loss)'); // a column's name, not a word of a sentence
const MOST = 20; // names in a sentence
const spoken = FORMATS.says.map((row) => [pattern(row.pattern), row]);

/**
 * The log in a text: loss, step, rate, weight, norm, val, every, line, first, …
 *
 * column and weights name the column of the loss and that of one weight. Throws Unreadable.
 */
export function read(text, column = null, weights = null) {
  const broken = text.split("\ufffd").length - 1;
  if (text.includes("\0") || (broken && broken > [...text].length / 50)) throw new Unreadable(`This is a binary file, not a log. ${PASTE}`);
  text = withPoints(tidy(text));
  const seen = new Set();
  const begun = text.slice(0, 20000);
  const lines = linesOf(begun.includes("\n") ? begun.slice(0, begun.lastIndexOf("\n")) : text).slice(0, 50);
  const looks = lines.length && lines.every(isBare) ? [bare] : [arrays, table, records, bare];
  for (const look of looks) {
    const rows = look(text, column);
    const names = byCount(rows);
    if (names.length > MOST_NAMES) throw new Unreadable(`${names.length} names were read. Paste the lines of one run.`);
    const loss = choose(names, column);
    if (loss) {
      if (weights && !choose(names, weights)) throw new Unreadable(complaint(text, names, weights));
      const one = rows[0].get(loss);
      if (look === bare && rows.length === 1 && Number.isFinite(number(one))) throw new Unreadable(`One loss was read, ${one}. ${PASTE}`);
      return logOf(rows, names, loss, weights, text);
    }
    for (const name of names) seen.add(name);
  }
  throw Object.assign(new Unreadable(complaint(text, [...seen], column)), { names: [...seen] });
}

/** The names of rows, those that stand in most of them first, else as they come. */
function byCount(rows) {
  const count = new Map();
  for (const row of rows) {
    for (const name of row.keys()) if (name[0] !== "#") count.set(name, (count.get(name) ?? 0) + 1);
  }
  return [...count.keys()].sort((a, b) => count.get(b) - count.get(a));
}

/** What the rows say, one value for each loss. */
function logOf(rows, names, loss, weights, text) {
  const kept = withoutDoubles(rows.filter((row) => row.has(loss)), loss);
  const column = (name) => kept.map((row) => (row.has(name) ? number(row.get(name)) : NaN));
  const pick = (search) => {
    const full = names.find((name) => search.test(name) && kept.every((row) => row.has(name)));
    return full === undefined ? null : column(full);
  };
  const other = names.filter((name) => OTHER.test(name) && isLoss(name));
  const rest = names.filter((name) => name !== loss && !other.includes(name) && !NORM.test(name) && PART.test(name));
  const log = {
    loss: column(loss),
    name: loss,
    names,
    others: names.filter((name) => name !== loss && isLoss(name)),
    rate: pick(RATE),
    weight: weights ? column(choose(names, weights)) : null,
    norm: nearest(rows, kept, names.filter((name) => NORM.test(name))),
    val: nearest(rows, kept, other.filter((name) => name !== loss)),
    broken: rest.filter((name) => kept.some((row) => BROKEN.test(row.get(name) ?? ""))),
    ...saidOf(text),
  };
  const { counts, ...spaced } = spacing(kept, names, loss, log);
  Object.assign(log, spaced);
  log.val_at = firstBad(rows, other, counts);
  const counted = log.every_from || log.samples || log.first !== null;
  log.epochs = !counted && names.some((name) => EPOCH.test(name));
  log.trainer = names.includes("learning_rate") && names.includes("epoch");
  const count = kept.length === 1 ? "1 loss was" : `${kept.length} losses were`;
  log.said = `${count} read, named ${loss}.`;
  return log;
}

/** A line that says the same of the same step again is left out. */
function withoutDoubles(kept, loss) {
  const named = (search) => (kept.length ? [...kept[0].keys()].filter((name) => search.test(name)) : []);
  let counts = named(STEP);
  if (!counts.length) {
    // a bar counts anew in each epoch
    const epochs = named(EPOCH);
    if (!epochs.length || !kept[0].has("#batch")) return kept;
    counts = [...epochs, "#batch"];
  }
  const same = (a, b) => [loss, ...counts].every((name) => a.get(name) === b.get(name));
  return kept.filter((row, n) => !n || !same(kept[n - 1], row));
}

/** For each loss the last of the named values beside it, or below it, that is no number, else 0; or null. */
function nearest(rows, kept, names) {
  if (!names.length) return null;
  const worst = kept.map(() => 0);
  let at = -1;
  for (const row of rows) {
    if (row === kept[at + 1]) at++;
    for (const name of names) {
      if (!row.has(name)) continue;
      const value = number(row.get(name));
      if (!Number.isFinite(value)) worst[Math.max(at, 0)] = value;
    }
  }
  return worst;
}

/** The step of the first validation loss that is no number, if a step stands beside it. */
function firstBad(rows, other, counts) {
  const row = rows.find((row) => other.some((name) => row.has(name) && Number.isNaN(number(row.get(name)))));
  return row?.has(counts) ? number(row.get(counts)) : null;
}

/** What words of the text say: optimiser, precision, rate, how it ended. */
function saidOf(text) {
  const found = { optimiser: null, precision: null, alpha: null, ends: null, batches: null, classes: null, overflow: false };
  for (const [search, row] of spoken) {
    const one = search.exec(text);
    if (!one) continue;
    if (row.rate) found.alpha = number(one[1]);
    for (const key of ["batches", "classes"]) if (row[key]) found[key] = Number(one[1]);
    for (const key of ["optimiser", "precision", "ends"]) found[key] ||= row[key] ?? null;
    found.overflow ||= Boolean(row.overflow);
  }
  return found;
}

/** Why nothing was read, and what to paste. */
function complaint(text, seen, column) {
  if (!strip(text, SPACE)) return `Nothing was read: the log is empty. ${PASTE}`;
  let names = seen.slice(0, MOST).join(", ") || "no name at all";
  if (seen.length > MOST) names += ` and ${seen.length - MOST} more`;
  if (column) return `Nothing is named ${column}. There is ${names}.`;
  if (seen.length) return `No name is like loss: ${names}. Say which column it is.`;
  return `No losses were found in ${text.split("\n").length} lines. ${PASTE}`;
}
