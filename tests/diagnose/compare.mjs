// Reads cases, a JSON object a line, and answers each with what the page's model makes of it.

import { createInterface } from "node:readline";

const folder = process.env.MODEL ?? new URL("../../docs/assets/diagnose/", import.meta.url);
const { diagnose, read, Unreadable } = await import(new URL("model.js", folder));

const unusual = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const plain = (_, value) =>
  typeof value === "number" && !Number.isFinite(value) ? (Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf") : value;

for await (const line of createInterface({ input: process.stdin })) {
  const { text, losses, column, weights, every, settings } = JSON.parse(line);
  let answer;
  try {
    const log = losses ? { loss: losses.map((loss) => unusual[loss] ?? loss) } : read(text, column, weights);
    if (every) log.every = every;
    answer = { log, found: diagnose(log, settings) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    answer = { unreadable: error.message };
  }
  console.log(JSON.stringify(answer, plain));
}
