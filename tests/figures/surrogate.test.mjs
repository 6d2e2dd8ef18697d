import assert from "node:assert/strict";
import { test } from "node:test";

import { close, golden, model } from "./shared.mjs";

const surrogate = await model("surrogate");
const article = await model("article");

test("one step on each kind of loss is numpy's, to twelve digits", () => {
  assert.ok(golden.surrogate.length >= 60);
  for (const wanted of golden.surrogate) {
    const found = surrogate.step(wanted.kind, wanted.alpha, wanted.b);
    const what = `${wanted.kind} at b = ${wanted.b}, α = ${wanted.alpha}`;
    for (const name of ["loss", "slope", "lands", "promised"]) close(found[name], wanted[name], `${what}: ${name}`);
    // A curvature near zero is a difference of large sums; what counts is its error beside Σx².
    assert.ok(Math.abs(found.curvature - wanted.curvature) <= 1e-12 * article.curvature, `${what}: curvature`);
    const scale = Math.max(Math.abs(found.promised), Math.abs(wanted.predicted));
    assert.ok(Math.abs(found.predicted - wanted.predicted) <= 1e-11 * scale, `${what}: predicted`);
    close(found.loss + found.change, wanted.after, `${what}: loss afterwards`);
    if (wanted.touches !== null) close(surrogate.surrogate(found, wanted.alpha, wanted.b + 1), wanted.touches, what);
  }
});

test("the parabola of curvature 1/α touches the loss, and the step goes to its bottom", () => {
  const at = surrogate.step("squares", 0.12, 5);
  assert.equal(surrogate.surrogate(at, 0.12, 5), at.loss);
  const low = surrogate.surrogate(at, 0.12, at.lands);
  assert.ok(low < surrogate.surrogate(at, 0.12, at.lands + 0.01));
  assert.ok(low < surrogate.surrogate(at, 0.12, at.lands - 0.01));
});

test("the answers to the tasks beside the figure are what it shows", () => {
  const bent = surrogate.step("log cosh", 0.3, 5);
  assert.deepEqual([bent.predicted.toFixed(1), bent.change.toFixed(1), bent.curvature.toFixed(1)], ["-68.2", "3.7", "2.6"]);
  assert.ok(surrogate.curvature("log cosh", 2.5) > 10);
  assert.equal(surrogate.curvature("Cauchy", 5).toFixed(2), "-0.44");
  for (let alpha = 0.81; alpha <= 2; alpha += 0.01) assert.ok(surrogate.step("Cauchy", alpha, 5).change > 0);
  assert.ok(surrogate.step("Cauchy", 0.8, 5).change < 0);
});

test("the limit beside a step is that of the parabola of the loss there", () => {
  const { limit, curvature } = surrogate.step("log cosh", 0.3, 5);
  const at = (alpha) => Math.abs(1 - alpha * curvature);
  assert.ok(at(limit * 0.999) < 1 && at(limit * 1.001) > 1);
});
