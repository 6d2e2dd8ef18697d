import assert from "node:assert/strict";
import { test } from "node:test";

import { sheet } from "./paper.mjs";
import { model } from "./shared.mjs";

const plot = await model("../plot");
const PLACE = { left: 100, top: 50, width: 400, height: 300 }; // its frame: 342 × 236 pixels from (146, 74)
const AXES = { x: [0, 60], y: [0, 4], title: "the loss" };

function panel(axes = {}, place = {}) {
  const svg = sheet();
  const made = new plot.Panel(svg);
  made.frame({ ...PLACE, ...place }, { ...AXES, ...axes });
  return made;
}

const ticks = (one, axis) => one.axes.find(`tick ${axis}`).words;
const labels = (one, axis) => ticks(one, axis).map((words) => words.split(" at ")[0]);

// ── Numbers ─────────────────────────────────────────────────────────────────

test("a number beside an edge is not shown as the edge, and a limit is not shown above itself", () => {
  assert.equal(plot.apart(0.1072 * 18.66, 2), "2.0004");
  assert.equal(plot.apart(1 - 0.1072 * 18.66, -1), "−1.0004");
  assert.equal(plot.apart(2, 2), "2");
  assert.deepEqual([1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9].map((more) => plot.apart(2 + more, 2)), ["2.0001", "2.00001", "2.000001", "2.0000001", "2.00000001", "2"]);
  for (let lambda = 1; lambda < 1000; lambda += 0.37) {
    const limit = 2 / lambda;
    const shown = Number(plot.below(limit));
    assert.ok(shown <= limit * (1 + 1e-12) && limit - shown < 1e-4 * limit, `${lambda}`);
  }
  assert.equal(plot.below(2 / 18.66), "0.10718");
  assert.equal(plot.below(0.3), "0.3");
  assert.equal(plot.below(99999.9), "99999");
});

test("a number has four digits, and a power of ten from a million and below a ten-thousandth", () => {
  const said = [
    [0, "0"],
    [0.0001, "0.0001"],
    [0.00009999, "10⁻⁴"],
    [-0.000012345, "−1.23 · 10⁻⁵"],
    [-999999, "−1000000"],
    [1e6, "10⁶"],
    [-1e6, "−10⁶"],
    [2.5e12, "2.5 · 10¹²"],
    [21e6, "2.1 · 10⁷"],
    [1.0e-290, "10⁻²⁹⁰"],
    [-18.6612, "−18.66"],
    [NaN, "nan"],
    [Infinity, "inf"],
    [-Infinity, "−inf"],
  ];
  for (const [value, words] of said) assert.equal(plot.short(value), words, String(value));
  assert.equal(plot.short(18.6612, 5), "18.661");
  assert.equal(plot.short(123456789, 2), "1.2 · 10⁸");
});

test("evenly spaced values have both ends", () => {
  assert.deepEqual(plot.evenly(-1, 2, 3), [-1, 0, 1, 2]);
});

// ── Axes ────────────────────────────────────────────────────────────────────

test("the frame leaves room for the numbers at its left and below it, and a value and its pixel are one", () => {
  const one = panel();
  const frame = { x: "146", y: "74", width: "342", height: "236" };
  assert.deepEqual(one.axes.find("frame").attributes, { class: "frame", ...frame });
  assert.deepEqual([one.x(0), one.x(30), one.x(60)], [146, 317, 488]);
  assert.deepEqual([one.y(0), one.y(1), one.y(4)], [310, 251, 74]);
  assert.deepEqual([one.x(1.003), one.y(0.333)], [151.7, 290.4]); // to a tenth of a pixel
  assert.deepEqual(one.values(317, 251), [30, 1]);
  const aside = panel({ x: [-1, 2], y: [-3, 1] });
  assert.deepEqual([aside.x(0), aside.y(0), aside.values(260, 133)], [260, 133, [0, 0]]);
  assert.equal(one.title, "the loss");
});

test("what is drawn ends at the frame of its own panel, and axes are not read aloud", () => {
  const svg = sheet();
  const two = [new plot.Panel(svg), new plot.Panel(svg)];
  assert.equal(svg.children.length, 2);
  const clips = two.map((one) => {
    one.frame(PLACE, AXES);
    const clip = one.group.find("clip");
    assert.equal(one.inside.attributes["clip-path"], `url(#${clip.attributes.id})`);
    assert.deepEqual(clip.find("box").attributes, { class: "box", x: "146", y: "74", width: "342", height: "236" });
    assert.equal(one.axes.attributes["aria-hidden"], "true");
    assert.deepEqual([one.group, one.axes, clip, one.inside, clip.find("box")].map(({ tag }) => tag), ["g", "g", "clipPath", "g", "rect"]);
    assert.deepEqual(one.axes.children.map(({ tag }) => tag), ["rect", "text", "text", "text", "g", "g"]);
    assert.deepEqual(one.group.children.map((child) => child.attributes.class), ["axes", "clip", "inside"]);
    return clip.attributes.id;
  });
  assert.match(clips[0], /^clip-\d+$/);
  assert.notEqual(...clips);
  assert.equal(svg.children[0].space, "http://www.w3.org/2000/svg");
});

test("a number stands below the middle of its tick, and left of its height", () => {
  assert.deepEqual(panel().axes.words.slice(0, 3), ["the loss at 146 64", "update at 488 342", "0 at 146 326"]);
  const one = panel({ ylabel: "J" });
  assert.deepEqual(one.axes.words.slice(0, 3), ["the loss at 146 64", "update at 488 342", "J at 151 88"]);
  assert.equal(one.axes.find("label x").attributes["text-anchor"], "end");
  const below = ["0 at 146 326", "10 at 203 326", "20 at 260 326", "30 at 317 326", "40 at 374 326", "50 at 431 326", "60 at 488 326"];
  assert.deepEqual(ticks(one, "x"), below);
  assert.deepEqual(ticks(one, "y"), ["0 at 141 314", "1 at 141 255", "2 at 141 196", "3 at 141 137", "4 at 141 78"]);
  assert.equal(one.axes.find("tick x").find("tick 0").attributes["text-anchor"], "middle");
  assert.equal(one.axes.find("tick y").find("tick 0").attributes["text-anchor"], "end");
});

test("ticks are 1, 2 or 5 times a power of ten, no more than there is room for", () => {
  assert.deepEqual(labels(panel({}, { width: 200 }), "x"), ["0", "20", "40", "60"]);
  assert.deepEqual(labels(panel({}, { width: 120 }), "x"), ["0", "50"]);
  assert.deepEqual(labels(panel({ x: [-0.04, 0.3] }), "x"), ["0", "0.1", "0.2", "0.3"]);
  assert.deepEqual(labels(panel({ x: [0, 0.12], xticks: 3 }), "x"), ["0", "0.05", "0.1"]);
  assert.deepEqual(labels(panel({ x: [1, 3], yticks: 2 }), "x"), ["1", "1.5", "2", "2.5", "3"]);
  assert.deepEqual(labels(panel({ y: [-25, 25], yticks: 2 }), "y"), ["0"]);
  assert.deepEqual(labels(panel({ y: [0, 0.7] }), "y"), ["0", "0.2", "0.4", "0.6"]);
});

test("where a figure names its ticks they are its own, and those of another state are gone", () => {
  const one = panel();
  one.frame(PLACE, { ...AXES, x: [0, 8], xticks: [[1, "one"], [8, "eight"]] });
  assert.deepEqual(ticks(one, "x"), ["one at 188.8 326", "eight at 488 326"]);
  one.frame(PLACE, AXES);
  assert.equal(labels(one, "x").at(-1), "60");
});

test("axes that stay are not drawn again", () => {
  const one = panel();
  const title = one.axes.find("title");
  title.textContent = "untouched";
  one.frame(PLACE, AXES);
  assert.equal(title.textContent, "untouched");
  for (const change of [{ title: "another" }, { x: [0, 61] }, { y: [0, 5] }, { xlabel: "step" }, { ylabel: "K" }]) {
    title.textContent = "untouched";
    one.frame(PLACE, { ...AXES, ...change });
    assert.notEqual(title.textContent, "untouched", JSON.stringify(change));
  }
  title.textContent = "untouched";
  one.place = { ...PLACE, left: 0 };
  one.scales(AXES);
  assert.equal(title.attributes.x, "46");
});

test("a logarithmic axis has whole powers of ten, and 1 is 1", () => {
  const one = panel({ y: [-2, 4], logY: true });
  assert.deepEqual(ticks(one, "y"), ["10⁻² at 141 314", "1 at 141 235.3", "10² at 141 156.7", "10⁴ at 141 78"]);
  assert.deepEqual([one.y(0.01), one.y(1), one.y(1e4)], [310, 231.3, 74]);
  assert.equal(one.up(400), -15502); // a height beyond what a number can say
  assert.deepEqual(labels(panel({ y: [-0.6, 1.2], logY: true }), "y"), ["1", "10¹"]);
});

// ── Lines and marks ─────────────────────────────────────────────────────────

const drawn = (one, name) => one.inside.find(name).attributes.d;

test("a line goes from point to point and leaves out what is no number", () => {
  const one = panel();
  one.line("run", [[0, 0], [30, 1], [40, NaN], [50, Infinity], [60, 4]], [[0, 4], [60, 0]]);
  assert.equal(drawn(one, "run"), "M146 310L317 251L488 74M146 74L488 310");
  assert.equal(one.inside.find("run").tag, "path");
  one.line("run");
  assert.equal(drawn(one, "run"), "");
  const log = panel({ y: [-2, 4], logY: true });
  log.line("run", [[0, 1], [30, 0], [40, -1], [60, 1e4]]);
  assert.equal(drawn(log, "run"), "M146 231.3L488 74");
});

test("a line to a far point is drawn towards it, ten thousand pixels away", () => {
  const one = panel();
  one.line("run", [[0, 0], [1e9, 1e9]], [[-1e9, -1e9]]);
  assert.equal(drawn(one, "run"), "M146 310L10000 -10000M-10000 10000");
  assert.deepEqual(one.at([30, 1]), [317, 251]);
});

test("each mark has its outline around its point", () => {
  const outlines = {
    o: "M5 20a5 5 0 1 0 10 0a5 5 0 1 0 -10 0",
    s: "M5 15h10v10h-10z",
    v: "M5 15h10l-5 10z",
    t: "M5 25h10l-5 -10z",
    p: "M5 20h10M10 15v10",
    x: "M5 15l10 10M15 15l-10 10",
  };
  assert.deepEqual(Object.keys(plot.shapes), Object.keys(outlines));
  for (const shape in outlines) assert.equal(plot.shapes[shape](10, 20, 5), outlines[shape], shape);
});

test("only what can be seen is marked, by a dot unless it is said otherwise", () => {
  const one = panel();
  one.marks("dots", [[0, 0], [10, NaN], [60, 4]], "p", 2);
  assert.equal(drawn(one, "dots"), "M144 310h4M146 308v4M486 74h4M488 72v4");
  one.marks("dots", [[0, 0]]);
  assert.equal(drawn(one, "dots"), plot.shapes.o(146, 310, 3.5));
});

test("the limit is a line across or up the whole frame, and none where there is none", () => {
  const one = panel();
  one.limit("limit", { y: 1 });
  assert.equal(drawn(one, "limit"), "M146 251h342");
  one.limit("limit", { x: 30 });
  assert.equal(drawn(one, "limit"), "M317 74v236");
  for (const none of [{ x: NaN }, { y: NaN }, { y: Infinity }, { x: NaN, y: 1 }]) {
    one.limit("limit", none);
    assert.equal(drawn(one, "limit"), "", JSON.stringify(none));
  }
});
