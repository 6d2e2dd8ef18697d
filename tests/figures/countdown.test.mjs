import assert from "node:assert/strict";
import { test } from "node:test";

import { every, golden, model } from "./shared.mjs";

const countdown = await model("countdown");

test("a number is rounded to each format as numpy does, and has the same bits", () => {
  for (const { value, kept, bits } of golden.countdown.rounded) {
    for (const format of countdown.formats) {
      assert.equal(countdown.keep(format, value), kept[format], `${value} in ${format}`);
      assert.equal(countdown.bits(format, kept[format]).join(""), bits[format], `bits of ${value} in ${format}`);
    }
  }
});

test("descent in each format meets inf and nan at the update where the chapter's loop does", () => {
  for (const { format, alpha, end, inf, losses, weights } of golden.countdown.runs) {
    const what = `${format} at ${alpha}`;
    const found = countdown.descend(format, alpha, 700);
    assert.equal(found.losses.length, end, what);
    assert.equal(countdown.firstInf(found.losses), inf, what);
    const seventh = (values) => values.filter((_, i) => i % 7 === 0);
    every(seventh(found.losses), losses, assert.equal, `loss, ${what}`);
    every(seventh(found.weights), weights, assert.equal, `weight, ${what}`);
  }
  for (const format of countdown.formats) {
    assert.equal(countdown.largest(format), golden.countdown.largest[format]);
  }
});

test("the formula counts the updates to the first inf of the loss", () => {
  assert.deepEqual(countdown.formats.map((format) => countdown.countdown(format, 4, 1)), [8, 64, 64, 512]);
  for (const format of ["fp32", "fp64"]) {
    const { losses } = countdown.descend(format, 2.7, 2000);
    assert.equal(countdown.firstInf(losses), countdown.countdown(format, 1.7 * 1.7, 1)); // the square is inf before it is halved
  }
});

test("the answers to the tasks beside the figure are what it shows", () => {
  const inf = (format, growth) => countdown.firstInf(countdown.descend(format, 1 + Math.sqrt(growth), 3600).losses);
  assert.deepEqual(["fp32", "fp16", "bf16", "fp64"].map((format) => inf(format, 4)), [64, 8, 64, 513]);
  assert.equal(countdown.countdown("fp64", 4, 1), 512);
  assert.equal(inf("fp32", 100), 20);
  assert.match(countdown.bits("fp32", Infinity).join(" "), /^0 1{8} 0{23}$/);
});

test("a bf16 is rounded from fp32, what is no number stays so, and the sign of a zero is kept", () => {
  assert.equal(countdown.keep("bf16", 1 + 2 ** -8 + 2 ** -40), 1); // in fp32 it lies halfway, and 1 is even
  assert.equal(countdown.keep("fp16", 1 + 2 ** -11 + 2 ** -40), 1 + 2 ** -10);
  for (const format of countdown.formats) {
    for (const value of [-0, 0, NaN, Infinity, -Infinity]) assert.ok(Object.is(countdown.keep(format, value), value), `${value} in ${format}`);
  }
});

test("the first nan is found, and a loss that begins higher is sooner past the largest number", () => {
  assert.equal(countdown.firstNan([1, Infinity, NaN, NaN]), 2);
  assert.equal(countdown.firstNan([1, Infinity]), -1);
  let [loss, updates] = [1000, 0];
  for (; loss <= countdown.largest("fp32"); loss *= 4) updates++;
  assert.equal(countdown.countdown("fp32", 4, 1000), updates);
});

test("no sign of a nan is shown, for a script is not told which it has", () => {
  for (const format of countdown.formats) {
    const [sign, exponent, fraction] = countdown.bits(format, NaN);
    assert.equal(sign, "?", format);
    assert.match(exponent, /^1+$/);
    assert.match(fraction, /1/);
    assert.deepEqual([0, -0, -2, Infinity, -Infinity].map((value) => countdown.bits(format, value)[0]), ["0", "1", "1", "0", "1"]);
  }
});
