// The box on the page Read your own run: what is pasted stays here, what is read from it is shown.

import { short } from "../interactive/plot.js";
import { Drawing } from "./drawing.js";
import { examples } from "./examples.js";
import { BEGUN, CHOICES, FIELDS } from "./fields.js";

const MOST = 50e6; // bytes of a file
const LONG = 40000; // characters: a field with more lines than these hold takes a browser too long to lay out
const PATIENCE = 3000; // milliseconds that a new question leaves to the one before
const NOTICED = 1000; // milliseconds after which waiting is spoken of

/** What stands before a rate to set where the verdict leaves something open. */
const LEADS = { growth: "If it is the rate: ", "not-the-rate": "With the sign turned: " };
const COLUMNS = [
  { name: "column", label: "the loss is", options: [], empty: "choose …" },
  { name: "weights", label: "one weight is", options: [], empty: "not logged" },
];

const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const listOf = (tag, sentences) => make(tag, {}, ...sentences.map((textContent) => make("li", { textContent })));
const hint = (textContent, properties = {}) => make("p", { className: "hint", textContent, ...properties });
const heading = (level, textContent, className) => make("p", { className, role: "heading", ariaLevel: level, textContent });
const optionOf = (value, textContent = value) => make("option", { value, textContent: brief(textContent) });
const brief = (name) => (name.length > 40 ? `${name.slice(0, 39)}…` : name);
const andMore = (count) => (count ? `… and ${count.toLocaleString("en")} more` : "");
const press = (textContent, action, properties = {}) => {
  const button = make("button", { type: "button", textContent, ...properties });
  button.addEventListener("click", action);
  return button;
};

function decoded(bytes) {
  const wide = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[(bytes[0] << 8) | bytes[1]];
  return new TextDecoder(wide ?? "utf-8").decode(bytes);
}

class DiagnoseBox extends HTMLElement {
  connectedCallback() {
    if (this.live) return;
    this.fields = new Map();
    this.build();
    for (const kind of ["focusin", "dragover"]) this.addEventListener(kind, () => this.hire());
    for (const kind of ["dragover", "dragleave", "drop"]) this.addEventListener(kind, (event) => this.drag(event));
    this.resized = new ResizeObserver(() => this.last && this.draw());
    this.resized.observe(this);
  }

  disconnectedCallback() {
    this.question = null;
    this.dismiss();
    this.resized?.disconnect();
  }

  // ── Parts ───────────────────────────────────────────────────────────────

  build() {
    this.note = make("p", { className: "note", role: "alert", id: `${this.id}-note` });
    this.names = make("div"); // to choose from where no loss was found
    this.result = make("div", { className: "result", role: "region", ariaLabel: "The answer", hidden: true });
    this.status = make("p", { className: "spoken", role: "status" });
    const title = make("label", { className: "title", htmlFor: `${this.id}-losses`, textContent: "The losses of your run" });
    this.live = make("form", { className: "live", noValidate: true }, title, this.paper(), this.bring(), this.note, this.names, this.result, this.known(), this.tries(), this.status);
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

  bring() {
    const file = make("input", { id: `${this.id}-file`, type: "file", accept: ".txt,.csv,.json,.log,.tsv,text/*" });
    file.addEventListener("click", () => (file.value = "")); // the same file can be chosen again
    file.addEventListener("change", () => file.files[0] && this.open(file.files[0]));
    return make(
      "div",
      { className: "bring" },
      hint("Paste them, drop a file here, or choose one. They stay on this page: nothing is sent, nothing is kept.", { id: `${this.id}-hint` }),
      make("label", { className: "spoken", htmlFor: file.id, textContent: "A file with losses" }),
      file,
      make("button", { className: "read", textContent: "Read" }),
    );
  }

  known() {
    this.columns = make("div", { className: "knobs", hidden: true }, ...COLUMNS.map((choice) => this.choice(choice)));
    const knobs = make("div", { className: "knobs" }, ...FIELDS.map((field) => this.field(field)), ...CHOICES.map((choice) => this.choice(choice)));
    this.knowledge = make("fieldset", {}, make("legend", { textContent: "What you know of the run" }), this.columns, knobs);
    return this.knowledge;
  }

  tries() {
    const buttons = examples.map((example) => press(example.name, () => this.load(example)));
    return make("div", { className: "buttons", role: "group", ariaLabel: "Example logs" }, make("span", { className: "hint", textContent: "Or try:" }), ...buttons);
  }

  field({ name, label, hint: example, wants, reads, fits, tells }) {
    const input = make("input", { type: "text", inputMode: tells ? "text" : "decimal", placeholder: example, autocomplete: "off" });
    const help = tells ? [hint(tells, { id: `${this.id}-${name}-hint` })] : [];
    input.setAttribute("aria-describedby", [...help, this.note].map(({ id }) => id).join(" "));
    const value = () => input.value.trim().replace(",", ".");
    const wrong = () => Boolean(value()) && !fits(reads(value()));
    input.addEventListener("input", () => this.later());
    input.addEventListener("blur", () => wrong() && this.ask());
    return this.knob(name, label, input, { wrong, value: () => (value() ? reads(value()) : null), complaint: `${label}: ${wants}, please.` }, help);
  }

  choice({ name, label, options, empty = "as in the log" }) {
    const select = make("select", {}, ...["", ...options].map((value) => optionOf(value, value || empty)));
    select.addEventListener("change", () => (name === "column" ? this.pick(select.value) : this.ask()));
    return this.knob(name, label, select, { wrong: () => false, value: () => select.value || null, empty });
  }

  knob(name, label, input, field, help = []) {
    input.id = `${this.id}-${name}`;
    this.fields.set(name, { input, ...field });
    return make("div", { className: help.length ? "knob wide" : "knob" }, make("label", { htmlFor: input.id, textContent: label }), input, ...help);
  }

  // ── Asking ──────────────────────────────────────────────────────────────

  load({ text, settings }) {
    for (const { name } of [...FIELDS, ...CHOICES]) this.fields.get(name).input.value = settings[name] ?? "";
    this.going = true;
    this.take(text);
  }

  async open(file) {
    if (file.size > MOST) return this.complain(`${file.name} has ${short(file.size / 1e6, 3)} MB. Take the part around the growth: at most ${MOST / 1e6} MB are read.`);
    try {
      this.take(decoded(new Uint8Array(await file.arrayBuffer())));
    } catch {
      this.complain(`${file.name} cannot be opened. Choose a file, not a folder.`);
    }
  }

  drag(event) {
    if (!event.dataTransfer.types.includes("Files")) return; // words that are dragged go where they are let go
    event.preventDefault();
    this.live.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop") this.open(event.dataTransfer.files[0]);
  }

  /** Another log, which has other columns; of a long one the field shows how it begins. */
  take(text) {
    this.held = text.length > LONG ? text : null;
    this.text.value = this.held ? `${text.slice(0, 2000)}\n… ${short(text.length / 1000, 3)} kB in all: they are read, until you change what stands here.` : text;
    this.picked = null;
    this.fields.get("weights").input.value = "";
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
    const wrong = [...this.fields.values()].filter((field) => field.wrong());
    const begun = wrong.length === 1 && wrong[0].input === document.activeElement && BEGUN.test(wrong[0].input.value);
    if (begun && !this.going) return;
    for (const { input } of this.fields.values()) input.ariaInvalid = String(wrong.some((field) => field.input === input));
    if (wrong.length) {
      if (this.going) wrong[0].input.focus();
      this.going = false;
      return this.inPlace(() => this.complain(wrong.map(({ complaint }) => complaint).join(" ")));
    }
    const text = this.held ?? this.text.value;
    if (!text.trim() && !this.going) return this.complain("");
    this.inPlace(() => (this.note.textContent = ""));
    const value = (name) => this.fields.get(name).value();
    const settings = Object.fromEntries([...FIELDS, ...CHOICES].map(({ name }) => [name, value(name)]));
    settings.momentum ??= 0;
    this.question = { text, column: this.picked, weights: value("weights"), settings };
    this.send();
  }

  /** The worker comes when somebody comes to the box; null where there is none, and the page itself reads. */
  hire() {
    if (this.worker !== undefined) return;
    try {
      if (location.protocol === "file:") throw Error("no worker");
      this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    } catch {
      this.worker = null;
      return;
    }
    this.worker.onmessage = ({ data }) => this.answered(data);
    this.worker.onerror = () => {
      this.worker = null;
      this.rest();
      this.question ??= this.asked;
      this.send();
    };
  }

  dismiss() {
    this.worker?.terminate();
    this.worker = undefined;
    this.rest();
  }

  rest() {
    this.live.dataset.busy = "";
    clearTimeout(this.slow);
    clearTimeout(this.waiting);
  }

  /** One question at a time; of those that wait the last. */
  async send() {
    if (!this.question) return;
    if (this.live.dataset.busy) return this.wait();
    const { question } = this;
    this.question = null;
    this.asked = question;
    this.sent = performance.now();
    this.live.dataset.busy = "true";
    this.slow = setTimeout(() => (this.status.textContent = "Reading …"), NOTICED);
    this.hire();
    if (this.worker) return this.worker.postMessage(question);
    const words = { unreadable: "The reader did not load. Copy your losses, go online and load the page again." };
    this.answered(await import("./worker.js").then((reader) => reader.answer(question), () => words));
  }

  /** A worker that is still at an old question, perhaps for ever, is replaced. */
  wait() {
    clearTimeout(this.waiting);
    const left = this.sent + PATIENCE - performance.now();
    if (left > 0) {
      this.waiting = setTimeout(() => this.send(), left);
    } else if (this.worker) {
      this.dismiss();
      this.send();
    }
  }

  answered(said) {
    this.rest();
    if (this.asked && !this.question) this.turnTo(said);
    this.send();
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
    this.question = this.asked = this.last = null;
    this.result.hidden = this.columns.hidden = true;
    this.status.textContent = "";
  }

  // ── Showing ─────────────────────────────────────────────────────────────

  show(said) {
    if (said.unreadable) return this.refuse(said);
    this.last = said;
    this.names.replaceChildren();
    this.offer(said.columns, said.name);
    if (this.picked !== said.name) this.picked = null;
    const { found, headline } = said;
    this.drawing = new Drawing();
    const verdict = heading(2, headline, "verdict");
    verdict.tabIndex = -1;
    const [set, ...parts] = this.rate(said);
    this.result.replaceChildren(
      make("div", { className: "head" }, verdict, this.copy(said.report, "the answer", "Copy as text")),
      hint(`Confidence: ${found.confidence}. ${said.said} Known: ${said.known}.`, { className: "hint sure" }),
      ...this.instead("Read instead:", said.others),
      ...parts,
      this.drawing.element,
      heading(3, "Why", "heading"),
      listOf("ul", found.why),
      heading(3, "What to do next", "heading"),
      listOf("ol", found.next),
      ...this.more(found),
      ...this.ends(found),
    );
    this.result.dataset.verdict = found.verdict;
    this.result.hidden = false;
    this.draw();
    this.status.textContent = `${headline} ${set}Confidence ${found.confidence}.`;
  }

  refuse({ unreadable, columns = { names: [] }, others = columns }) {
    this.complain(unreadable);
    this.offer(columns, "");
    this.names.replaceChildren(...this.instead("Read:", others));
  }

  /** The columns of a table to choose from; the first is empty where none was found. */
  offer({ names, more }, name) {
    this.columns.hidden = names.length < 2;
    const weight = this.fields.get("weights").input.value;
    this.list("column", name ? names : ["", ...names], name, more);
    this.list("weights", ["", ...names], names.includes(weight) ? weight : "", more);
  }

  list(field, names, name, more) {
    const { input, empty } = this.fields.get(field);
    const all = names.includes(name) ? names : [name, ...names];
    const options = all.map((value) => optionOf(value, value || empty));
    if (more) options.push(make("option", { disabled: true, textContent: andMore(more) }));
    input.replaceChildren(...options);
    input.value = name;
  }

  /** Columns that may be the loss, one click away. */
  instead(words, { names, more }) {
    if (!names.length) return [];
    const buttons = names.map((name) => press(brief(name), () => this.pick(name)));
    const rest = more ? [make("span", { className: "hint", textContent: `${andMore(more)} below` })] : [];
    return [make("div", { className: "buttons", role: "group", ariaLabel: words }, make("span", { className: "hint", textContent: words }), ...buttons, ...rest)];
  }

  /** The rate to set in a sentence, and the parts that show it; without a rate, what to divide it by. */
  rate({ found, rate: set, lines }) {
    const odds = found.odds ? [hint(found.odds, { className: "hint facts" })] : [];
    const by = found.next.join(" ").match(/Divide the rate by ([0-9.e+]+)\.(?: |$)/)?.[1];
    const value = set ?? by;
    if (!value) return ["", ...odds];
    const lead = `${LEADS[found.verdict] ?? ""}${set ? "set the rate to" : "divide the rate by"} `;
    const words = lead[0].toUpperCase() + lead.slice(1);
    const big = make("p", { className: "suggested" }, words, make("strong", { textContent: value }));
    const parts = [big, ...odds];
    if (set) {
      big.append(this.copy(value, "the rate"));
      parts.push(...this.limit(found), this.lines(lines));
    } else if (found.rate === null) {
      const give = press("Give the learning rate", () => this.fields.get("rate").input.focus());
      parts.push(make("p", { className: "hint facts" }, give, " and read here what to set."));
    }
    return [`${words}${value}. `, ...parts];
  }

  limit({ rate_limit, curvature, growth_per_step, unit }) {
    if (!curvature) return [];
    return [hint(`Limit ${short(rate_limit)}, curvature λ ${short(curvature)}, growth ${short(growth_per_step)} per ${unit}.`, { className: "hint facts" })];
  }

  lines(lines) {
    const rows = lines.map(([name, code]) => make("div", { className: "line" }, make("span", { textContent: name }), make("code", { textContent: code }), this.copy(code, `the line for ${name}`)));
    return make("details", { className: "lines" }, make("summary", { textContent: `The line to change: ${lines.map(([name]) => name.split(",")[0]).join(", ")}` }), ...rows);
  }

  copy(text, what, label = "Copy") {
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
        this.status.textContent = `Copied ${what}.`;
      } catch {
        this.note.textContent = `Select it and copy it by hand: ${text}`;
      }
      setTimeout(() => (button.textContent = label), 2000);
    };
    const button = press(label, copy, { className: "copy", ...(label === "Copy" && { ariaLabel: `Copy ${what}` }) });
    return button;
  }

  /** Where to go on if it is not the rate. */
  more({ verdict, growth_per_step }) {
    if (growth_per_step || !["nan-at-start", "not-the-rate"].includes(verdict)) return [];
    const tree = make("a", { href: "#tree", textContent: "If it is not the rate: how to confirm each cause in a minute" });
    // As the navigation says it, which knows whether the page is read from disk.
    const href = document.querySelector(".md-nav a[href*='messages/']")?.href ?? "../messages/";
    return [make("p", {}, tree, ". ", make("a", { href, textContent: "What a message means" }), ".")];
  }

  ends({ steps_to_overflow, evidence, unit }) {
    if (!steps_to_overflow) return [];
    const cells = Object.entries(steps_to_overflow).map(([format, updates]) => make("div", {}, make("dt", { textContent: format }), make("dd", { textContent: updates })));
    return [heading(3, `${unit === "line" ? "Lines" : "Updates"} from step ${Math.trunc(evidence[0])} until the loss is inf`, "heading"), make("dl", {}, ...cells)];
  }

  draw() {
    this.drawing.draw(this.last, Math.round(this.result.clientWidth) - 2);
  }
}

// Its style sheet first, so that nothing is shown without it.
const style = make("link", { rel: "stylesheet", href: new URL("box.css", import.meta.url).href });
style.onload = style.onerror = () => customElements.get("diagnose-box") ?? customElements.define("diagnose-box", DiagnoseBox);
document.body.append(style); // the theme empties the head when a link is followed
