import assert from "node:assert/strict";
import { test } from "node:test";

import { close, every, golden, model } from "./shared.mjs";

const bowl = await model("bowl");

test("the path in the bowl, with and without momentum, is numpy's, bit for bit", () => {
  for (const { kappa, alpha, beta, path, growth } of golden.bowl.runs) {
    const found = bowl.descend(kappa, alpha, beta, path[0], 60);
    every(found.flat(), path.flat(), assert.equal, `κ ${kappa}, α ${alpha}, β ${beta}`);
    [1, kappa].forEach((one, i) => {
      // A double root is as inexact as a square root of the rounding.
      assert.ok(Math.abs(bowl.growth(one, alpha, beta) - growth[i]) < 1e-7, `growth at ${alpha}, ${beta}`);
    });
  }
});

test("the bowl's limit and best rate are where the slowest growth crosses and is least", () => {
  for (const kappa of [1, 20, 1000]) {
    for (const beta of [0, 0.5, 0.9]) {
      const edge = bowl.limit(kappa, beta);
      assert.ok(bowl.growth(kappa, edge * 0.999, beta) < 1);
      assert.ok(bowl.growth(kappa, edge * 1.001, beta) > 1);
    }
    const worst = (alpha) => Math.max(bowl.growth(1, alpha, 0), bowl.growth(kappa, alpha, 0));
    const best = bowl.best(kappa);
    assert.ok(worst(best) <= worst(best * 1.01) && worst(best) <= worst(best * 0.99));
  }
});

test("between its corners the growth along a curvature is √β, and beyond them it is larger", () => {
  for (const curvature of [1, 20]) {
    assert.deepEqual(bowl.corners(curvature, 0), [1 / curvature, 1 / curvature]);
    for (const beta of [0.25, 0.5, 0.9]) {
      const [low, high] = bowl.corners(curvature, beta);
      const growth = (rate) => bowl.growth(curvature, rate, beta);
      for (const inside of [low * 1.001, (low + high) / 2, high * 0.999]) assert.equal(growth(inside), Math.sqrt(beta));
      for (const beyond of [low * 0.999, high * 1.001]) assert.ok(growth(beyond) > Math.sqrt(beta) + 1e-3);
    }
  }
});

test("an ellipse of a loss lies on that loss", () => {
  const [along, across] = bowl.ellipse(20, 7);
  close(bowl.loss(20, [along, 0]), 7, "along");
  close(bowl.loss(20, [0, across]), 7, "across");
});

test("the answers to the tasks beside the figure are what it shows", () => {
  const perDigit = (alpha, beta) => {
    const slow = Math.max(bowl.growth(1, alpha, beta), bowl.growth(100, alpha, beta));
    return Math.ceil(Math.log(10) / -Math.log(slow));
  };
  assert.equal(perDigit(bowl.best(100), 0), 116);
  assert.equal(perDigit(0.033, 0.67), 12);
  assert.ok(Math.abs(bowl.growth(1, 0.033, 0.67) - Math.sqrt(0.67)) < 1e-12);
  assert.equal(bowl.limit(20, 0.5), 0.15);
  assert.equal(bowl.descend(20, 0.105, 0, [10, 0], 60).at(-1)[1], 0);
});
