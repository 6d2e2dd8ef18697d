import assert from "node:assert/strict";
import { test } from "node:test";

import { figure } from "./paper.mjs";
import { model } from "./shared.mjs";

const batch = await model("batch");
const bowl = await model("bowl");

test("at the limit of the bowl a run stays, which is what is seen, and is heard as neither of the other two", async () => {
  for (const beta of [0, 0.5, 0.9]) {
    for (const [part, seen, heard] of [[0.99, "needs", "settles"], [1, "stays as large as it is", "stays"], [1.01, "explodes", "diverges"]]) {
      const { words, spoken } = await figure("bowl", { alpha: part * bowl.limit(20, beta), beta });
      assert.ok(words.endsWith(`${seen}.`) || words.includes(`it ${seen} `), words);
      assert.ok(spoken.endsWith(`α over limit ${part}, ${heard}`), spoken);
    }
  }
});

test("both lines of the factor per update turn where the factor does", async () => {
  for (const beta of [0, 0.25, 0.5]) {
    const { panels } = await figure("bowl", { beta });
    const [, , rates] = panels;
    for (const [name, curvature] of [["along", 1], ["across", 20]]) {
      const line = rates.inside.find(name).attributes.d.split(/[ML]/);
      const edges = bowl.corners(curvature, beta).filter((rate) => rate < bowl.limit(20, beta));
      assert.ok(edges.length > 0 || name === "along");
      for (const rate of edges) assert.ok(line.includes(rates.at([rate, Math.sqrt(beta)]).join(" ")), `${name} at ${rate}`);
    }
  }
});

test("just above its limit the full batch is said to explode, though its loss is still below the first", async () => {
  const losses = batch.shares(batch.descend(1.349, batch.all, 1, 60));
  assert.ok(losses.at(-1) < 0.02 && 1.349 > batch.limits[200][0]);
  for (const [alpha, end] of [[1.349, "explodes"], [1.3462, "settles"]]) {
    const { words, spoken, table } = await figure("batch", { alpha });
    assert.ok(words.includes(`\nfull batch: limit 1.3462; ${end}.\n`), words);
    assert.ok(spoken.startsWith(`full batch: ${end}; `), spoken);
    assert.equal(table.rows.at(-1).at(-1), end);
  }
});

test("of mini-batches it is said what was seen, and after how many updates", async () => {
  const { words, spoken, table } = await figure("batch", {});
  assert.match(words, /\nbatch 1: [^\n]*; 20 of 20 explode\.\n.*\nbatch 64: [^\n]*; 0 of 20 explode\.$/);
  assert.ok(spoken.endsWith("; above the start after 60 updates: batch 1, 20 of 20; batch 4, 20 of 20; batch 64, 0 of 20"), spoken);
  assert.equal(table.head.at(-1), "at this α above the start after 60 updates");
});
