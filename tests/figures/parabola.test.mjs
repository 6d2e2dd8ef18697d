import assert from "node:assert/strict";
import { test } from "node:test";

import { close, every, golden, model } from "./shared.mjs";

const parabola = await model("parabola");
const article = await model("article");

test("the article's points and its parabola are the program's, bit for bit", () => {
  assert.deepEqual(article.x, golden.parabola.x);
  assert.deepEqual(article.y, golden.parabola.y);
  const { curvature, bottom, floor } = article;
  assert.deepEqual({ curvature, bottom, floor }, golden.parabola.article);
});

test("the iterates on a parabola are numpy's, bit for bit", () => {
  assert.ok(golden.parabola.runs.length > 10);
  for (const { curve, alpha, path } of golden.parabola.runs) {
    every(parabola.descend(parabola.curves[curve], alpha, path[0], 60), path, assert.equal, `${curve} at ${alpha}`);
  }
});

test("on the article's data they are the chapter's run, to twelve digits", () => {
  for (const { alpha, path, losses } of golden.parabola.program) {
    const found = parabola.descend(parabola.curves.article, alpha, 0, path.length - 1);
    every(found, path, close, `b at ${alpha}`);
    every(found.map((b) => parabola.loss(parabola.curves.article, b)), losses, close, `loss at ${alpha}`);
  }
});

test("the regime depends on αλ alone, with the limit at exactly two", () => {
  const found = [0.1, 0.999, 1, 1.001, 1.999, 2, 2.001].map(parabola.regime);
  assert.deepEqual(found, ["walks", "walks", "arrives", "crosses", "crosses", "flips", "explodes"]);
  for (let curvature = 1; curvature <= 1000; curvature++) assert.equal(parabola.regime(curvature * (2 / curvature)), "flips");
  for (const curve of Object.values(parabola.curves)) {
    assert.ok(Math.abs(parabola.factor(curve, parabola.limit(curve)) + 1) < 1e-15);
  }
});

test("the answers to the tasks beside the figure are what it shows", () => {
  const { curves } = parabola;
  const after60 = (alpha) => parabola.factor(curves.article, alpha) ** 120;
  assert.equal(after60(0.107).toFixed(2), "0.67");
  assert.equal(after60(0.1075).toFixed(1), "2.0");
  assert.equal((Math.abs(parabola.factor(curves.article, 0.12)) ** 60 / 1e5).toFixed(0), "4");
  assert.equal(parabola.limit(curves.square), 1);
});

test("between the edges lie the regimes, and on x² and on a free parabola the run begins to the left", () => {
  const beside = [1 - 1e-9, 1 + 1e-9, 2 - 1e-9, 2 + 1e-9].map(parabola.regime);
  assert.deepEqual(beside, ["walks", "crosses", "crosses", "explodes"]);
  for (const name of ["square", "free"]) assert.equal(parabola.curves[name].start, -1);
});
