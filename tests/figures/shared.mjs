// What the tests of the models share: the modules, what numpy says, and how near is equal.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

// The modules in the repository, or those of a built site.
const folder = process.env.MODELS ?? new URL("../../docs/assets/interactive/models/", import.meta.url);

export const model = (name) => import(new URL(`${name}.js`, folder));

const words = new Set(["Infinity", "-Infinity", "nan"]);

/** What the chapters' programs compute with numpy. */
export const golden = JSON.parse(readFileSync(new URL("golden.json", import.meta.url)), (_, value) =>
  words.has(value) ? Number(value) : value,
);

export function close(found, wanted, what) {
  const scale = Math.max(Math.abs(wanted), Number.MIN_VALUE);
  assert.ok(Math.abs(found - wanted) <= 1e-12 * scale, `${what}: ${found} is not ${wanted}`);
}

export function every(found, wanted, equal, what) {
  assert.equal(found.length, wanted.length, what);
  wanted.forEach((value, i) => equal(found[i], value, `${what}, place ${i}`));
}
