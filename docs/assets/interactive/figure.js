// What every interactive figure has in common: its knobs, its address, its words, its table.

import { node, Panel, shapes, short } from "./plot.js";

export { apart, below, evenly, node, shapes, short } from "./plot.js";

export const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** Words: a text, or a list of texts and of [tone, text], which stands in the colour of what it names and is followed by its mark. */
const plain = (words) => [words].flat().map((part) => (Array.isArray(part) ? part[1] : part)).join("");
const dressed = (words) => [words].flat().map((part) => (Array.isArray(part) ? make("b", { className: part[0], textContent: part[1] }) : part));

/** Two runs at the two rates of a state: what `run` says of each, which are seen, and what is spoken of them. */
export function pair(state, run) {
  const runs = ["beside", "alpha"].map((knob, i) => ({ alpha: state[knob], tone: `tone${i}`, shape: "os"[i], ...run(state[knob]) }));
  const shown = state.alpha === state.beside ? runs.slice(1) : runs; // equal rates are one run
  return { runs, shown, spoken: shown.map(({ spoken }) => spoken).join("; ") };
}

pair.knobs = (min, max, ...values) => values.map((value, i) => ({ name: ["beside", "alpha"][i], label: `${["first", "second"][i]} rate α`, tone: `tone${i}`, wide: true, log: true, min, max, value }));

/**
 * A custom element that draws below the words which stand in it. A static figure in it is for paper and for
 * readers without scripts: it goes while the drawing is alive.
 *
 * A subclass gives `static knobs` (name, label, and min, max, value, log or options, and the tone of what it
 * moves; a choice stands before the numbers whose range depends on it), `static panels` (the share of the width that each has) and `draw(state, panels)`, which draws and
 * returns the state in words:
 * { words, spoken, table: { head, rows } }.
 */
export class InteractiveFigure extends HTMLElement {
  connectedCallback() {
    if (this.live) return;
    this.defaults = Object.fromEntries(this.constructor.knobs.map(({ name, value }) => [name, value]));
    this.state = { ...this.defaults, ...this.fromAddress() };
    this.compact = this.classList.contains("compact");
    this.tall = Number(getComputedStyle(this).getPropertyValue("--tall")) || 270; // a slide has less room
    this.build();
    this.width = Math.round(this.live.clientWidth);
    this.redraw();
    new ResizeObserver(() => {
      const width = Math.round(this.live.clientWidth); // asked here: an answer costs a layout
      if (width === this.width) return;
      this.width = width;
      this.redraw();
    }).observe(this.live);
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
    return this.constructor.knobs.every((knob) => this.allows(knob, state[knob.name], state)) ? found : {};
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

  remember() {
    clearTimeout(this.later);
    // Browsers count how often an address changes, so wait until the hand rests.
    this.later = setTimeout(() => this.isConnected && this.settle(), 300);
  }

  /** Write the state into the address. */
  settle() {
    const url = new URL(location.href);
    for (const { name } of this.constructor.knobs) {
      url.searchParams.set(this.key(name), this.state[name]);
      if (this.state[name] === this.defaults[name]) url.searchParams.delete(this.key(name));
    }
    url.hash = this.id;
    history.replaceState(history.state, "", url);
    // To the theme a link with another query is another page, which it would load anew.
    for (const link of document.links) if (link.hash && link.pathname === location.pathname) link.search = location.search;
    return location.href;
  }

  // ── Parts ───────────────────────────────────────────────────────────────

  build() {
    this.live = make("div", { className: "live" });
    [this.svg, this.rest] = ["main", "rest"].map((name) => node(this.live, name, "svg"));
    this.svg.setAttribute("role", "img");
    this.rest.setAttribute("aria-hidden", "true"); // the words tell both
    this.panels = this.constructor.panels.map((_, i) => new Panel(i ? this.rest : this.svg));
    this.controls = new Map();
    this.note = make("p", { className: "note", role: "alert", id: `${this.id}-note` });
    const knobs = make("div", { className: "knobs" }, ...this.constructor.knobs.map((knob) => this.knob(knob)));
    this.status = make("p", { className: "spoken", role: "status" });
    this.says = make("p", { className: "says" });
    this.table = make("table");
    const textContent = "The values as a table";
    const scroll = make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: textContent }, this.table);
    this.values = make("details", { className: "values" }, make("summary", { textContent }), scroll);
    this.values.addEventListener("toggle", () => this.values.open && this.tabulate());
    const copy = this.button("Copy link", () => this.copy(copy));
    const reset = this.button("Start again", () => this.set({ ...this.defaults }));
    this.presets = this.constructor.presets.map(({ label, state }) => ({ state, button: this.button(label, () => this.set(state(this.state))) }));
    this.buttons = make("div", { className: "buttons" }, ...this.presets.map(({ button }) => button), reset, copy);
    this.live.append(this.says, this.note, knobs, this.buttons, this.status);
    if (!this.compact) this.live.append(this.values);
    this.prepare?.();
    this.append(this.live);
    this.classList.add("awake");
  }

  button(label, action) {
    const made = make("button", { type: "button", textContent: label });
    made.addEventListener("click", action);
    return made;
  }

  knob(knob) {
    const id = `${this.id}-${knob.name}`;
    const { tone = "" } = knob;
    const label = make("label", { htmlFor: id, textContent: knob.label, className: tone });
    const row = make("div", { className: knob.wide ? "wide knob" : "knob", hidden: this.compact && !knob.wide }, label);
    if (knob.options) {
      const options = Object.entries(knob.options).map(([value, words]) => make("option", { value, textContent: words }));
      const select = make("select", { id }, ...options);
      select.addEventListener("change", () => this.set(this.chosen?.(knob.name, select.value) ?? { [knob.name]: select.value }));
      this.controls.set(knob.name, { show: (value) => (select.value = value), row });
      row.append(select);
      return row;
    }
    const [from, to] = this.range(knob, this.state).map((end) => (knob.log ? Math.log10(end) : end));
    const slider = make("input", { id, type: "range", className: tone, min: from, max: to, step: knob.whole ? 1 : (to - from) / 1000 });
    const field = make("input", { type: "number", min: knob.min, max: knob.max, step: knob.whole ? 1 : "any", ariaLabel: `${knob.label}, exact` });
    slider.addEventListener("input", () => {
      const value = knob.log ? 10 ** slider.value : Number(slider.value);
      const near = knob.whole ? Math.round(value) : Number(value.toPrecision(3));
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
    this.dispatchEvent(new CustomEvent("state", { bubbles: true, detail: { ...this.state } }));
    this.remember();
  }

  redraw(source) {
    const { width, panels } = this;
    if (!width) return; // on paper, or not yet shown
    const [main, ...rest] = this.constructor.panels;
    const beside = width >= 520;
    const tall = beside || !rest.length ? this.tall : 190;
    const unit = width / rest.reduce((sum, share) => sum + share, main);
    const wide = beside ? unit * main : width;
    panels[0].place = { left: 0, top: 0, width: wide, height: tall };
    let [left, top] = [0, 0];
    rest.forEach((share, i) => {
      panels[i + 1].place = { left, top, width: beside ? unit * share : width, height: tall };
      if (beside) left += unit * share;
      else top += tall;
    });
    if (this.size !== width) {
      this.size = width;
      const size = (svg, wide, tall) => {
        svg.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
        svg.style.height = `${tall}px`;
      };
      size(this.svg, wide, tall);
      size(this.rest, left || width, top || tall);
      this.rest.toggleAttribute("hidden", !rest.length);
      this.live.style.gridTemplateColumns = left ? `${wide}fr ${left}fr` : "minmax(0, 1fr)";
      this.live.classList.toggle("narrow", !beside);
    }
    const said = (this.said = this.draw(this.state, panels));
    const words = plain(said.words);
    this.says.replaceChildren(...dressed(said.words));
    this.svg.setAttribute("aria-label", `${panels.map(({ title }) => title).join(", ")}. ${words}`);
    for (const { name, label } of this.constructor.knobs) {
      const { show, slider } = this.controls.get(name);
      show(this.state[name], source);
      slider?.setAttribute("aria-valuetext", `${label} ${short(this.state[name])}, ${said.spoken}`);
    }
    for (const { button, state } of this.presets) {
      const after = { ...this.state, ...state(this.state) };
      button.disabled = !this.constructor.knobs.every((knob) => this.allows(knob, after[knob.name], after)); // off a slider
    }
    if (this.values.open) this.tabulate();
    clearTimeout(this.speaks);
    // A slider speaks for itself; what another control did is said once it is done.
    if (source?.type !== "range") this.speaks = setTimeout(() => (this.status.textContent = said.spoken), 400);
    this.dataset.state = this.constructor.knobs.some(({ name }) => this.state[name] !== this.defaults[name]) ? `On the screen: ${words}` : "";
  }

  tabulate() {
    const row = (tag, cells) => make("tr", {}, ...cells.map((cell) => make(tag, tag === "th" ? { scope: "col" } : {}, ...dressed(cell))));
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
    if (made.moved) return;
    made.moved = moved;
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
