// The box on the page Read your own run: what is pasted stays here, what is read from it is shown.

import { short } from "../interactive/plot.js";
import { Reader } from "./asking.js";
import { Drawing } from "./drawing.js";
import { buttons, make, press } from "./elements.js";
import { examples } from "./examples.js";
import { BEGUN } from "./fields.js";
import { bring, drag } from "./files.js";
import { finding } from "./finding.js";
import { fill, instead, known, offer, settings } from "./knobs.js";

const LONG = 40000; // characters: a field with more lines than these hold takes a browser too long to lay out

class DiagnoseBox extends HTMLElement {
  connectedCallback() {
    if (this.live) return;
    this.fields = {};
    this.build();
    this.reader = new Reader(this.live, () => (this.status.textContent = "Reading …"), (said) => this.turnTo(said));
    for (const kind of ["focusin", "dragover"]) this.addEventListener(kind, () => this.reader.hire());
    for (const kind of ["dragover", "dragleave", "drop"]) this.addEventListener(kind, (event) => drag(this, event));
    this.resized = new ResizeObserver(() => this.last && this.draw());
    this.resized.observe(this);
  }

  disconnectedCallback() {
    this.reader.forget();
    this.reader.dismiss();
    this.resized.disconnect();
  }

  // ── Parts ───────────────────────────────────────────────────────────────

  build() {
    this.note = make("p", { className: "note", role: "alert", id: `${this.id}-note` });
    this.names = make("div"); // to choose from where no loss was found
    this.result = make("div", { className: "result", role: "region", ariaLabel: "The answer", hidden: true });
    this.status = make("p", { className: "spoken", role: "status" });
    this.knowledge = known(this);
    const title = make("label", { className: "title", htmlFor: `${this.id}-losses`, textContent: "The losses of your run" });
    this.live = make("form", { className: "live", noValidate: true }, title, this.paper(), bring(this), this.note, this.names, this.result, this.knowledge, this.tries(), this.status);
    this.live.addEventListener("submit", (event) => {
      event.preventDefault();
      this.going = true;
      this.ask();
    });
    this.replaceChildren(this.live);
  }

  paper() {
    this.text = make("textarea", { id: `${this.id}-losses`, rows: 7, spellcheck: false, autocomplete: "off", placeholder: "80.4866\n102.8105\n137.0916\n…\nnan" });
    this.text.setAttribute("aria-describedby", `${this.id}-hint ${this.note.id}`);
    this.text.addEventListener("input", () => {
      this.held = null;
      this.later();
    });
    this.text.addEventListener("paste", (event) => {
      const words = event.clipboardData.getData("text");
      if (words.length <= LONG) return;
      event.preventDefault();
      this.take(words);
    });
    return this.text;
  }

  tries() {
    return buttons("Example logs", "Or try:", ...examples.map((example) => press(example.name, () => this.load(example))));
  }

  // ── Asking ──────────────────────────────────────────────────────────────

  load({ text, settings: given }) {
    fill(this.fields, given);
    this.going = true;
    this.take(text);
  }

  /** Another log, which has other columns; of a long one the field shows how it begins. */
  take(text) {
    this.held = text.length > LONG ? text : null;
    this.text.value = this.held ? `${text.slice(0, 2000)}\n… ${short(text.length / 1000, 3)} kB in all: they are read, until you change what stands here.` : text;
    this.picked = null;
    this.fields.weights.input.value = "";
    this.ask();
  }

  pick(name) {
    this.picked = name;
    this.ask();
  }

  later() {
    this.going = false;
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.ask(), 250);
  }

  ask() {
    clearTimeout(this.typing);
    const all = Object.values(this.fields);
    const wrong = all.filter((field) => field.wrong());
    const begun = wrong.length === 1 && wrong[0].input === document.activeElement && BEGUN.test(wrong[0].input.value);
    if (begun && !this.going) return;
    for (const field of all) field.input.ariaInvalid = String(wrong.includes(field));
    if (wrong.length) {
      if (this.going) wrong[0].input.focus();
      this.going = false;
      return this.inPlace(() => this.complain(wrong.map(({ complaint }) => complaint).join(" ")));
    }
    const text = this.held ?? this.text.value;
    if (!text.trim() && !this.going) return this.complain("");
    this.inPlace(() => (this.note.textContent = ""));
    this.reader.ask({ text, column: this.picked, weights: this.fields.weights.value(), settings: settings(this.fields) });
  }

  /** Whoever asked to, or stood in the answer before, goes to the answer. */
  turnTo(said) {
    const goes = this.going || this.result.contains(document.activeElement);
    this.inPlace(() => this.show(said));
    this.going = false;
    if (goes) this.go();
  }

  /** A field in use stays where it is, whatever comes or goes above it. */
  inPlace(change) {
    const used = document.activeElement;
    const { top } = used.getBoundingClientRect();
    change();
    if (this.knowledge.contains(used)) scrollBy(0, used.getBoundingClientRect().top - top);
  }

  go() {
    const verdict = this.result.hidden ? null : this.result.querySelector(".verdict");
    verdict?.focus({ preventScroll: true });
    (verdict ?? this.note).scrollIntoView({ block: "center" });
  }

  /** What is wrong, in the place of an answer. */
  complain(words) {
    this.note.textContent = words;
    this.names.replaceChildren();
    this.reader.forget();
    this.last = null;
    this.result.hidden = this.columns.hidden = true;
    this.status.textContent = "";
  }

  // ── Showing ─────────────────────────────────────────────────────────────

  show(said) {
    if (said.unreadable) return this.refuse(said);
    this.last = said;
    this.names.replaceChildren();
    offer(this, said.columns, said.name);
    if (this.picked !== said.name) this.picked = null;
    this.drawing = new Drawing();
    const { parts, spoken } = finding(this, said, this.drawing.element);
    this.result.replaceChildren(...parts);
    this.result.dataset.verdict = said.found.verdict;
    this.result.hidden = false;
    this.draw();
    this.status.textContent = spoken;
  }

  refuse({ unreadable, columns = { names: [] }, others = columns }) {
    this.complain(unreadable);
    offer(this, columns, "");
    this.names.replaceChildren(...instead(this, "Read:", others));
  }

  draw() {
    this.drawing.draw(this.last, Math.round(this.result.clientWidth) - 2);
  }
}

// Its style sheet first, so that nothing is shown without it.
const style = make("link", { rel: "stylesheet", href: new URL("box.css", import.meta.url).href });
style.onload = style.onerror = () => customElements.get("diagnose-box") ?? customElements.define("diagnose-box", DiagnoseBox);
document.body.append(style); // the theme empties the head when a link is followed
