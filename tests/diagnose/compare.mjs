// Reads cases, a JSON object a line, and answers each with what the page's half of the reader makes of it.

import { createInterface } from "node:readline";

const { diagnose, read, Unreadable } = await import(new URL("model.js", process.env.MODEL));

const unusual = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const known = (key, value) => (/^[0-9]+$/.test(key) ? (unusual[value] ?? value) : value); // in lists alone
const plain = (_, value) =>
  typeof value === "number" && !Number.isFinite(value) ? (Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf") : value;

for await (const line of createInterface({ input: process.stdin })) {
  const { text, log: given, column, weights, fields } = JSON.parse(line);
  let answer;
  try {
    const log = given ? JSON.parse(JSON.stringify(given), known) : read(text, column, weights);
    answer = { log, found: diagnose(log, fields) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    answer = { unreadable: error.message };
  }
  console.log(JSON.stringify(answer, plain));
}
