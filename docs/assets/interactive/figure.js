// What every figure that answers has in common: its knobs, its address, its words, its table.

import { node, short } from "./plot.js";

export { Panel, evenly, node, short } from "./plot.js";

export const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const digits = (value) => String(Number(Number(value).toPrecision(3)));

/**
 * A custom element around a static figure, which it hides while it is alive, and not on paper.
 *
 * A subclass gives `static knobs` (name, label, and min, max, value, log or options), `static panels`
 * (the share of the width that each has) and `draw(state, size)`, which draws and returns the state in words:
 * { title, words, spoken, unstable, table: { head, rows } }.
 */
export class AnsweringFigure extends HTMLElement {
  static presets = [];

  connectedCallback() {
    if (this.live) return;
    this.defaults = Object.fromEntries(this.constructor.knobs.map(({ name, value }) => [name, value]));
    this.state = { ...this.defaults, ...this.fromAddress() };
    this.build();
    this.width = Math.round(this.live.clientWidth);
    this.redraw();
    this.resized = new ResizeObserver(() => {
      const width = Math.round(this.live.clientWidth); // asked here: an answer costs a layout
      if (width === this.width) return;
      this.width = width;
      this.redraw();
    });
    this.resized.observe(this.live);
  }

  disconnectedCallback() {
    this.resized?.disconnect();
  }

  // ── Address ─────────────────────────────────────────────────────────────

  key(name) {
    return `${this.id}.${name}`;
  }

  /** The state in the address; nothing of it if any part is bad. */
  fromAddress() {
    const search = new URLSearchParams(location.search);
    const found = {};
    for (const knob of this.constructor.knobs) {
      const given = search.get(this.key(knob.name));
      if (given === null) continue;
      found[knob.name] = knob.options ? given : DECIMAL.test(given) ? Number(given) : NaN;
    }
    const state = { ...this.defaults, ...found };
    // Choices first: the range of a number may depend on them.
    const knobs = [...this.constructor.knobs].sort((a, b) => !a.options - !b.options);
    return knobs.every((knob) => this.allows(knob, state[knob.name], state)) ? found : {};
  }

  /** The least and the largest value of a knob, which may depend on the others. */
  range({ min, max }) {
    return [min, max];
  }

  allows(knob, value, state = this.state) {
    if (knob.options) return Object.hasOwn(knob.options, value);
    const [min, max] = this.range(knob, state);
    return value >= min && value <= max && (!knob.whole || Number.isInteger(value));
  }

  address() {
    const url = new URL(location.href);
    for (const { name } of this.constructor.knobs) {
      if (this.state[name] === this.defaults[name]) url.searchParams.delete(this.key(name));
      else url.searchParams.set(this.key(name), this.state[name]);
    }
    url.hash = this.id;
    return url;
  }

  remember() {
    clearTimeout(this.later);
    // Browsers count how often an address changes, so wait until the hand rests.
    this.later = setTimeout(() => this.isConnected && this.settle(), 300);
  }

  settle() {
    history.replaceState(history.state, "", this.address());
    // To the theme a link with another query is another page, which it would load anew.
    for (const link of document.links) if (link.hash && link.pathname === location.pathname) link.search = location.search;
    return location.href;
  }

  // ── Parts ───────────────────────────────────────────────────────────────

  build() {
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.svg.setAttribute("role", "img");
    this.controls = new Map();
    this.note = make("p", { className: "note", role: "alert", id: `${this.id}-note` });
    const knobs = make("div", { className: "knobs" }, ...this.constructor.knobs.map((knob) => this.knob(knob)));
    this.says = make("p", { className: "says" });
    this.status = make("p", { className: "spoken", role: "status" });
    this.table = make("table");
    const scroll = make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "The values as a table" }, this.table);
    this.values = make("details", { className: "values" }, make("summary", { textContent: "The values as a table" }), scroll);
    this.values.addEventListener("toggle", () => this.tabulate());
    const copy = this.button("Copy link", () => this.copy(copy));
    const reset = this.button("Start again", () => this.set({ ...this.defaults }));
    this.buttons = make("div", { className: "buttons" });
    this.presets = this.constructor.presets.map(({ label, state }) => {
      const button = this.button(label, () => this.set(state(this.state)));
      return { button, state };
    });
    this.buttons.append(...this.presets.map(({ button }) => button));
    this.buttons.append(reset, copy);
    this.live = make("div", { className: "live" }, this.svg, this.says, this.note, knobs, this.buttons, this.status, this.values);
    this.prepare?.();
    this.querySelector("figure").prepend(this.live);
  }

  button(label, action) {
    const made = make("button", { type: "button", textContent: label });
    made.addEventListener("click", action);
    return made;
  }

  knob(knob) {
    const id = `${this.id}-${knob.name}`;
    const label = make("label", { htmlFor: id, textContent: knob.label });
    const row = make("div", { className: "knob" }, label);
    if (knob.options) {
      const options = Object.entries(knob.options).map(([value, words]) => make("option", { value, textContent: words }));
      const select = make("select", { id }, ...options);
      select.addEventListener("change", () => this.set(this.chosen?.(knob.name, select.value) ?? { [knob.name]: select.value }));
      this.controls.set(knob.name, { show: (value) => (select.value = value), row });
      row.append(select);
      return row;
    }
    const [from, to] = knob.log ? [Math.log10(knob.min), Math.log10(knob.max)] : this.range(knob, this.state);
    const slider = make("input", { id, type: "range", min: from, max: to, step: knob.whole ? 1 : (to - from) / 1000 });
    const field = make("input", { type: "number", min: knob.min, max: knob.max, step: knob.whole ? 1 : "any", ariaLabel: `${knob.label}, exact` });
    slider.addEventListener("input", () => {
      const value = knob.log ? 10 ** slider.value : Number(slider.value);
      const near = Number(knob.whole ? Math.round(value) : digits(value));
      this.set({ [knob.name]: near }, slider);
    });
    field.setAttribute("aria-describedby", this.note.id);
    const fine = () => field.value.trim() !== "" && this.allows(knob, Number(field.value));
    field.addEventListener("input", () => fine() && this.set({ [knob.name]: Number(field.value) }, field));
    field.addEventListener("change", () => {
      // Only now: on the way to 0.05 stands a 0.
      field.setAttribute("aria-invalid", String(!fine()));
      const [min, max] = this.range(knob, this.state);
      this.note.textContent = fine() ? "" : `${knob.label}: a ${knob.whole ? "whole " : ""}number from ${short(min)} to ${short(max)}, please.`;
    });
    const show = (value, source) => {
      if (!knob.log) [slider.min, slider.max] = [field.min, field.max] = this.range(knob, this.state);
      if (source !== slider) slider.value = knob.log ? Math.log10(value) : value;
      if (field === document.activeElement) return; // somebody is typing
      field.value = Number(value.toPrecision(8));
      field.setAttribute("aria-invalid", "false");
    };
    this.controls.set(knob.name, { show, slider, row });
    row.append(slider, field);
    return row;
  }

  // ── State ───────────────────────────────────────────────────────────────

  set(changes, source) {
    Object.assign(this.state, changes);
    for (const knob of this.constructor.knobs) {
      if (knob.options) continue;
      const [min, max] = this.range(knob, this.state);
      this.state[knob.name] = Math.min(max, Math.max(min, this.state[knob.name]));
    }
    this.note.textContent = "";
    this.redraw(source);
    this.remember();
  }

  redraw(source) {
    const { width } = this;
    if (!width) return; // on paper, or not yet shown
    const shares = this.constructor.panels;
    const beside = width >= 520;
    const tall = beside || shares.length === 1 ? 270 : shares.length === 2 ? 215 : 180;
    const height = beside ? tall : tall * shares.length;
    const unit = width / shares.reduce((sum, share) => sum + share, 0);
    let left = 0;
    const places = shares.map((share, i) => {
      const place = beside ? { left, top: 0, width: share * unit, height: tall } : { left: 0, top: i * tall, width, height: tall };
      left += share * unit;
      return place;
    });
    if (this.size !== `${width} ${height}`) {
      this.size = `${width} ${height}`;
      this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      this.svg.style.height = `${height}px`;
    }
    const said = (this.said = this.draw(this.state, places));
    this.live.classList.toggle("unstable", Boolean(said.unstable));
    this.says.textContent = said.words;
    this.svg.setAttribute("aria-label", `${said.title}. ${said.words}`);
    for (const { name, label } of this.constructor.knobs) {
      const { show, slider } = this.controls.get(name);
      show(this.state[name], source);
      slider?.setAttribute("aria-valuetext", `${label} ${short(this.state[name])}, ${said.spoken}`);
    }
    for (const { button, state } of this.presets) button.disabled = !this.reaches(state(this.state));
    if (this.values.open) this.tabulate();
    clearTimeout(this.speaks);
    // A slider speaks for itself; what another control did is said once it is done.
    if (source?.type !== "range") this.speaks = setTimeout(() => (this.status.textContent = said.spoken), 400);
    this.dataset.state = this.changed() ? `On the screen: ${said.words}` : "";
  }

  /** Whether all values of a preset lie on their sliders. */
  reaches(changes) {
    const state = { ...this.state, ...changes };
    return this.constructor.knobs.every((knob) => !(knob.name in changes) || this.allows(knob, changes[knob.name], state));
  }

  changed() {
    return this.constructor.knobs.some(({ name }) => this.state[name] !== this.defaults[name]);
  }

  tabulate() {
    if (!this.values.open) return this.table.replaceChildren();
    const row = (tag, cells) => make("tr", {}, ...cells.map((cell) => make(tag, { textContent: cell, ...(tag === "th" && { scope: "col" }) })));
    const { head, rows } = this.said.table;
    this.table.replaceChildren(make("thead", {}, row("th", head)), make("tbody", {}, ...rows.map((cells) => row("td", cells))));
  }

  async copy(button) {
    const link = this.settle();
    try {
      await navigator.clipboard.writeText(link);
      this.status.textContent = button.textContent = "Link copied";
    } catch {
      this.note.textContent = "Copy the link from the address bar.";
    }
    setTimeout(() => (button.textContent = "Copy link"), 2000);
  }

  /** A handle on the drawing that can be dragged; its slider does the same by keyboard. */
  handle(parent, point, moved) {
    const made = node(parent, "handle", "circle", { r: 12, cx: point[0], cy: point[1] });
    made.moved = moved;
    if (made.dragged) return;
    made.dragged = true;
    // Where the pointer is on the drawing, which a slide may show larger than it is.
    const place = (event) => DOMPoint.fromPoint(event).matrixTransform(this.svg.getScreenCTM().inverse());
    made.addEventListener("pointerdown", (event) => {
      made.setPointerCapture(event.pointerId);
      const { x, y } = place(event);
      made.off = [made.cx.baseVal.value - x, made.cy.baseVal.value - y];
      event.preventDefault();
    });
    made.addEventListener("pointermove", (event) => {
      if (!made.hasPointerCapture(event.pointerId)) return;
      const { x, y } = place(event);
      made.moved(x + made.off[0], y + made.off[1]); // from where it was taken hold of
    });
  }
}
