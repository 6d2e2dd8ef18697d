import assert from "node:assert/strict";
import { test } from "node:test";

import { reader } from "./shared.mjs";

const { answer, linesToChange, report } = await reader("answer");
const EMPTY = { rate: null, momentum: null, batch_size: null, every: null, dtype: null, optimiser: null, guess: null };
const PARABOLA = "1\n2\n4\n8\n16\ninf";

/** What the box shows of a log. */
const ask = (text, settings = {}, columns = {}) => answer({ text, column: "", weights: "", ...columns, settings: { ...EMPTY, ...settings } });

test("the parabola 1, 2, 4, 8, 16, inf with all fields is answered in every part", () => {
  const said = ask(PARABOLA, { rate: 0.1, momentum: 0.5, batch_size: 32, optimiser: "SGD", dtype: "float16", guess: 2.3 });
  assert.equal(said.headline, "The rate is too high, or a sign is wrong.");
  assert.deepEqual([said.rate, said.name, said.said, said.bad], ["0.0459", "loss", "6 losses were read, named loss.", "inf"]);
  assert.equal(said.found.losses, undefined); // the page draws them
  assert.deepEqual(said.ends, ["1", "2", "4", "8", "16", "inf"]);
  assert.deepEqual(said.span, { from: 0, first: 0, last: 4, end: 5, steps: 5, count: 6, begin: 1, loss: 1, peak: 16, final: 16 });
  assert.deepEqual([said.title, said.seen], ["The losses, first inf at step 5", "5 losses, then inf at step 5"]);
  assert.deepEqual(said.points, [[0, 1], [1, 2], [2, 4], [3, 8], [4, 16]]);
  assert.deepEqual(said.fit.map(([step, loss]) => [step, loss.toFixed(6)]), [[0, "1.000000"], [4, "16.000000"]]);
  assert.deepEqual([said.columns, said.others], [{ names: ["loss"], more: 0 }, { names: [], more: 0 }]);
  assert.equal(said.lines[0][1], "optimizer = torch.optim.SGD(model.parameters(), lr=0.0459, momentum=0.5)");
  assert.equal(
    said.report,
    `6 losses, named loss: 1, 2, 4, 8, 16, inf
Known: rate 0.1, given; 1 update per line, assumed; SGD, given; float16, given; momentum 0.5, given; batch size 32, given; loss of guessing 2.3, given.

Verdict: growth. The rate is too high, or a sign is wrong. Confidence: high.
Why:
- The loss grew from step 0 to step 4, above its floor by a factor of 2 per update, as on a parabola.
- It may be the rate or the sign, because losses alone cannot tell.
- So αλ is about 3.27, and the limit is 3.
- At this pace the loss is too large for float16 at about step 16.
- The limit holds for this batch size.
What to do next:
1. Print one weight at each update, and see whether it changes sides.
2. If it changes sides, it is the rate. Set the rate to 0.0459.
3. If it still grows at the new rate, or the weight leaves on one side, turn the sign of the step.
Odds: Of 157 such runs, 157 trained at the rate that this gives. If yours does not, try a tenth of it next, and then ten times it.

Read by Overshoot, Read your own run.`,
  );
});

test("without a rate there is none to set, and no line to change", () => {
  const said = ask(PARABOLA);
  assert.deepEqual([said.rate, said.lines, said.known], [null, [], "1 update per line, assumed"]);
  assert.ok(!said.report.includes("Odds"));
  const [[, line]] = ask(PARABOLA, { rate: 0.1 }).lines; // of an optimiser that nobody names
  assert.equal(line, "optimizer = torch.optim.SGD(model.parameters(), lr=0.0414)");
});

test("what the log says is told as from the log", () => {
  const said = ask("Using AdamW, fp16 mixed precision, 10 classes\nstep,lr,loss\n0,0.1,2.3\n10,0.1,9\n20,0.1,90\n30,0.1,900");
  assert.match(said.known, /^rate 0\.1, from the log; 10 updates per line, from the log/);
  assert.equal(ask("step,loss\n0,1\n10,33\n20,1025\n30,31777", { every: 5 }).known, "5 updates per line, given");
  const keras = ask("Epoch 1/3\n32/32 [====] - 1s - loss: 5\nEpoch 2/3\n32/32 [====] - 1s - loss: 50\nEpoch 3/3\n32/32 [====] - 1s - loss: 500");
  assert.equal(keras.known, "a line is the mean of 32 updates, from the log");
  const { known } = ask("AdamW (\nlr: 0.01\n)\nloss: 3\nloss: 30\nloss: 300\nloss: 3000");
  assert.equal(known, "rate 0.01, from the log; 1 update per line, assumed; AdamW, from the log");
  assert.match(ask("loss: 0.7\nloss: 0.6\nloss: 0.5\n", { guess: 0.69 }).known, /; loss of guessing 0\.69, given$/);
});

test("each verdict has its headline", () => {
  const headlines = {
    "1\n1\n1\n1": "This log cannot tell.",
    "step,loss\n0,0.7\n1,0.6\n2,0.5\n3,0.45\n4,nan\n5,nan": "It is not the rate.",
    "step,loss\n0,nan\n1,nan": "It is not the rate: the first loss is not a number.",
    "5\n4\n3\n2.5\n2\n1.8": "The loss falls.",
    "5\n50\n80\n20\n4\n3\n2\n1": "It came back.",
    "0.7\n900\n300\n800\n500\n700\n600": "The rate is too high.",
    "loss: 2.5 val_loss: nan\nloss: 2.25 val_loss: nan\nloss: 2 val_loss: nan": "Only the validation loss is not a number.",
  };
  for (const [text, headline] of Object.entries(headlines)) assert.equal(ask(text).headline, headline, text);
  const leaves = "step,w,loss\n" + Array.from({ length: 8 }, (_, n) => `${n},${1.1 ** n},${1.21 ** n}`).join("\n");
  assert.equal(ask(leaves, {}, { weights: "w" }).headline, "It is not the rate: the sign is wrong.");
});

test("of a long log both ends are told, and no peak is lost from its drawing", () => {
  const losses = Array.from({ length: 2501 }, (_, n) => 2 + (n % 7) / 10);
  losses[1333] = 99;
  losses[2222] = 0.01;
  const said = ask(losses.join("\n"));
  assert.deepEqual(said.ends, ["2", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2", "2.1", "2.2"].slice(0, 5).concat(losses.slice(-5).map(String)));
  assert.match(said.report, /^2501 losses, named loss: 2, 2\.1, 2\.2, 2\.3, 2\.4 … /);
  assert.ok(said.points.length > 600 && said.points.length <= 1200);
  for (const point of [[1333, 99], [2222, 0.01]]) assert.deepEqual(said.points.find(([step]) => step === point[0]), point);
  assert.ok(said.points.every(([step], i) => !i || step > said.points[i - 1][0]));
  assert.deepEqual(said.points[0], [0, 2]);
  const flat = ask("1\n".repeat(2400));
  assert.deepEqual(flat.points.slice(0, 3), [[0, 1], [4, 1], [8, 1]]); // where all are the same one is enough
  const ten = ask("10\n9\n8\n7\n6\n5\n4\n3\n2\n1");
  assert.equal(ten.report.split("\n")[0], "10 losses, named loss: 10, 9, 8, 7, 6, 5, 4, 3, 2, 1");
  const eleven = ask("11\n10\n9\n8\n7\n6\n5\n4\n3\n2\n1");
  assert.equal(eleven.report.split("\n")[0], "11 losses, named loss: 11, 10, 9, 8, 7 … 5, 4, 3, 2, 1");
});

test("one loss is one loss, and its steps are those of the log", () => {
  const said = ask("step,loss\n500,nan");
  assert.equal(said.report.split("\n")[0], "1 loss, named loss: nan");
  assert.deepEqual([said.span.from, said.span.end, said.span.steps, said.bad, said.points, said.fit], [500, 500, 0, "nan", [], []]);
  const tens = ask("step,loss\n0,1\n10,33\n20,1025\n30,31777\n40,nan");
  assert.deepEqual([tens.span.last, tens.span.end, tens.points.at(-1)], [30, 40, [30, 31777]]);
  const lost = ask("1\n33\n1025\nnan\nnan\nnan");
  assert.deepEqual([lost.span.steps, lost.span.end, lost.span.count], [3, 3, 6]);
  const counted = ask("1\n33\n1025\n31777", { every: 10 });
  assert.deepEqual([counted.span.last, counted.points.at(-1)], [30, [30, 31777]]);
});

test("a drawing's words are those of the losses up to the first that is no number", () => {
  const again = ask("step,loss\n10,2.5\n20,2.25\n30,2.75\n40,2.5\n50,nan\n60,2.25");
  assert.deepEqual([again.title, again.seen], ["The losses, first nan at step 50", "4 losses, then nan at step 50"]);
  assert.deepEqual([again.span.begin, again.span.peak, again.span.last, again.span.final, again.span.count], [2.5, 2.75, 30, 2.5, 6]);
  assert.equal(ask("0.7\nnan\nnan").seen, "1 loss, then nan at step 1");
  const long = ask(Array.from({ length: 2501 }, (_, n) => 2 - n / 2000).join("\n"));
  assert.deepEqual([long.title, long.seen, long.span.final], ["The losses", "2501 losses", 0.75]);
});

test("zeros of the Trainer that stand for nan are shown as nan", () => {
  const said = ask("loss: 2.5, grad_norm: 1\n".repeat(3) + "loss: 0.0, grad_norm: nan\n".repeat(3));
  assert.deepEqual(said.ends, ["2.5", "2.5", "2.5", "nan", "nan", "nan"]);
  assert.equal(said.bad, "nan");
});

test("what was read is drawn through the peak where growth was steady, else through its first steps", () => {
  const steady = ask("1\n2\n4\n8\n16\n32\n64\n128", { every: 10 });
  assert.deepEqual(steady.fit.map(([step, loss]) => [step, loss.toFixed(6)]), [[0, "1.000000"], [70, "128.000000"]]);
  const wild = ask("23\n89.6\n17200\n1.46e12\n4.28e35\n5e37\n6e37\ninf");
  assert.match(wild.found.why[0], /no constant factor/);
  const { growth_per_step: r } = wild.found;
  assert.deepEqual(wild.fit, [[0, 23], [4, 23 * r ** 4]]);
  const short = ask("2\n89.6\n17200\ninf");
  assert.deepEqual(short.fit.map(([step]) => step), [0, 2]);
  const bends = ask("13.1\n13.3\n14.8\n15.9\n16.8\n17.3\n19.3\n29.8\nnan", { every: 10 }); // and no constant factor either
  assert.match(bends.found.why[0], /^The last lines bend upwards/);
  assert.deepEqual(bends.fit.map(([step]) => step), [0, 40]);
  assert.ok(bends.fit[0][1] === 13.1 && Math.abs(bends.fit[1][1] - 16.8) < 0.01);
  const even = ask("15.1\n16.1\n17.9\n18.5\n21.1\n24\n24.1\n24.2\n26.1\n31.1\n40.1\nnan", { every: 10 });
  assert.match(even.found.why[0], /^The last lines bend upwards/);
  assert.deepEqual(even.fit.map(([step, loss]) => [step, loss.toFixed(6)]), [[0, "15.100000"], [100, "40.100000"]]);
  const falls = ask("5\n4\n3\n2.5\n2\n1.8");
  assert.deepEqual([falls.fit, falls.bad, falls.span.steps], [[], "", 5]);
});

test("a column that is no longer there leaves the choice to the reader", () => {
  const table = "step,loss,other_loss,w\n" + Array.from({ length: 8 }, (_, n) => `${n},${1.21 ** n},5,${1.1 ** n}`).join("\n");
  assert.equal(ask(table, {}, { column: "other_loss" }).name, "other_loss");
  assert.equal(ask(table, {}, { column: "gone" }).name, "loss");
  assert.equal(ask(table, {}, { weights: "gone" }).name, "loss");
  assert.equal(ask(table, {}, { weights: "w" }).found.verdict, "not-the-rate");
  assert.deepEqual(ask(table).others, { names: ["other_loss"], more: 0 });
});

test("of many columns 200 can be chosen, 12 are a button, and the rest are counted", () => {
  const names = Array.from({ length: 250 }, (_, n) => `loss_${n}`);
  const table = [names, names.map(() => 3), names.map(() => 2), names.map(() => 1)].map((row) => row.join(",")).join("\n");
  const said = ask(table);
  assert.deepEqual([said.columns.names.length, said.columns.more, said.others.names.length, said.others.more], [200, 50, 12, 237]);
  const unlike = ask(names.map((name) => `${name.replace("loss", "x")}: 1`).join(" "));
  assert.match(unlike.unreadable, /^No name is like loss: x_0, x_1, .*, x_19 and 230 more\. Say which column it is\.$/);
  assert.deepEqual([unlike.columns.names.length, unlike.columns.more, unlike.others.names.length, unlike.others.more], [200, 50, 12, 238]);
});

test("what cannot be read is answered with what to paste", () => {
  assert.equal(ask("").unreadable, "Nothing was read: the log is empty. Paste one loss per line, or a table with a column named loss.");
  for (const text of ["", "\0"]) for (const list of ["columns", "others"]) assert.deepEqual(ask(text)[list], { names: [], more: 0 });
});

test("where the reader stumbles it owns up to it, and tells the console", (context) => {
  const told = context.mock.method(console, "error", () => {});
  assert.equal(answer({ text: null, settings: EMPTY }).unreadable, "The reader stumbled over this log. Paste fewer lines, or fewer columns.");
  assert.equal(told.mock.callCount(), 1);
});

test("the line to change has the rate, the momentum and the optimiser in each framework", () => {
  assert.deepEqual(linesToChange("0.1", null, "SGD"), [
    ["PyTorch", "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)"],
    ["Keras", "optimizer = keras.optimizers.SGD(learning_rate=0.1)"],
    ["JAX, optax", "optimizer = optax.sgd(learning_rate=0.1)"],
    ["numpy", "w = w - 0.1 * g"],
  ]);
  assert.deepEqual(linesToChange("0.1", 0.9, "RMSprop"), [
    ["PyTorch", "optimizer = torch.optim.RMSprop(model.parameters(), lr=0.1, momentum=0.9)"],
    ["Keras", "optimizer = keras.optimizers.RMSprop(learning_rate=0.1, momentum=0.9)"],
    ["JAX, optax", "optimizer = optax.rmsprop(learning_rate=0.1, momentum=0.9)"],
    ["numpy", "alpha = 0.1"],
  ]);
  assert.equal(linesToChange("0.1", 0.9, "SGD")[3][1], "v = 0.9 * v + g; w = w - 0.1 * v");
  assert.equal(linesToChange("0.1", 0.9, "AdamW")[0][1], "optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)");
  for (const other of ["Lion", "SGDW", "NAdam"]) assert.deepEqual(linesToChange("0.1", 0.9, other), [["numpy", "alpha = 0.1"]]);
});
