// The figures compute what the chapters' numpy programs compute: golden.json holds what those say.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// The modules in the repository, or those of a built site.
const folder = process.env.MODELS ?? new URL("../../docs/assets/interactive/models/", import.meta.url);
const plot = await import(new URL("../plot.js", folder));
const names = ["adam", "article", "batch", "bits", "bowl", "countdown", "parabola", "surrogate"];
const [adam, article, batch, bits, bowl, countdown, parabola, surrogate] = await Promise.all(
  names.map((name) => import(new URL(`${name}.js`, folder))),
);

const words = new Set(["Infinity", "-Infinity", "nan"]);
const golden = JSON.parse(readFileSync(new URL("golden.json", import.meta.url)), (_, value) =>
  words.has(value) ? Number(value) : value,
);

function close(found, wanted, what) {
  const scale = Math.max(Math.abs(wanted), Number.MIN_VALUE);
  assert.ok(Math.abs(found - wanted) <= 1e-12 * scale, `${what}: ${found} is not ${wanted}`);
}

function every(found, wanted, equal, what) {
  assert.equal(found.length, wanted.length, what);
  wanted.forEach((value, i) => equal(found[i], value, `${what}, place ${i}`));
}

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

test("an ellipse of a loss lies on that loss", () => {
  const [along, across] = bowl.ellipse(20, 7);
  close(bowl.loss(20, [along, 0]), 7, "along");
  close(bowl.loss(20, [0, across]), 7, "across");
});

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

test("the answers to the tasks beside the figures are what the figures show", () => {
  const { curves } = parabola;
  const after60 = (alpha) => parabola.factor(curves.article, alpha) ** 120;
  assert.equal(after60(0.107).toFixed(2), "0.67");
  assert.equal(after60(0.1075).toFixed(1), "2.0");
  assert.equal((Math.abs(parabola.factor(curves.article, 0.12)) ** 60 / 1e5).toFixed(0), "4");
  assert.equal(parabola.limit(curves.square), 1);

  const bent = surrogate.step("log cosh", 0.3, 5);
  assert.deepEqual([bent.predicted.toFixed(1), bent.change.toFixed(1), bent.curvature.toFixed(1)], ["-68.2", "3.7", "2.6"]);
  assert.ok(surrogate.curvature("log cosh", 2.5) > 10);
  assert.equal(surrogate.curvature("Cauchy", 5).toFixed(2), "-0.44");
  for (let alpha = 0.81; alpha <= 2; alpha += 0.01) assert.ok(surrogate.step("Cauchy", alpha, 5).change > 0);
  assert.ok(surrogate.step("Cauchy", 0.8, 5).change < 0);

  const perDigit = (alpha, beta) => {
    const slow = Math.max(bowl.growth(1, alpha, beta), bowl.growth(100, alpha, beta));
    return Math.ceil(Math.log(10) / -Math.log(slow));
  };
  assert.equal(perDigit(bowl.best(100), 0), 116);
  assert.equal(perDigit(0.033, 0.67), 12);
  assert.ok(Math.abs(bowl.growth(1, 0.033, 0.67) - Math.sqrt(0.67)) < 1e-12);
  assert.equal(bowl.limit(20, 0.5), 0.15);
  assert.equal(bowl.descend(20, 0.105, 0, [10, 0], 60).at(-1)[1], 0);

  const inf = (format, growth) => countdown.firstInf(countdown.descend(format, 1 + Math.sqrt(growth), 3600).losses);
  assert.deepEqual(["fp32", "fp16", "bf16", "fp64"].map((format) => inf(format, 4)), [64, 8, 64, 513]);
  assert.equal(countdown.countdown("fp64", 4, 1), 512);
  assert.equal(inf("fp32", 100), 20);
  assert.match(countdown.bits("fp32", Infinity).join(" "), /^0 1{8} 0{23}$/);

  const moves = (...given) => bits.add(...given).reduce((from, to) => from !== to);
  assert.deepEqual([-0.00195, -0.00196, 0.0039, 0.00391].map((update) => moves("bf16", 1, update)), [false, true, false, true]);
  assert.deepEqual(["fp16", "bf16"].map((format) => bits.add(format, 256, 1, 5000)[1]), [2048, 256]);
  assert.deepEqual([2.9e-8, 3e-8].map((value) => bits.add("fp16", value, 0)[0] > 0), [false, true]);

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
