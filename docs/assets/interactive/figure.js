// What every interactive figure has in common: its knobs, its address, its words, its table.

import { tell, told } from "./address.js";
import { make, press } from "./elements.js";
import { knobOf } from "./knobs.js";
import { node, Panel, short } from "./plot.js";

export { make, press } from "./elements.js";
export { handle } from "./handle.js";
export { apart, below, evenly, node, shapes, short } from "./plot.js";

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
    this.state = { ...this.defaults, ...told(this) };
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
    this.later = setTimeout(() => this.isConnected && tell(this), 300);
  }

  // ── Parts ───────────────────────────────────────────────────────────────

  build() {
    this.live = make("div", { className: "live" });
    [this.svg, this.rest] = ["main", "rest"].map((name) => node(this.live, name, "svg"));
    this.svg.setAttribute("role", "img");
    this.rest.setAttribute("aria-hidden", "true"); // the words tell both
    this.panels = this.constructor.panels.map((_, i) => new Panel(i ? this.rest : this.svg));
    this.note = make("p", { className: "note", role: "alert", id: `${this.id}-note` });
    this.controls = new Map(this.constructor.knobs.map((knob) => [knob.name, knobOf(this, knob)]));
    const knobs = make("div", { className: "knobs" }, ...[...this.controls.values()].map(({ row }) => row));
    this.status = make("p", { className: "spoken", role: "status" });
    this.says = make("p", { className: "says" });
    this.table = make("table");
    const textContent = "The values as a table";
    const scroll = make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: textContent }, this.table);
    this.values = make("details", { className: "values" }, make("summary", { textContent }), scroll);
    this.values.addEventListener("toggle", () => this.values.open && this.tabulate());
    const copy = press("Copy link", () => this.copy(copy));
    const reset = press("Start again", () => this.set({ ...this.defaults }));
    this.presets = this.constructor.presets.map(({ label, state }) => ({ state, button: press(label, () => this.set(state(this.state))) }));
    this.buttons = make("div", { className: "buttons" }, ...this.presets.map(({ button }) => button), reset, copy);
    this.live.append(this.says, this.note, knobs, this.buttons, this.status);
    if (!this.compact) this.live.append(this.values);
    this.prepare?.();
    this.append(this.live);
    this.classList.add("awake");
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

  /** The panels beside one another, or on a narrow page one below the other. */
  place() {
    const { width, panels } = this;
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

  redraw(source) {
    if (!this.width) return; // on paper, or not yet shown
    if (this.size !== this.width) {
      this.size = this.width;
      this.place();
    }
    this.said = this.draw(this.state, this.panels);
    this.say(this.said, source);
    if (this.values.open) this.tabulate();
    for (const { button, state } of this.presets) {
      const after = { ...this.state, ...state(this.state) };
      button.disabled = !this.constructor.knobs.every((knob) => this.allows(knob, after[knob.name], after)); // off a slider
    }
  }

  /** The state in words, to be read below the drawing, and by a screen reader. */
  say(said, source) {
    const words = plain(said.words);
    this.says.replaceChildren(...dressed(said.words));
    this.svg.setAttribute("aria-label", `${this.panels.map(({ title }) => title).join(", ")}. ${words}`);
    for (const { name, label } of this.constructor.knobs) {
      const { show, slider } = this.controls.get(name);
      show(this.state[name], source);
      slider?.setAttribute("aria-valuetext", `${label} ${short(this.state[name])}, ${said.spoken}`);
    }
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
    const link = tell(this);
    try {
      await navigator.clipboard.writeText(link);
      this.status.textContent = button.textContent = "Link copied";
    } catch {
      this.note.textContent = "Copy the link from the address bar.";
    }
    setTimeout(() => (button.textContent = "Copy link"), 2000);
  }
}
