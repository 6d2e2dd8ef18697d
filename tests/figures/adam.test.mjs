import assert from "node:assert/strict";
import { test } from "node:test";

import { close, every, golden, model } from "./shared.mjs";

const adam = await model("adam");

test("each update of Adam is numpy's, bit for bit, and the chapter's own to twelve digits", () => {
  for (const { state, seen, own } of golden.adam.runs) {
    const found = adam.updates(state, 10, 60);
    assert.equal(found.length, 70);
    const what = JSON.stringify(state);
    found.forEach(({ t, g, mean, root, update }, i) => {
      every([g, mean, root, update], seen[i], assert.equal, `${what}, update ${t}`);
      close(update, own[i], `${what}, update ${t} of the program`);
    });
    assert.equal(found[10].t, 1);
    assert.equal(found[10].g, state.jump);
  }
});

test("the bound is the program's, and no gradients of the figure pass it", () => {
  for (const { beta2, bound } of golden.adam.bounds) close(adam.bound(0.9, beta2), bound, `β₂ = ${beta2}`);
  assert.equal(adam.bound(0.99, 0.98), Infinity);
  for (const beta2 of [0.95, 0.99, 0.999]) {
    for (const lasts of ["stays", "once"]) {
      const state = { jump: 1e6, calm: 20000, lasts, beta1: 0.9, beta2, epsilon: 1e-12 };
      assert.ok(adam.furthest(adam.updates(state, 10, 60)).update < adam.bound(0.9, beta2));
    }
  }
});

test("the furthest update is the largest from the jump on, and of equal ones the first", () => {
  const seen = [[-3, 9], [0, 8], [1, 2], [2, 5], [3, 5], [4, 1]].map(([t, update]) => ({ t, update }));
  assert.deepEqual(adam.furthest(seen), { t: 2, update: 5 });
  assert.equal(adam.bound(0.9, 0.81 / 0.9999), (1 - 0.9) / Math.sqrt((1 - 0.81 / 0.9999) * (1 - 0.81 / (0.81 / 0.9999))));
  assert.equal(adam.bound(0.5, 0.25), Infinity); // β₁² = β₂: there is no bound
});
