import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { layout, page, point, put, resize, wait } from "./page.mjs";
import { model } from "../shared.mjs";

const { handle, InteractiveFigure, make, pair } = await model("../figure");

/** A figure with a knob of each kind, which says what it shows. */
class Probe extends InteractiveFigure {
  static panels = [2, 1];
  static knobs = [
    { name: "kind", label: "format", value: "half", options: { half: "float16", full: "float32" } },
    { name: "rate", label: "rate α", min: 0.01, max: 10, value: 1, log: true, wide: true, tone: "tone1" },
    { name: "count", label: "updates", min: 1, max: 50, value: 5, whole: true },
    { name: "start", label: "start", value: 0 },
  ];
  static presets = [
    { label: "the limit", state: ({ rate }) => ({ rate: rate * 3 }) },
    { label: "far", state: () => ({ start: 4 }) },
  ];

  range(knob, state) {
    if (knob.name !== "start") return super.range(knob, state);
    return state.kind === "half" ? [-5, 5] : [-2, 2];
  }

  draw(state, panels) {
    this.drawn = (this.drawn ?? 0) + 1;
    panels.forEach((panel, i) => panel.scales({ x: [0, 1], y: [0, 1], title: `panel ${i}` }));
    const words = ["With ", ["tone1", `α = ${state.rate}`], ` it starts at ${state.start}.`];
    return { words, spoken: `rate ${state.rate}`, table: { head: ["update", [["tone1", "loss"]]], rows: [[0, state.rate], [1, "nan"]] } };
  }
}

class Single extends Probe {
  static panels = [1];
}

class Chooser extends Probe {
  chosen(name, value) {
    return { [name]: value, start: 1 };
  }

  prepare() {
    this.prepared = this.live.contains(this.buttons) && !this.isAwake;
  }
}

customElements.define("probe-figure", Probe);
customElements.define("single-figure", Single);
customElements.define("chooser-figure", Chooser);

/** The figure at an address, on a page of a width. */
function open(search = "", { tag = "probe-figure", width = 800, kind = "" } = {}) {
  layout.width = width;
  page.history.replaceState(null, "", `/taylor/${search}`);
  document.body.innerHTML = `<${tag} id="f" class="${kind}"><p>static</p></${tag}><a href="/taylor/#f">here</a><a href="/adam/#f">there</a><a href="/taylor/">top</a>`;
  return document.querySelector(tag);
}

const slider = (one, name) => one.querySelector(`#f-${name}`);
const field = (one, name) => slider(one, name).nextSibling;
const button = (one, words) => [...one.querySelectorAll("button")].find(({ textContent }) => textContent === words);

afterEach(() => {
  wait(5000);
  Object.assign(layout, { tall: "", copied: [], copies: true, resized: [] });
  document.body.innerHTML = "";
});

// ── Two runs ────────────────────────────────────────────────────────────────

test("two rates are two runs, each with its colour and mark; equal rates are one run, the second", () => {
  const run = (alpha) => ({ spoken: `α ${alpha}`, twice: 2 * alpha });
  const two = pair({ beside: 0.1, alpha: 0.2 }, run);
  assert.deepEqual(two.runs, [
    { alpha: 0.1, tone: "tone0", shape: "o", spoken: "α 0.1", twice: 0.2 },
    { alpha: 0.2, tone: "tone1", shape: "s", spoken: "α 0.2", twice: 0.4 },
  ]);
  assert.deepEqual(two.shown, two.runs);
  assert.equal(two.spoken, "α 0.1; α 0.2");
  const same = pair({ beside: 0.2, alpha: 0.2 }, run);
  assert.equal(same.runs.length, 2);
  assert.deepEqual(same.shown, [same.runs[1]]);
  assert.equal(same.spoken, "α 0.2");
});

test("the knobs of two rates are wide, logarithmic and told apart", () => {
  const shared = { wide: true, log: true, min: 0.001, max: 1 };
  assert.deepEqual(pair.knobs(0.001, 1, 0.01, 0.12), [
    { name: "beside", label: "first rate α", tone: "tone0", ...shared, value: 0.01 },
    { name: "alpha", label: "second rate α", tone: "tone1", ...shared, value: 0.12 },
  ]);
});

test("an element is made with what stands in it", () => {
  assert.equal(make("p", { className: "note" }, "a ", make("b", {}, "c")).outerHTML, '<p class="note">a <b>c</b></p>');
});

// ── Address ─────────────────────────────────────────────────────────────────

const DEFAULTS = { kind: "half", rate: 1, count: 5, start: 0 };

test("the state stands in the address, and nothing of it is taken if any part is bad", () => {
  assert.deepEqual(open().state, DEFAULTS);
  assert.deepEqual(open("?f.rate=0.5&f.kind=full&f.count=7&f.start=-2").state, { kind: "full", rate: 0.5, count: 7, start: -2 });
  for (const rate of ["2", "+2", "2.", "2.0", "0.2e1", "20E-1", ".20e+1", "02.00", "2e00"]) assert.equal(open(`?f.rate=${encodeURIComponent(rate)}`).state.rate, 2, rate);
  for (const bad of ["f.rate=", "f.rate=2x", "f.rate=x2", "f.rate=.", "f.rate=Infinity", "f.rate=0x1", "f.rate=2e", "f.rate=0.001", "f.rate=11", "f.kind=none", "f.kind=toString", "f.count=2.5", "f.start=6", "f.kind=full&f.start=-3"]) {
    assert.deepEqual(open(`?${bad}&f.count=9`).state, DEFAULTS, bad);
  }
  for (const end of ["f.rate=0.01", "f.rate=10"]) assert.equal(`f.rate=${open(`?${end}`).state.rate}`, end);
  assert.deepEqual(open("?g.rate=0.5&rate=0.5").state, DEFAULTS); // another figure's
});

test("what was changed is written into the address once the hand rests, beside what stands there", () => {
  const one = open("?q=1&f.count=7");
  page.history.replaceState({ kept: true }, "", page.location.href);
  put(field(one, "rate"), 2);
  wait(299);
  assert.equal(page.location.search, "?q=1&f.count=7");
  put(field(one, "rate"), 3);
  wait(299);
  assert.equal(page.location.search, "?q=1&f.count=7");
  wait(1);
  assert.equal(page.location.href, "https://overshoot.example/taylor/?q=1&f.count=7&f.rate=3#f");
  assert.deepEqual(page.history.state, { kept: true });
  put(field(one, "count"), 5); // the default has no need to stand there
  wait(300);
  assert.equal(page.location.search, "?q=1&f.rate=3");
  const links = [...document.links].map((link) => link.getAttribute("href"));
  assert.match(links[0], /\/taylor\/\?q=1&f\.rate=3#f$/); // to the theme another query were another page
  assert.deepEqual(links.slice(1), ["/adam/#f", "/taylor/"]);
});

test("a figure that has left the page leaves the address alone", () => {
  const one = open();
  put(field(one, "rate"), 2);
  one.remove();
  wait(300);
  assert.equal(page.location.search, "");
});

test("the link is copied by one button, and where that is not allowed it says what to do", async () => {
  const one = open();
  one.set({ rate: 2 });
  const copy = button(one, "Copy link");
  await one.copy(copy);
  assert.deepEqual(layout.copied, ["https://overshoot.example/taylor/?f.rate=2#f"]);
  assert.deepEqual([copy.textContent, one.status.textContent, one.note.textContent], ["Link copied", "Link copied", ""]);
  wait(1999);
  assert.equal(copy.textContent, "Link copied");
  wait(1);
  assert.equal(copy.textContent, "Copy link");
  copy.click();
  await Promise.resolve();
  assert.equal(layout.copied.length, 2);
  layout.copies = false;
  await one.copy(copy);
  assert.equal(one.note.textContent, "Copy the link from the address bar.");
});

// ── Parts ───────────────────────────────────────────────────────────────────

test("the drawing, what it says, its knobs, its buttons and its table come in the order in which they are read", () => {
  const one = open();
  assert.deepEqual([...one.live.children].map((part) => `${part.tagName.toLowerCase()} ${part.getAttribute("class")}`), [
    "svg main",
    "svg rest",
    "p says",
    "p note",
    "div knobs",
    "div buttons",
    "p spoken",
    "details values",
  ]);
  assert.ok(one.live.parentNode === one);
  assert.equal(one.live.className, "live");
  assert.ok(one.classList.contains("awake"));
  assert.deepEqual([one.svg.getAttribute("role"), one.rest.getAttribute("aria-hidden"), one.note.role, one.note.id, one.status.role], ["img", "true", "alert", "f-note", "status"]);
  assert.ok(one.svg.querySelector("[class^=panel]") && one.rest.querySelector("[class^=panel]"));
  const scroll = one.querySelector(".scroll");
  assert.deepEqual([scroll.tabIndex, scroll.role, scroll.ariaLabel, scroll.parentNode.querySelector("summary").textContent], [0, "region", "The values as a table", "The values as a table"]);
  assert.deepEqual([...one.querySelectorAll("button")].map(({ type, textContent }) => [type, textContent]), [["button", "the limit"], ["button", "far"], ["button", "Start again"], ["button", "Copy link"]]);
});

test("a figure that is moved within the page is not made anew", () => {
  const one = open("?f.rate=2");
  const { live } = one;
  document.body.append(one);
  assert.ok(one.live === live);
  assert.equal(one.querySelectorAll(".live").length, 1);
});

test("each knob has its name, its colour and its range, and says its value with the regime", () => {
  const one = open("?f.rate=0.1");
  const rows = [...one.querySelectorAll(".knobs > div")];
  assert.deepEqual(rows.map(({ className, hidden }) => [className, hidden]), [["knob", false], ["wide knob", false], ["knob", false], ["knob", false]]);
  assert.deepEqual(rows.map((row) => [row.firstChild.textContent, row.firstChild.htmlFor, row.firstChild.className]), [["format", "f-kind", ""], ["rate α", "f-rate", "tone1"], ["updates", "f-count", ""], ["start", "f-start", ""]]);
  assert.deepEqual([...slider(one, "kind").options].map(({ value, textContent }) => [value, textContent]), [["half", "float16"], ["full", "float32"]]);
  const set = ({ type, className, min, max, step, value }) => [type, className, min, max, step, value].join(" ");
  assert.equal(set(slider(one, "rate")), "range tone1 -2 1 0.003 -1");
  assert.equal(set(field(one, "rate")), "number  0.01 10 any 0.1");
  assert.equal(set(slider(one, "count")), "range  1 50 1 5");
  assert.equal(set(field(one, "count")), "number  1 50 1 5");
  assert.equal(set(slider(one, "start")), "range  -5 5 0.01 0");
  assert.equal(set(field(one, "start")), "number  -5 5 any 0");
  assert.deepEqual([field(one, "rate").ariaLabel, field(one, "rate").getAttribute("aria-describedby")], ["rate α, exact", "f-note"]);
  assert.equal(slider(one, "rate").getAttribute("aria-valuetext"), "rate α 0.1, rate 0.1");
});

test("a figure on the front page has its wide knobs only, and no table", () => {
  const one = open("", { kind: "compact" });
  assert.deepEqual([...one.querySelectorAll(".knobs > div")].map(({ hidden }) => hidden), [true, false, true, true]);
  assert.ok(!one.querySelector("details"));
});

test("what a figure prepares of its own stands in its place before it is seen", () => {
  assert.ok(open("", { tag: "chooser-figure" }).prepared);
});

// ── State ───────────────────────────────────────────────────────────────────

test("a slider moves in three digits, or in whole numbers", () => {
  const one = open();
  put(slider(one, "rate"), Math.log10(0.123456));
  assert.equal(one.state.rate, 0.123);
  assert.equal(field(one, "rate").value, "0.123");
  assert.equal(Number(slider(one, "rate").value), Math.log10(0.123456)); // stays below the finger
  put(slider(one, "count"), 7);
  assert.deepEqual([one.state.count, field(one, "count").value], [7, "7"]);
  put(slider(one, "start"), 1.23456);
  assert.equal(one.state.start, 1.23);
  put(field(one, "rate"), 0.1);
  assert.equal(slider(one, "rate").value, "-1");
});

test("a number is taken as it is typed, and corrected only when it is left", () => {
  const one = open();
  const typed = field(one, "rate");
  typed.focus();
  put(typed, "0.12345678901");
  assert.equal(one.state.rate, 0.12345678901);
  assert.equal(typed.value, "0.12345678901"); // somebody is typing
  put(typed, "0");
  assert.deepEqual([one.state.rate, one.note.textContent], [0.12345678901, ""]);
  put(typed, "0", "change");
  assert.equal(one.note.textContent, "rate α: a number from 0.01 to 10, please.");
  assert.equal(typed.getAttribute("aria-invalid"), "true");
  put(typed, "10");
  put(typed, "10", "change");
  assert.deepEqual([one.state.rate, one.note.textContent, typed.getAttribute("aria-invalid")], [10, "", "false"]);
  put(typed, "11", "change");
  typed.blur();
  one.set({ rate: 0.123456789123 });
  assert.deepEqual([typed.value, typed.getAttribute("aria-invalid"), one.note.textContent], ["0.12345679", "false", ""]);
  put(field(one, "count"), "2.5");
  put(field(one, "count"), "2.5", "change");
  assert.deepEqual([one.state.count, one.note.textContent], [5, "updates: a whole number from 1 to 50, please."]);
  put(field(one, "start"), " ");
  put(field(one, "start"), "", "change");
  assert.deepEqual([one.state.start, one.note.textContent], [0, "start: a number from −5 to 5, please."]);
});

test("a choice changes the ranges that depend on it, and what is beyond them comes within", () => {
  const one = open("?f.start=-4");
  put(slider(one, "kind"), "full", "change");
  assert.deepEqual([one.state.kind, one.state.start], ["full", -2]);
  for (const control of [slider(one, "start"), field(one, "start")]) assert.deepEqual([control.min, control.max, control.value], ["-2", "2", "-2"]);
  assert.equal(slider(one, "rate").min, "-2");
  one.set({ kind: "half", start: 9 });
  assert.deepEqual([one.state.start, slider(one, "kind").value], [5, "half"]);
});

test("a figure may answer a choice with more than the choice", () => {
  const one = open("", { tag: "chooser-figure" });
  put(slider(one, "kind"), "full", "change");
  assert.deepEqual([one.state.kind, one.state.start], ["full", 1]);
});

test("each change is told to the page, with a state of its own", () => {
  const one = open();
  const told = [];
  document.body.addEventListener("state", ({ detail }) => told.push(detail));
  one.set({ rate: 2 });
  one.set({ count: 6 });
  assert.deepEqual(told, [{ ...DEFAULTS, rate: 2 }, { ...DEFAULTS, rate: 2, count: 6 }]);
});

test("a button sets what it names, cannot be pressed beyond a knob, and Start again brings all back", () => {
  const one = open("?f.rate=2");
  button(one, "the limit").click();
  assert.equal(one.state.rate, 6);
  assert.ok(button(one, "the limit").disabled && !button(one, "far").disabled);
  button(one, "far").click();
  assert.equal(one.state.start, 4);
  put(slider(one, "kind"), "full", "change");
  assert.ok(button(one, "far").disabled);
  button(one, "Start again").click();
  assert.deepEqual(one.state, DEFAULTS);
  assert.ok(!button(one, "the limit").disabled);
  one.set({ rate: 3 });
  assert.deepEqual(one.defaults, DEFAULTS);
});

// ── Words ───────────────────────────────────────────────────────────────────

test("what it says stands below the drawing, in colours, and describes it", () => {
  const one = open("?f.rate=2");
  assert.equal(one.says.innerHTML, 'With <b class="tone1">α = 2</b> it starts at 0.');
  assert.equal(one.svg.getAttribute("aria-label"), "panel 0, panel 1. With α = 2 it starts at 0.");
  assert.equal(one.dataset.state, "On the screen: With α = 2 it starts at 0."); // for paper
  one.set({ rate: 1 });
  assert.equal(one.dataset.state, "");
});

test("what another control did is spoken once it is done; a slider speaks for itself", () => {
  const one = open();
  wait(400);
  put(field(one, "rate"), 2);
  wait(399);
  assert.equal(one.status.textContent, "rate 1");
  put(field(one, "rate"), 3);
  wait(399);
  assert.equal(one.status.textContent, "rate 1");
  wait(1);
  assert.equal(one.status.textContent, "rate 3");
  put(slider(one, "rate"), 0);
  wait(1000);
  assert.equal(one.status.textContent, "rate 3");
  assert.equal(slider(one, "rate").getAttribute("aria-valuetext"), "rate α 1, rate 1");
});

test("the table is filled when it is opened, and follows from then on", () => {
  const one = open();
  assert.equal(one.table.innerHTML, "");
  one.values.open = true;
  one.values.dispatchEvent(new page.Event("toggle"));
  const rows = (rate) => `<tbody><tr><td>0</td><td>${rate}</td></tr><tr><td>1</td><td>nan</td></tr></tbody>`;
  const head = '<thead><tr><th scope="col">update</th><th scope="col"><b class="tone1">loss</b></th></tr></thead>';
  assert.equal(one.table.innerHTML, head + rows(1));
  one.set({ rate: 2 });
  assert.equal(one.table.innerHTML, head + rows(2));
  one.values.open = false;
  one.set({ rate: 3 });
  one.values.dispatchEvent(new page.Event("toggle"));
  assert.equal(one.table.innerHTML, head + rows(2));
});

// ── Places ──────────────────────────────────────────────────────────────────

const sizes = (one) => [one.svg, one.rest].map((svg) => `${svg.getAttribute("viewBox")}, ${svg.style.height}`);

test("where there is room the panels stand side by side by their shares, else one below the other", () => {
  const one = open("", { width: 900 });
  assert.deepEqual(sizes(one), ["0 0 600 270, 270px", "0 0 300 270, 270px"]);
  assert.deepEqual(one.panels.map(({ place }) => place), [{ left: 0, top: 0, width: 600, height: 270 }, { left: 0, top: 0, width: 300, height: 270 }]);
  assert.equal(one.live.style.gridTemplateColumns, "600fr 300fr");
  assert.ok(!one.live.classList.contains("narrow") && !one.rest.hasAttribute("hidden"));
  resize(519);
  assert.deepEqual(sizes(one), ["0 0 519 190, 190px", "0 0 519 190, 190px"]);
  assert.deepEqual(one.panels[1].place, { left: 0, top: 0, width: 519, height: 190 });
  assert.equal(one.live.style.gridTemplateColumns, "minmax(0, 1fr)");
  assert.ok(one.live.classList.contains("narrow"));
  resize(520);
  assert.ok(!one.live.classList.contains("narrow"));
});

test("of three panels the others share the second drawing", () => {
  customElements.get("triple-figure") ?? customElements.define("triple-figure", class extends Probe { static panels = [2, 1, 1]; });
  const one = open("", { tag: "triple-figure" });
  assert.deepEqual(one.panels.map(({ place }) => [place.left, place.top, place.width]), [[0, 0, 400], [0, 0, 200], [200, 0, 200]]);
  assert.deepEqual(sizes(one), ["0 0 400 270, 270px", "0 0 400 270, 270px"]);
  resize(300);
  assert.deepEqual(one.panels.map(({ place }) => [place.left, place.top, place.width]), [[0, 0, 300], [0, 0, 300], [0, 190, 300]]);
  assert.deepEqual(sizes(one), ["0 0 300 190, 190px", "0 0 300 380, 380px"]);
});

test("a single panel has the whole width and height on a phone too, and nothing beside it", () => {
  const one = open("", { tag: "single-figure", width: 400 });
  assert.equal(sizes(one)[0], "0 0 400 270, 270px");
  assert.ok(one.rest.hasAttribute("hidden"));
});

test("on a slide it is as tall as there is room", () => {
  layout.tall = " 200";
  assert.equal(sizes(open())[0], "0 0 533.3333333333334 200, 200px");
});

test("nothing is drawn before it is seen, nor again when its width stays", () => {
  const one = open("", { width: 0 });
  assert.equal(one.drawn, undefined);
  resize(700.4);
  assert.equal(one.drawn, 1);
  resize(700);
  assert.equal(one.drawn, 1);
  resize(699);
  assert.equal(one.drawn, 2);
  const [watched] = layout.resized.at(-1);
  assert.ok(watched === one.live);
  one.svg.removeAttribute("viewBox");
  one.set({ rate: 2 });
  assert.equal(one.svg.getAttribute("viewBox"), null); // its size is written when it changes
});

// ── Handle ──────────────────────────────────────────────────────────────────

test("a handle is dragged from where it was taken hold of, in the measure of the drawing", () => {
  const one = open();
  const moves = [];
  const draw = (at) => handle(one.panels[0].group, at, (...to) => moves.push(to));
  draw([100, 50]);
  const circle = one.querySelector("circle.handle");
  assert.deepEqual(["r", "cx", "cy"].map((name) => circle.getAttribute(name)), ["12", "100", "50"]);
  for (const [axis, value] of [["cx", 100], ["cy", 50]]) Object.defineProperty(circle, axis, { value: { baseVal: { value } } });
  point(circle, "pointermove", 220, 120);
  assert.deepEqual(moves, []); // nobody holds it
  const event = point(circle, "pointerdown", 210, 104);
  assert.ok(event.defaultPrevented);
  assert.equal(circle.captured, 7);
  point(circle, "pointermove", 230, 144);
  assert.deepEqual(moves, [[110, 70]]);
  draw([110, 70]);
  assert.equal(circle.getAttribute("cx"), "110");
  point(circle, "pointermove", 232, 144);
  assert.equal(moves.length, 2); // it listens once
  point(circle, "pointermove", 240, 144, false);
  assert.equal(moves.length, 2);
});
