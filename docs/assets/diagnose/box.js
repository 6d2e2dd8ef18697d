// The box on the page Read your own run: what is pasted stays here, what is read from it is shown.

import { Panel, short } from "../interactive/plot.js";
import { examples } from "./examples.js";

const HEADLINES = {
  "rate-too-high": "The rate is too high.",
  growth: "The rate is too high, or a sign is wrong.",
  "nan-at-start": "It is not the rate: the first loss is no number.",
  "not-the-rate": "It is not the rate.",
  recovers: "It came back: no failure.",
  healthy: "It trains.",
  unclear: "This log does not say.",
};
const FIELDS = [
  { name: "rate", label: "learning rate α", hint: "0.001", low: 0, high: 1e30 },
  { name: "momentum", label: "momentum β", hint: "0", low: -1e-9, high: 1 },
  { name: "batch_size", label: "batch size", hint: "all samples", low: 0, high: 1e30 },
  { name: "every", label: "updates between losses", hint: "1", low: 0, high: 1e30 },
];
const CHOICES = [
  { name: "dtype", label: "number format", options: ["float32", "float16", "bfloat16", "float64"] },
  { name: "optimiser", label: "optimiser", options: ["SGD", "Adam"] },
];
const NUMBER = /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?$/i;

/** What to call, and with what: the rate's name, and the momentum's. */
const CALLS = {
  PyTorch: ["torch.optim.SGD(model.parameters(), lr=", "torch.optim.Adam(model.parameters(), lr="],
  Keras: ["keras.optimizers.SGD(learning_rate=", "keras.optimizers.Adam(learning_rate="],
  "JAX, optax": ["optax.sgd(learning_rate=", "optax.adam(learning_rate="],
};

function linesToChange(rate, beta, adam) {
  const momentum = beta && !adam ? `, momentum=${beta}` : "";
  const lines = Object.entries(CALLS).map(([name, calls]) => [name, `optimizer = ${calls[Number(adam)]}${rate}${momentum})`]);
  const plain = beta ? `v = ${beta} * v + g; w = w - ${rate} * v` : `w = w - ${rate} * g`;
  return [...lines, ["numpy", adam ? `alpha = ${rate}` : plain]];
}

const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const listOf = (tag, sentences) => make(tag, {}, ...sentences.map((textContent) => make("li", { textContent })));

function decoded(bytes) {
  const wide = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[(bytes[0] << 8) | bytes[1]];
  return new TextDecoder(wide ?? "utf-8").decode(bytes);
}

class DiagnoseBox extends HTMLElement {
  connectedCallback() {
    if (this.live) return;
    this.build();
    this.resized = new ResizeObserver(() => this.last?.span && this.draw(this.last));
    this.resized.observe(this);
  }

  disconnectedCallback() {
    this.worker?.terminate();
    this.resized?.disconnect();
  }

  // ── Parts ───────────────────────────────────────────────────────────────

  build() {
    const id = (name) => `${this.id}-${name}`;
    this.text = make("textarea", { id: id("losses"), rows: 9, spellcheck: false, autocomplete: "off", placeholder: "80.4866\n102.8105\n137.0916\n…\nnan" });
    this.text.addEventListener("input", () => this.later());
    const file = make("input", { id: id("file"), type: "file", accept: ".txt,.csv,.json,.log,.tsv,text/*" });
    file.addEventListener("change", () => file.files[0] && this.open(file.files[0]));
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      const [dropped] = event.dataTransfer.files;
      if (dropped) this.open(dropped);
    });
    this.note = make("p", { className: "note", id: id("note") });
    this.note.setAttribute("role", "alert");
    this.text.setAttribute("aria-describedby", `${id("hint")} ${id("note")}`);
    this.fields = new Map();
    const knobs = make("div", { className: "knobs" }, ...FIELDS.map((field) => this.field(field, id(field.name))), ...CHOICES.map((choice) => this.choice(choice, id(choice.name))));
    this.columns = make("div", { className: "knobs columns", hidden: true }, this.choice({ name: "column", label: "the loss is", options: [] }, id("column")), this.choice({ name: "weights", label: "one weight is", options: [] }, id("weights")));
    const tries = examples.map((example) => {
      const button = make("button", { type: "button", textContent: example.name });
      button.addEventListener("click", () => this.load(example));
      return button;
    });
    const shelf = make("div", { className: "buttons" }, ...tries);
    shelf.setAttribute("role", "group");
    shelf.setAttribute("aria-label", "Example logs");
    this.result = make("div", { className: "result", hidden: true });
    this.status = make("p", { className: "spoken" });
    this.status.setAttribute("role", "status");
    this.live = make(
      "div",
      { className: "live" },
      make("label", { className: "title", htmlFor: id("losses"), textContent: "The losses of your run" }),
      this.text,
      make("p", { className: "hint", id: id("hint"), textContent: "Paste them, drop a file here, or choose one. They stay on this page: nothing is sent, nothing is kept." }),
      make("label", { className: "spoken", htmlFor: id("file"), textContent: "A file with losses" }),
      file,
      this.note,
      knobs,
      this.columns,
      make("p", { className: "hint", textContent: "No log at hand? Try one:" }),
      shelf,
      this.result,
      this.status,
    );
    this.replaceChildren(this.live);
  }

  field({ name, label, hint, low, high }, id) {
    const input = make("input", { id, type: "text", inputMode: "decimal", placeholder: hint, autocomplete: "off" });
    input.setAttribute("aria-describedby", this.note.id);
    this.fields.set(name, { input, fits: (text) => !text || (NUMBER.test(text) && low < Number(text) && Number(text) < high), label, low: Math.max(0, low), high });
    input.addEventListener("input", () => this.later());
    return make("div", { className: "knob" }, make("label", { htmlFor: id, textContent: label }), input);
  }

  choice({ name, label, options }, id) {
    const select = make("select", { id }, ...options.map((value) => make("option", { value, textContent: value })));
    this.fields.set(name, { input: select, fits: () => true });
    select.addEventListener("change", () => this.ask());
    return make("div", { className: "knob" }, make("label", { htmlFor: id, textContent: label }), select);
  }

  // ── Asking ──────────────────────────────────────────────────────────────

  load({ text, settings }) {
    this.text.value = text;
    for (const { name } of FIELDS) this.fields.get(name).input.value = settings[name] ?? "";
    this.fields.get("optimiser").input.value = settings.adam ? "Adam" : "SGD";
    this.forget();
    this.ask();
  }

  async open(file) {
    this.text.value = decoded(new Uint8Array(await file.arrayBuffer()));
    this.forget();
    this.ask();
  }

  /** Another log has other columns. */
  forget() {
    for (const name of ["column", "weights"]) this.fields.get(name).input.replaceChildren();
  }

  later() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.ask(), 250);
  }

  value(name) {
    return this.fields.get(name).input.value.trim();
  }

  ask() {
    clearTimeout(this.typing);
    const complaints = [];
    for (const [name, { input, fits, label, low, high }] of this.fields) {
      const wrong = !fits(this.value(name));
      input.setAttribute("aria-invalid", String(wrong));
      if (wrong) complaints.push(`${label}: a number above ${low}${high < 1e30 ? " and below " + high : ""}, please.`);
    }
    this.note.textContent = complaints.join(" ");
    const text = this.text.value;
    if (complaints.length || !text.trim()) return this.clear();
    const given = (name) => (this.value(name) ? Number(this.value(name)) : null);
    const settings = { rate: given("rate"), momentum: given("momentum") ?? 0, batch_size: given("batch_size"), dtype: this.value("dtype"), adam: this.value("optimiser") === "Adam" };
    const every = given("every") && Math.max(1, Math.trunc(given("every")));
    const question = { text, column: this.value("column") || null, weights: this.value("weights") || null, every, settings };
    this.settings = settings;
    this.asked = (this.asked ?? 0) + 1;
    this.put(this.asked, question);
  }

  /** To the worker, which is made when it is first needed; without one the page itself reads. */
  async put(id, question) {
    try {
      this.worker ??= new Worker(new URL("worker.js", import.meta.url), { type: "module" });
      this.worker.onmessage = ({ data }) => data.id === this.asked && this.show(data.answer);
      this.worker.postMessage({ id, question });
    } catch {
      const { answer } = await import("./answer.js");
      if (id === this.asked) this.show(answer(question));
    }
  }

  clear() {
    this.asked = (this.asked ?? 0) + 1;
    this.last = null;
    this.result.hidden = true;
    this.columns.hidden = true;
    this.status.textContent = "";
  }

  // ── Showing ─────────────────────────────────────────────────────────────

  show(said) {
    if (said.unreadable) {
      this.clear();
      this.note.textContent = said.unreadable;
      return;
    }
    this.last = said;
    this.offer(said);
    const { found } = said;
    const headline = make("p", { className: "verdict", textContent: HEADLINES[found.verdict] });
    const sure = make("p", { className: "sure", textContent: `Confidence: ${found.confidence}. ${said.said}` });
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.svg.setAttribute("role", "img");
    this.panel = null;
    const drawing = make("div", { className: "drawing" });
    drawing.append(this.svg);
    this.result.replaceChildren(headline, sure, ...this.rate(found, said.rate), drawing, make("p", { className: "heading", textContent: "Why" }), listOf("ul", found.why), make("p", { className: "heading", textContent: "What to do next" }), listOf("ol", found.next), ...this.ends(found));
    this.result.dataset.verdict = found.verdict;
    this.result.hidden = false;
    this.draw(said);
    const rate = said.rate && found.verdict !== "not-the-rate" ? ` Set the rate to ${said.rate}.` : "";
    this.status.textContent = `${HEADLINES[found.verdict]}${rate} Confidence ${found.confidence}.`;
  }

  /** The columns of a table to choose from. */
  offer({ names, name }) {
    this.columns.hidden = names.length < 2;
    for (const [field, chosen, first] of [["column", name, []], ["weights", this.value("weights"), [""]]]) {
      const { input } = this.fields.get(field);
      const options = [...first, ...names];
      if (input.options.length !== options.length) input.replaceChildren(...options.map((value) => make("option", { value, textContent: value || "not logged" })));
      input.value = chosen;
    }
  }

  rate({ rate_limit, curvature, growth_per_step }, value) {
    if (!value) return [];
    const { momentum, adam } = this.settings;
    const big = make("p", { className: "suggested" }, "Set the rate to ", make("strong", { textContent: value }), this.copy(value, "the rate"));
    const facts = curvature ? `Limit ${short(rate_limit)}, curvature λ ${short(curvature)}, growth ${short(growth_per_step)} per update.` : "";
    const lines = linesToChange(value, momentum, adam).map(([name, code]) => {
      const shown = make("code", { textContent: code, tabIndex: 0 });
      return make("div", { className: "line" }, make("span", { textContent: name }), shown, this.copy(code, `the line for ${name}`));
    });
    return [big, make("p", { className: "facts", textContent: facts }), make("details", { className: "lines" }, make("summary", { textContent: "The line to change: PyTorch, Keras, JAX, numpy" }), ...lines)];
  }

  copy(text, what) {
    const button = make("button", { type: "button", className: "copy", textContent: "Copy", ariaLabel: `Copy ${what}` });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
        this.status.textContent = `Copied ${what}.`;
      } catch {
        this.note.textContent = `Select it and copy it by hand: ${text}`;
      }
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    return button;
  }

  ends({ steps_to_overflow, evidence }) {
    if (!steps_to_overflow) return [];
    const cells = Object.entries(steps_to_overflow).map(([format, updates]) => `${format} ${updates}`);
    return [make("p", { className: "facts", textContent: `Updates from step ${evidence[0]} until the loss is inf: ${cells.join(", ")}.` })];
  }

  draw({ found, span, points, every, bad }) {
    const width = Math.round(this.result.clientWidth);
    if (!width) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} 270`);
    this.svg.style.height = "270px";
    this.panel ??= new Panel(this.svg);
    const { panel } = this;
    const seen = points.map(([n, loss]) => [n * every, loss]);
    const positive = seen.map(([, loss]) => loss).filter((loss) => loss > 0);
    const logY = positive.length > 0 && positive.length === seen.length;
    const values = logY ? positive.map(Math.log10) : seen.map(([, loss]) => loss);
    let [low, high] = [Math.min(0, ...values.slice(0, 1)), 1];
    if (values.length) [low, high] = values.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
    const room = Math.max((high - low) * 0.12, logY ? 0.3 : 1e-9);
    const end = Math.max(1, span.length - 1) * every;
    panel.frame({ left: 0, top: 0, width, height: 270 }, { x: [-0.02 * end, 1.04 * end], y: [low - room, high + room], logY, title: bad ? `The losses, ${bad} from step ${span.end * every}` : "The losses", xlabel: "update", ylabel: "" });
    panel.line("run", seen);
    panel.marks("run dots", seen.length < 80 ? seen : [], "s", 2.5);
    const grew = found.evidence && span.last > span.first;
    panel.line("growth", ...(grew ? [seen.filter(([n]) => n >= span.first * every && n <= span.last * every)] : []));
    panel.line("fit", ...(grew ? [this.fit(found, span, every)] : []));
    panel.limit("limit", { y: grew && logY ? Math.max(span.from, Number.MIN_VALUE) : NaN });
    panel.marks("lost", bad ? [[span.end * every, logY ? 10 ** high : high]] : [], "x", 6);
    panel.legend([["run", "loss"], ...(grew ? [["fit", "what was read"], ["limit", "at the limit"]] : [])], 0.55);
    this.svg.setAttribute("aria-label", `The losses of ${span.length} steps, from ${short(span.begin)} to ${short(span.peak)} at step ${span.last * every}${bad && ", then " + bad}. ${found.why[0]}`);
  }

  /** A line with the growth that was read: through the peak if it was steady, else through the first steps. */
  fit({ growth_per_step: r, why }, { first, last, from, peak }, every) {
    const wild = why[0].includes("no constant factor");
    const [n, loss, to] = wild ? [first, from, Math.min(last, first + 4)] : [last, peak, last];
    const at = (step) => [step * every, loss * r ** ((step - n) * every)];
    return [at(first), at(to)];
  }
}

// Its style sheet first, so that nothing is shown without it.
const style = make("link", { rel: "stylesheet", href: new URL("box.css", import.meta.url).href });
style.onload = style.onerror = () => customElements.get("diagnose-box") ?? customElements.define("diagnose-box", DiagnoseBox);
document.head.append(style);
