import assert from "node:assert/strict";
import { test } from "node:test";

import { model } from "./shared.mjs";

const plot = await model("../plot");

test("a number beside an edge is not shown as the edge, and a limit is not shown above itself", () => {
  assert.equal(plot.apart(0.1072 * 18.66, 2), "2.0004");
  assert.equal(plot.apart(1 - 0.1072 * 18.66, -1), "−1.0004");
  assert.equal(plot.apart(2, 2), "2");
  for (let lambda = 1; lambda < 1000; lambda += 0.37) {
    const limit = 2 / lambda;
    const shown = Number(plot.below(limit));
    assert.ok(shown <= limit * (1 + 1e-12) && limit - shown < 1e-4 * limit, `${lambda}`);
  }
  assert.equal(plot.below(2 / 18.66), "0.10718");
});
