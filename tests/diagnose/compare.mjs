// Reads cases, a JSON object a line, and answers each with what the page's half of the reader makes of it: its model,
// or the file that a page loads, which can only be asked for a whole answer.

import { createInterface } from "node:readline";

import { parts, plain } from "./ask.mjs";

const model = await import(process.env.MODEL);

function whole({ text, column, weights, fields = {} }) {
  const { unreadable, found } = model.answer({ text, column, weights, settings: fields });
  return found ? { found } : { unreadable };
}

for await (const line of createInterface({ input: process.stdin })) {
  const one = JSON.parse(line);
  console.log(JSON.stringify(model.answer ? whole(one) : parts(model, one), plain));
}
