import assert from "node:assert/strict";
import { test } from "node:test";

import { close, every, golden, model } from "./shared.mjs";

const batch = await model("batch");

test("each mini-batch run is numpy's, bit for bit, batches included", () => {
  assert.equal(batch.points.length, 200);
  golden.batch.points.forEach((point, i) => every(batch.points[20 * i], point, assert.equal, `point ${20 * i}`));
  every(batch.start, golden.batch.start, assert.equal, "start");
  for (const { alpha, m, seed, path, losses } of golden.batch.runs) {
    const found = batch.descend(alpha, m, seed, 60);
    const tenth = found.filter((_, i) => i % 10 === 0);
    tenth.forEach((error, i) => every(error, path[i], assert.equal, `batch ${m} at ${alpha}, update ${10 * i}`));
    every(batch.shares(found), losses, close, `losses of batch ${m} at ${alpha}`);
  }
});

test("both limits of each batch size are numpy's, and the full batch has the chapter's", () => {
  close(batch.curvature, golden.batch.curvature, "curvature");
  for (const { m, limit, typical } of golden.batch.limits) {
    const [strict, loose] = batch.limits[m];
    assert.ok(strict <= limit && limit - strict < 1e-5, `mean-square limit at ${m}, rounded down`);
    assert.ok(Math.abs(loose - typical) < 0.006 * typical, `typical limit at ${m}`);
    assert.ok(strict < loose, `at ${m} a typical run bears more than the mean square`);
  }
  const { limit, rate } = golden.batch.chapter;
  assert.ok(Math.abs(batch.limits[200][0] - limit) < 0.001 * limit);
  assert.equal(rate.toFixed(3), "1.279");
});

test("7 % below the typical limit most runs settle, 7 % above it most explode", () => {
  for (const m of [1, 4, 16, 64]) {
    const exploded = (alpha) => {
      const runs = Array.from({ length: 20 }, (_, i) => batch.descend(alpha, m, 7000 + i, 300));
      return runs.filter((run) => batch.explodes(batch.shares(run))).length;
    };
    const [, typical] = batch.limits[m];
    assert.ok(exploded(0.93 * typical) <= 5, `batch ${m} below: ${exploded(0.93 * typical)}`);
    assert.ok(exploded(1.07 * typical) >= 15, `batch ${m} above: ${exploded(1.07 * typical)}`);
  }
});

test("in the end the full batch does what its limit says, however few updates were made", () => {
  const [limit] = batch.limits[batch.all];
  const after = (alpha, updates) => batch.shares(batch.descend(alpha, batch.all, 1, updates)).at(-1);
  for (const [alpha, end] of [[0.1, "settles"], [0.999 * limit, "settles"], [1.349, "explodes"], [3, "explodes"]]) {
    assert.equal(batch.end(alpha), end);
    assert.equal(after(alpha, 3000) < 1e-4 ? "settles" : "explodes", end, `${alpha}`);
  }
  assert.ok(after(1.349, 60) < 0.02, "after 60 updates it looks as if it settled");
  assert.ok(after(1.349, 3000) > 1);
});

test("the answers to the tasks beside the figure are what it shows", () => {
  const exploded = (alpha, m, seed = 1) => {
    const runs = Array.from({ length: 20 }, (_, i) => batch.descend(alpha, m, 1000 * seed + i, 60));
    return runs.filter((run) => batch.explodes(batch.shares(run))).length;
  };
  assert.deepEqual([1, 4, 8, 16, 32, 64, 128].map((m) => exploded(1.279, m)), [20, 20, 20, 18, 0, 0, 0]);
  assert.equal(exploded(1.279, 32, 2), 2);
  assert.deepEqual([exploded(1.38, 200), exploded(1.38, 64)], [20, 3]);
  assert.equal((1 - 1.38 * batch.curvature).toFixed(2), "-1.05");
  assert.deepEqual(batch.limits[32].map((limit) => limit.toFixed(3)), ["1.222", "1.383"]);
  assert.ok(Math.abs(1.279 / batch.limits[200][0] - 0.95) < 0.001);
  assert.equal((Math.floor(1000 * batch.limits[200][0]) / 1000).toFixed(3), "1.346");
});
