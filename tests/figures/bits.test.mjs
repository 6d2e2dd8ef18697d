import assert from "node:assert/strict";
import { test } from "node:test";

import { golden, model } from "./shared.mjs";

const bits = await model("bits");

test("an update lands, and its neighbours lie, where numpy says, bit for bit", () => {
  assert.ok(golden.bits.length > 40);
  for (const { weight, update, kept } of golden.bits) {
    for (const format of bits.formats) {
      const what = `${weight} and ${update} in ${format}`;
      const { from, to, last, beside } = kept[format];
      assert.deepEqual(bits.add(format, weight, update), [from, to], what);
      assert.equal(bits.add(format, weight, update, 50)[1], last, what);
      const found = [bits.below(format, from), bits.above(format, from)];
      found.forEach((value, i) => assert.ok(value === beside[i], `beside ${what}: ${value} is not ${beside[i]}`));
      const low = weight - 3.5 * bits.distance(format, from);
      const numbers = bits.between(format, low, weight + 3.5 * bits.distance(format, from), 100);
      assert.ok(numbers.includes(from) || !Number.isFinite(from), what);
      numbers.forEach((value, i) => assert.equal(bits.above(format, value), numbers[i + 1] ?? bits.above(format, value), what));
    }
  }
  assert.equal(bits.between("fp32", 0.99, 1.01, 400), null); // too many to be drawn
});

test("the answers to the tasks beside the figure are what it shows", () => {
  const moves = (...given) => bits.add(...given).reduce((from, to) => from !== to);
  assert.deepEqual([-0.00195, -0.00196, 0.0039, 0.00391].map((update) => moves("bf16", 1, update)), [false, true, false, true]);
  assert.deepEqual(["fp16", "bf16"].map((format) => bits.add(format, 256, 1, 5000)[1]), [2048, 256]);
  assert.deepEqual([2.9e-8, 3e-8].map((value) => bits.add("fp16", value, 0)[0] > 0), [false, true]);
});

test("below 0 the numbers lie as above it, mirrored, and an interval holds both its ends", () => {
  assert.deepEqual(bits.formats, ["fp32", "fp16", "bf16"]);
  for (const format of bits.formats) {
    const unit = bits.distance(format, 1);
    assert.equal(bits.above(format, -1), -1 + unit / 2);
    assert.equal(bits.below(format, -1), -1 - unit);
    assert.equal(bits.below(format, 0), -bits.distance(format, 0));
    assert.deepEqual(bits.between(format, 1, 1 + 2 * unit, 3), [1, 1 + unit, 1 + 2 * unit]);
    assert.equal(bits.between(format, 1, 1 + 2 * unit, 2), null);
  }
});
