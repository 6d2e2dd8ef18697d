import assert from "node:assert/strict";
import { test } from "node:test";

import "../figures/paper.mjs";
import { reader } from "./shared.mjs";

const { answer } = await reader("answer");
const { Drawing } = await reader("drawing");

/** The drawing of an answer, 558 pixels wide: its frame is 500 wide from 46, and 206 high from 24. */
function draw(text, width = 558) {
  const said = answer({ text, column: "", weights: "", settings: {} });
  const drawing = new Drawing();
  drawing.draw(said, width);
  return drawing;
}

const path = ({ panel }, name) => panel.inside.find(name).attributes.d;
const count = (d, pen) => d.split(pen).length - 1;

const labels = ({ panel }, axis) => panel.axes.find(`tick ${axis}`).words.map((one) => one.split(" at ")[0]);
const keys = (drawing) => drawing.keys.children.map((one) => `${one.className}: ${one.textContent}`);

test("an explosion is drawn on powers of ten, with what was read and where it was lost", () => {
  const drawing = draw("1\n10\n100\n1000\n10000\ninf");
  const { panel, svg, element } = drawing;
  assert.deepEqual([element.tag, element.className, element.hidden, svg.attributes.role, svg.attributes.class, svg.tag], ["div", "drawing", false, "img", "drawn", "svg"]);
  assert.deepEqual([svg.attributes.viewBox, svg.style.height], ["0 0 558 270", "270px"]);
  assert.equal(path(drawing, "run"), "M55.4 210.1L149.8 168.5L244.1 127L338.5 85.5L432.8 43.9");
  assert.equal(path(drawing, "growth"), path(drawing, "run"));
  assert.equal(path(drawing, "fit"), "M55.4 210.1L432.8 43.9");
  assert.equal(path(drawing, "limit"), "M46 210.1h500");
  assert.equal(path(drawing, "lost"), "M521.1 37.9l12 12M533.1 37.9l-12 12");
  assert.equal(count(path(drawing, "run dots"), "z"), 5);
  assert.match(path(drawing, "run dots"), /^M52\.9 207\.6h5v5h-5z/);
  assert.deepEqual(panel.axes.words.slice(0, 3), ["The losses, first inf at step 5 at 46 14", "update at 546 262", "0 at 55.4 246"]);
  assert.deepEqual([labels(drawing, "x"), labels(drawing, "y")], [["0", "1", "2", "3", "4", "5"], ["1", "10¹", "10²", "10³", "10⁴"]]);
  assert.deepEqual(keys(drawing), ["run: loss", "fit: what was read", "limit: at the limit"]);
  assert.deepEqual(element.children.map((one) => one.tag), ["svg", "p"]);
  assert.deepEqual([drawing.keys.className, drawing.keys.attributes["aria-hidden"]], ["keys", "true"]); // which the drawing's words tell
  assert.equal(
    svg.attributes["aria-label"],
    "5 losses, then inf at step 5: the first 1, the highest 10000 at step 4, the last 10000. The loss grew from step 0 to step 4, above its floor by a factor of 10 per update, as on a parabola.",
  );
});

test("only the steps in which it grew are marked as growth", () => {
  const drawing = draw("1\n0.9\n1\n10\n100\n1000\n10000\n9000\n8000\nnan");
  assert.equal(count(path(drawing, "growth"), "L"), 5);
  assert.equal(count(path(drawing, "run"), "L"), 8);
});

test("a run that falls has neither a fit nor a limit, and one key", () => {
  const drawing = draw("5\n4\n3\n2.5\n2\n1.8");
  for (const name of ["growth", "fit", "limit", "lost"]) assert.equal(path(drawing, name), "", name);
  assert.deepEqual(drawing.panel.axes.words.slice(-1), ["1 at 41 225.2"]);
  assert.deepEqual(keys(drawing), ["run: loss"]);
  assert.equal(path(drawing, "run"), "M55.4 83.2L149.8 102.3L244.1 127L338.5 142.6L432.8 161.8L527.1 170.8"); // with room above and below
  assert.equal(drawing.panel.title, "The losses");
  assert.equal(drawing.svg.attributes["aria-label"], "6 losses: the first 5, the highest 5 at step 0, the last 1.8. The loss falls, to 2.");
});

test("where numbers come again after a nan, only its first place is told", () => {
  const { panel, svg } = draw("80.4866\n12\n3\n0.5\nnan\n0.4\n99");
  assert.equal(panel.title, "The losses, first nan at step 4");
  assert.equal(
    svg.attributes["aria-label"],
    "4 losses, then nan at step 4: the first 80.49, the highest 80.49 at step 0, the last 0.5. Numbers come again after the nan, so the weights are whole and single batches are to blame.",
  );
  assert.match(draw("0.7\nnan").svg.attributes["aria-label"], /^1 loss, then nan at step 1: the first 0\.7, /);
});

test("below losses that stand for several updates, nobody knows how many, lines are counted", () => {
  const words = (text) => draw(text).panel.axes.words[1];
  const epochs = "Epoch 1 loss 5\nEpoch 2 loss 4\nEpoch 3 loss 3";
  assert.deepEqual([words(epochs), words("5\n4\n3")], ["line at 546 262", "update at 546 262"]);
});

test("losses below zero, or of nothing but zeros, stand on a plain axis", () => {
  const below = draw("-5\n-4\n-3\n0\n20");
  assert.deepEqual(labels(below, "y"), ["0", "10", "20"]);
  assert.equal(path(below, "run"), "M55.4 210.1L173.4 203.4L291.3 196.8L409.2 176.8L527.1 43.9");
  for (const name of ["fit", "limit"]) assert.equal(path(below, name), "", name);
  assert.deepEqual(keys(below), ["run: loss"]);
  const zeros = draw("0\n0\n0\n0");
  assert.deepEqual(labels(zeros, "y"), ["−1", "−0.5", "0", "0.5", "1"]);
  assert.equal(path(zeros, "run"), "M55.4 127L212.7 127L369.9 127L527.1 127");
  assert.equal(path(draw("-7\n-7\n-7"), "run"), "M55.4 127L291.3 127L527.1 127");
  assert.deepEqual(labels(draw("-7\n-7\n-7"), "y"), ["−7.5", "−7", "−6.5"]);
});

test("a zero among losses is left out of a logarithmic axis", () => {
  const drawing = draw("1\n0\n10\n100\n1000\n10000");
  assert.equal(count(path(drawing, "run"), "L"), 4);
  assert.deepEqual(labels(drawing, "y"), ["1", "10¹", "10²", "10³", "10⁴"]);
  assert.equal(path(drawing, "lost"), "");
  assert.equal(path(draw("0\n0\n5\n50\n500\nnan"), "limit"), "");
});

test("losses that are all the same have a height, and the largest numbers an axis", () => {
  assert.equal(path(draw("7\n7\n7"), "run"), "M55.4 127L291.3 127L527.1 127");
  assert.deepEqual(labels(draw("7\n7\n7"), "y"), ["10¹"]);
  assert.deepEqual(labels(draw("-1e308\n1e308\n1e309"), "y"), ["−10³⁰⁷", "−5 · 10³⁰⁶", "0", "5 · 10³⁰⁶", "10³⁰⁷"]);
});

test("each step has its tick where there is room, else round ones", () => {
  const eight = "5\n50\n80\n20\n4\n3\n2\n1";
  assert.deepEqual(labels(draw(eight), "x"), ["0", "1", "2", "3", "4", "5", "6", "7"]);
  assert.deepEqual(labels(draw(eight, 491), "x"), ["0", "1", "2", "3", "4", "5", "6", "7"]);
  assert.deepEqual(labels(draw(eight, 490), "x"), ["0", "2", "4", "6"]);
  assert.deepEqual(labels(draw("step,loss\n500,2\n507,1\n514,nan"), "x"), ["500", "507", "514"]);
  assert.match(path(draw("step,loss\n500,2\n507,1\n514,nan"), "run"), /^M55\.4 .*L291\.3 /);
});

test("a long run has a line without dots", () => {
  const run = (losses) => draw(Array.from({ length: losses }, (_, n) => 5 * 0.95 ** n).join("\n"));
  assert.equal(count(path(run(79), "run dots"), "z"), 79);
  assert.equal(path(run(80), "run dots"), "");
  assert.equal(count(path(run(80), "run"), "L"), 79);
});

test("where no loss is a number nothing is drawn, nor before there is room", () => {
  assert.ok(draw("nan\nnan").element.hidden);
  assert.equal(draw("nan\nnan").svg.attributes.viewBox, undefined);
  const unseen = draw("5\n4\n3", -1);
  assert.deepEqual([unseen.element.hidden, unseen.svg.attributes.viewBox], [false, undefined]);
});
