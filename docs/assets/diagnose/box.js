// The box on the page Read your own run: what is pasted stays here, what is read from it is shown.

import { Panel, short } from "../interactive/plot.js";
import { examples } from "./examples.js";

const MOST = 50e6; // bytes of a file

const HEADLINES = {
  "rate-too-high": "The rate is too high.",
  growth: "The rate is too high, or a sign is wrong.",
  "nan-at-start": "It is not the rate: the first loss is no number.",
  "not-the-rate": "It is not the rate.",
  recovers: "It came back: no failure.",
  healthy: "It trains.",
  unclear: "This log does not say.",
};
/** What stands before a rate to set where the verdict leaves something open. */
const LEADS = { growth: "If it is the rate: ", "not-the-rate": "With the sign turned: " };
const whole = (value) => value >= 1 && Number.isSafeInteger(value);
const FIELDS = [
  { name: "rate", label: "learning rate α", hint: "0.001", wants: "a number above 0", fits: (value) => value > 0 && value < 1e30 },
  { name: "momentum", label: "momentum β", hint: "0", wants: "0, or a number below 1", fits: (value) => value < 1 },
  { name: "batch_size", label: "batch size", hint: "all samples", wants: "a whole number from 1", fits: whole },
  { name: "every", label: "updates per line", hint: "1", wants: "a whole number from 1", fits: whole },
];
const CHOICES = [
  { name: "dtype", label: "number format", options: ["float32", "float16", "bfloat16", "float64"] },
  { name: "optimiser", label: "optimiser", options: ["SGD", "Adam"] },
];
const NUMBER = /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?$/i;
const BEGUN = /^[0.]*$|e[-+]?$/i; // on the way to 0.001 stands a 0

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
    for (const kind of ["focusin", "dragover"]) this.addEventListener(kind, () => this.hire());
    this.resized = new ResizeObserver(() => this.last && this.draw(this.last));
    this.resized.observe(this);
  }

  disconnectedCallback() {
    this.worker?.terminate();
    this.resized?.disconnect();
  }

  // ── Parts ───────────────────────────────────────────────────────────────

  build() {
    const id = (name) => `${this.id}-${name}`;
    this.text = make("textarea", { id: id("losses"), rows: 7, spellcheck: false, autocomplete: "off", placeholder: "80.4866\n102.8105\n137.0916\n…\nnan" });
    this.text.addEventListener("input", () => this.later());
    const file = make("input", { id: id("file"), type: "file", accept: ".txt,.csv,.json,.log,.tsv,text/*" });
    file.addEventListener("click", () => (file.value = "")); // the same file can be chosen again
    file.addEventListener("change", () => file.files[0] && this.open(file.files[0]));
    for (const kind of ["dragover", "dragleave", "drop"]) this.addEventListener(kind, (event) => this.drag(event));
    this.note = make("p", { className: "note", role: "alert", id: id("note") });
    this.text.setAttribute("aria-describedby", `${id("hint")} ${id("note")}`);
    this.fields = new Map();
    const knobs = make("div", { className: "knobs" }, ...FIELDS.map((field) => this.field(field, id(field.name))), ...CHOICES.map((choice) => this.choice(choice, id(choice.name))));
    this.columns = make("div", { className: "knobs", hidden: true }, this.choice({ name: "column", label: "the loss is", options: [] }, id("column")), this.choice({ name: "weights", label: "one weight is", options: [] }, id("weights")));
    const tries = examples.map((example) => {
      const button = make("button", { type: "button", textContent: example.name });
      button.addEventListener("click", () => this.load(example));
      return button;
    });
    this.result = make("div", { className: "result", hidden: true });
    this.status = make("p", { className: "spoken", role: "status" });
    this.live = make(
      "div",
      { className: "live" },
      make("label", { className: "title", htmlFor: id("losses"), textContent: "The losses of your run" }),
      this.text,
      make(
        "div",
        { className: "bring" },
        make("p", { className: "hint", id: id("hint"), textContent: "Paste them, drop a file here, or choose one. They stay on this page: nothing is sent, nothing is kept." }),
        make("label", { className: "spoken", htmlFor: file.id, textContent: "A file with losses" }),
        file,
      ),
      this.note,
      this.columns,
      knobs,
      make("div", { className: "buttons", role: "group", ariaLabel: "Example logs" }, make("span", { className: "hint", textContent: "Or try:" }), ...tries),
      this.result,
      this.status,
    );
    this.replaceChildren(this.live);
  }

  field({ name, label, hint, wants, fits }, id) {
    const input = make("input", { id, type: "text", inputMode: "decimal", placeholder: hint, autocomplete: "off" });
    input.setAttribute("aria-describedby", this.note.id);
    const wrong = () => {
      const text = this.value(name);
      return Boolean(text) && !(NUMBER.test(text) && fits(Number(text)));
    };
    this.fields.set(name, { input, wrong, complaint: `${label}: ${wants}, please.` });
    input.addEventListener("input", () => this.later());
    input.addEventListener("blur", () => wrong() && this.ask());
    return make("div", { className: "knob" }, make("label", { htmlFor: id, textContent: label }), input);
  }

  choice({ name, label, options }, id) {
    const select = make("select", { id }, ...options.map((value) => make("option", { value, textContent: value })));
    this.fields.set(name, { input: select, wrong: () => false });
    select.addEventListener("change", () => this.ask());
    return make("div", { className: "knob" }, make("label", { htmlFor: id, textContent: label }), select);
  }

  // ── Asking ──────────────────────────────────────────────────────────────

  load({ text, settings }) {
    for (const { name } of FIELDS) this.fields.get(name).input.value = settings[name] ?? "";
    for (const { name } of CHOICES) this.fields.get(name).input.selectedIndex = 0;
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

  /** Another log has other columns. */
  take(text) {
    this.text.value = text;
    for (const name of ["column", "weights"]) this.fields.get(name).input.replaceChildren();
    this.ask();
  }

  later() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.ask(), 250);
  }

  value(name) {
    return this.fields.get(name).input.value.trim().replace(",", ".");
  }

  ask() {
    clearTimeout(this.typing);
    const wrong = [...this.fields.values()].filter((field) => field.wrong());
    if (wrong.length === 1 && wrong[0].input === document.activeElement && BEGUN.test(wrong[0].input.value)) return;
    for (const { input } of this.fields.values()) input.ariaInvalid = String(wrong.some((field) => field.input === input));
    if (wrong.length) return this.complain(wrong.map(({ complaint }) => complaint).join(" "));
    this.complain("", !this.text.value.trim());
    if (!this.text.value.trim()) return;
    const given = (name) => (this.value(name) ? Number(this.value(name)) : null);
    const settings = { rate: given("rate"), momentum: given("momentum") ?? 0, batch_size: given("batch_size"), dtype: this.value("dtype"), adam: this.value("optimiser") === "Adam" };
    const chosen = (name) => this.fields.get(name).input.value || null;
    this.question = { text: this.text.value, column: chosen("column"), weights: chosen("weights"), every: given("every"), settings };
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
      this.live.dataset.busy = "";
      this.question ??= this.asked;
      this.send();
    };
  }

  /** One question at a time; of those that wait the last. */
  async send() {
    if (!this.question || this.live.dataset.busy) return;
    const { question } = this;
    this.question = null;
    this.asked = question;
    this.live.dataset.busy = "true";
    this.hire();
    if (this.worker) return this.worker.postMessage(question);
    const reader = await import("./answer.js").catch(() => null);
    if (reader) return this.answered(reader.answer(question));
    this.live.dataset.busy = "";
    this.complain("The reader did not load. Copy your losses, go online and load the page again.");
  }

  answered(said) {
    this.live.dataset.busy = "";
    if (this.asked && !this.question) this.show(said);
    this.send();
  }

  /** What is wrong, in the place of an answer. */
  complain(words, empty = true) {
    this.note.textContent = words;
    if (!empty) return;
    this.question = this.asked = this.last = null;
    this.result.hidden = this.columns.hidden = true;
    this.status.textContent = "";
  }

  // ── Showing ─────────────────────────────────────────────────────────────

  show(said) {
    if (said.unreadable) {
      this.complain(said.unreadable);
      return this.offer(said.names ?? [], "");
    }
    this.last = said;
    this.offer(said.names, said.name);
    const { found } = said;
    const headline = found.verdict === "not-the-rate" && found.growth_per_step ? "It is not the rate: the sign is wrong." : HEADLINES[found.verdict];
    const heading = (level, words, className) => make("p", { className, role: "heading", ariaLevel: level, textContent: words });
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.svg.setAttribute("role", "img");
    this.panel = null;
    const drawing = make("div", { className: "drawing", hidden: !said.points.length });
    drawing.append(this.svg);
    const [set, ...parts] = this.rate(found, said.rate);
    this.result.replaceChildren(
      heading(2, headline, "verdict"),
      make("p", { className: "hint sure", textContent: `Confidence: ${found.confidence}. ${said.said}` }),
      ...parts,
      drawing,
      heading(3, "Why", "heading"),
      listOf("ul", found.why),
      heading(3, "What to do next", "heading"),
      listOf("ol", found.next),
      ...this.more(found),
      ...this.ends(found),
    );
    this.result.dataset.verdict = found.verdict;
    this.result.hidden = false;
    this.draw(said);
    this.status.textContent = `${headline} ${set}Confidence ${found.confidence}.`;
  }

  /** The columns of a table to choose from; the first is empty where none was found. */
  offer(names, name) {
    this.columns.hidden = names.length < 2;
    const weight = this.fields.get("weights").input.value;
    for (const [field, chosen, options] of [["column", name, name ? names : ["", ...names]], ["weights", names.includes(weight) ? weight : "", ["", ...names]]]) {
      const { input } = this.fields.get(field);
      if (String([...input.options].map(({ value }) => value)) !== String(options)) {
        input.replaceChildren(...options.map((value) => make("option", { value, textContent: value || (field === "column" ? "choose …" : "not logged") })));
      }
      input.value = chosen;
    }
  }

  /** The rate to set in a sentence, and the parts that show it; without a rate, what to divide it by. */
  rate({ verdict, next, rate_limit, curvature, growth_per_step }, set) {
    const { rate, momentum, adam } = this.asked.settings;
    const by = next.join(" ").match(/Divide the rate by ([0-9.e+]+)\.(?: |$)/)?.[1];
    const value = set ?? by;
    if (!value) return [""];
    const lead = `${LEADS[verdict] ?? ""}${set ? "set the rate to" : "divide the rate by"} `;
    const words = lead[0].toUpperCase() + lead.slice(1);
    const big = make("p", { className: "suggested" }, words, make("strong", { textContent: value }));
    const facts = (textContent) => make("p", { className: "hint facts", textContent });
    const sentence = `${words}${value}. `;
    if (!set) return [sentence, big, facts("Give the learning rate above, and read here what to set.")];
    big.append(this.copy(value, "the rate"));
    const lines = linesToChange(value, momentum, adam).map(([name, code]) =>
      make("div", { className: "line" }, make("span", { textContent: name }), make("code", { textContent: code }), this.copy(code, `the line for ${name}`)),
    );
    const read = curvature ? [facts(`Limit ${short(rate_limit)}, curvature λ ${short(curvature)}, growth ${short(growth_per_step)} per update at ${short(rate)}.`)] : [];
    return [sentence, big, ...read, make("details", { className: "lines" }, make("summary", { textContent: "The line to change: PyTorch, Keras, JAX, numpy" }), ...lines)];
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

  /** Where to go on if it is not the rate. */
  more({ verdict, growth_per_step }) {
    if (growth_per_step || !["nan-at-start", "not-the-rate"].includes(verdict)) return [];
    return [make("p", {}, make("a", { href: "#tree", textContent: "If it is not the rate: how to confirm each cause in a minute" }))];
  }

  ends({ steps_to_overflow, evidence }) {
    if (!steps_to_overflow) return [];
    const cells = Object.entries(steps_to_overflow).map(([format, updates]) => make("div", {}, make("dt", { textContent: format }), make("dd", { textContent: updates })));
    const from = Math.trunc(evidence[0]);
    return [make("p", { className: "heading", role: "heading", ariaLevel: 3, textContent: `Updates from step ${from} until the loss is inf` }), make("dl", {}, ...cells)];
  }

  draw({ found, span, points, fit, bad }) {
    const width = Math.round(this.result.clientWidth) - 2;
    if (width < 0 || !points.length) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} 270`);
    this.svg.style.height = "270px";
    this.panel ??= new Panel(this.svg);
    const { panel } = this;
    const losses = points.map(([, loss]) => loss);
    const logY = losses.every((loss) => loss >= 0) && losses.some((loss) => loss > 0);
    const far = (loss) => Math.max(-1e307, Math.min(1e307, loss)); // twice as far is no number
    const heights = logY ? losses.filter((loss) => loss > 0).map(Math.log10) : losses.map(far);
    const [low, high] = heights.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
    const room = Math.max((high - low) * 0.12, logY ? 0.3 : Math.abs(high) / 10 || 1);
    const { from, first, last, end, steps } = span;
    const reach = Math.max(1, end - from);
    const few = steps * 70 < width && points.map(([x]) => [x, short(x)]).concat(bad ? [[end, short(end)]] : []);
    panel.frame({ left: 0, top: 0, width, height: 270 }, { x: [from - 0.02 * reach, from + 1.04 * reach], y: [low - room, high + room], logY, title: bad ? `The losses, ${bad} from step ${end}` : "The losses", xlabel: "update", ylabel: "", xticks: few || 6 });
    const grew = points.filter(([x]) => found.evidence && x >= first && x <= last);
    panel.line("growth", grew);
    panel.line("run", points);
    panel.marks("run dots", points.length < 80 ? points : [], "s", 2.5);
    panel.line("fit", logY ? fit : []);
    panel.limit("limit", { y: logY && fit.length && span.loss > 0 ? span.loss : NaN });
    panel.marks("lost", bad ? [[end, logY ? 10 ** high : high]] : [], "x", 6);
    panel.legend([["run", "loss"], ...(logY && fit.length ? [["fit", "what was read"], ["limit", "at the limit"]] : [])], fit.length ? 0.78 : 0);
    this.svg.setAttribute("aria-label", `The losses of ${span.count} steps, from ${short(span.begin)} to ${short(span.peak)} at step ${last}${bad && ", then " + bad}. ${found.why[0]}`);
  }
}

// Its style sheet first, so that nothing is shown without it.
const style = make("link", { rel: "stylesheet", href: new URL("box.css", import.meta.url).href });
style.onload = style.onerror = () => customElements.get("diagnose-box") ?? customElements.define("diagnose-box", DiagnoseBox);
document.head.append(style);
