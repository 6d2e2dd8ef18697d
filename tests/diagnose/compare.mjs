// Reads cases, a JSON object a line, and answers each with what the page's half of the reader makes of it: its model,
// or the file that a page loads, which can only be asked for a whole answer.

import { createInterface } from "node:readline";

const { answer, diagnose, read, Unreadable } = await import(process.env.MODEL);

const unusual = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const known = (key, value) => (/^[0-9]+$/.test(key) ? (unusual[value] ?? value) : value); // in lists alone
const plain = (_, value) =>
  typeof value === "number" && !Number.isFinite(value) ? (Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf") : value;

function whole({ text, column, weights, fields = {} }) {
  const { unreadable, found } = answer({ text, column, weights, settings: fields });
  return found ? { found } : { unreadable };
}

function parts({ text, log: given, column, weights, fields }) {
  try {
    const log = given ? JSON.parse(JSON.stringify(given), known) : read(text, column, weights);
    return { log, found: diagnose(log, fields) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { unreadable: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify((answer ? whole : parts)(JSON.parse(line)), plain));
}
