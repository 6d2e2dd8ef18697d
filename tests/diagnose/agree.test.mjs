// What tests/test_page_model.py asks, and what the program answered, written by tests/mutants.py: so that a change of
// the page's half is seen without Python. The shortest logs come first, because most changes are seen in them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { parts, plain } from "./ask.mjs";
import { reader } from "./shared.mjs";

const model = await reader("model");
const lines = readFileSync(new URL("cases.jsonl", import.meta.url), "utf8").trim().split("\n");

/** Whether two answers are the same; numbers may differ by a billionth. */
function same(one, other) {
  if (typeof one === "number" && typeof other === "number") return Math.abs(one - other) <= 1e-9 * Math.abs(one);
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return one === other;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && same(one[key], other[key]));
}

test("the page's half answers as the program does", () => {
  for (const line of lines) {
    const { asked, answer } = JSON.parse(line);
    const found = JSON.parse(JSON.stringify(parts(model, asked), plain));
    if (!same(answer, found)) assert.deepEqual(found, answer, JSON.stringify(asked).slice(0, 500));
  }
});
