// A case, as Python writes it, and what the page's half of the reader makes of it, as JSON.

const unusual = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const known = (key, value) => (/^[0-9]+$/.test(key) ? (unusual[value] ?? value) : value); // in lists alone
export const plain = (_, value) =>
  typeof value === "number" && !Number.isFinite(value) ? (Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf") : value;

/** What was read and what was found in it; reader is the page's model. */
export function parts({ diagnose, read, Unreadable }, { text, log: given, column, weights, fields }) {
  try {
    const log = given ? JSON.parse(JSON.stringify(given), known) : read(text, column, weights);
    return { log, found: diagnose(log, fields) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { unreadable: error.message };
  }
}
