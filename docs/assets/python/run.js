// Below each block of a program: run it in the page, change it, and see what comes of it.
// Python itself comes with the first Run.

import { forgetAll, keep, typed } from "./typed.js";

const ONCE = "13 MB, once";
const AWAY = "Python did not load. If you are offline, go online; then press the button again.";
const PHONE = "(max-width: 37.5rem)";
const BLANK = /fill_in\("(?:[^"\\]|\\.)*"\)/;

export function make(tag, properties, ...children) {
  const one = Object.assign(document.createElement(tag), properties);
  one.append(...children);
  return one;
}

const pageOf = (block) => block.querySelector("code").textContent.trimEnd();

/** The code of a block as its reader has it. */
const codeOf = (block) => block.querySelector("textarea")?.value.trimEnd() ?? typed(block.dataset.run)?.typed ?? pageOf(block);

/** What stands below a block: a button that runs it, and what is said of it. */
export class Bar {
  constructor(block, verb) {
    Object.assign(this, { block, verb });
    [this.program, this.name] = block.dataset.run.split(":");
    this.status = make("span", { role: "status", textContent: block.dataset.still ?? ONCE });
    this.bar = make("div", { className: "run-bar" }, this.status);
    block.append(this.bar);
    block.classList.add("awake");
    if (block.dataset.still) return;
    this.run = this.press(verb, () => (this.job ? this.job.stop() : this.start()));
    this.bar.prepend(this.run);
  }

  press(textContent, onclick) {
    return make("button", { type: "button", textContent, onclick, ariaLabel: `${textContent}: ${this.name}` });
  }

  label(button, text) {
    button.textContent = text;
    button.ariaLabel = `${text}: ${this.name}`;
  }

  async start() {
    this.job = { stop() {} };
    this.label(this.run, "Stop");
    this.status.textContent = "Loading Python …";
    try {
      const { Played } = await import("./played.js");
      this.job = new Played(this, this.sections(), matchMedia(PHONE).matches);
    } catch {
      this.end(AWAY);
    }
  }

  /** A block, by default this one, and those above it, by name and code, in the order of the page. */
  sections(last = this.block) {
    const all = [...document.querySelectorAll(`[data-run^="${this.program}:"]`)];
    const own = all.slice(0, all.indexOf(last) + 1).filter((one) => !one.dataset.check);
    return own.map((block) => [block.dataset.run.split(":")[1], codeOf(block)]);
  }

  end(...words) {
    this.job = null;
    this.label(this.run, this.verb);
    this.status.replaceChildren(...words);
  }
}

/** The bar of a block of code, which its reader may change. */
class Runner extends Bar {
  constructor(block) {
    super(block, "Run");
    this.page = pageOf(block);
    if (!this.run) return;
    this.edit = this.press("Edit", () => (this.field ? this.reset() : this.open().focus()));
    this.undo = this.press("Undo reset", () => this.open(this.undone).focus());
    this.forget = this.press("Forget all that I typed", () => this.forgetAll());
    this.run.after(this.edit, this.undo, this.forget);
    this.undo.hidden = this.forget.hidden = true;
    const before = typed(block.dataset.run);
    if (before) this.open(before.typed, before.page);
    else if (BLANK.test(this.page)) this.open();
    if (before && before.page !== this.page) this.status.textContent = "The page's code has changed since you typed this.";
  }

  /** A field with this text, typed over this code of the page. */
  open(text = this.page, over = this.page) {
    if (this.field) return this.field;
    this.over = over;
    this.field = make("textarea", { value: text, spellcheck: false, wrap: "off", autocapitalize: "off", ariaLabel: `Code: ${this.name}` });
    this.field.oninput = () => this.keep();
    this.field.onkeydown = (event) => this.key(event);
    const blank = BLANK.exec(text) ?? { 0: "", index: 0 };
    this.field.setSelectionRange(blank.index, blank.index + blank[0].length); // so that typing takes its place
    this.block.querySelector("pre").after(this.field);
    this.block.classList.add("typing");
    this.label(this.edit, "Reset");
    this.undo.hidden = true;
    this.keep();
    return this.field;
  }

  keep() {
    this.field.rows = this.field.value.split("\n").length;
    const same = this.field.value === this.page;
    this.forget.hidden = same;
    keep(this.block.dataset.run, same ? null : { page: this.over, typed: this.field.value });
  }

  /** Tab leaves the field; Ctrl+Enter runs it; a new line begins below the first letter of the one before, after a colon four spaces further. */
  key(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) return this.job ?? this.start();
    const line = this.field.value.slice(0, this.field.selectionStart).split("\n").at(-1);
    document.execCommand("insertText", false, `\n${/^ */.exec(line)[0]}${line.endsWith(":") ? "    " : ""}`);
  }

  /** The page's own code again; what was typed comes back by Undo. */
  reset() {
    this.undone = this.field.value;
    keep(this.block.dataset.run);
    this.field.remove();
    this.field = null;
    this.block.classList.remove("typing");
    this.label(this.edit, "Edit");
    this.undo.hidden = this.undone === this.page;
    this.forget.hidden = true;
    this.edit.focus();
  }

  forgetAll() {
    forgetAll();
    for (const block of document.querySelectorAll("[data-run]")) {
      const one = bars.get(block);
      if (!one?.undo) continue;
      if (one.field) one.reset();
      one.undo.hidden = true;
      one.undone = "";
    }
    this.edit.focus();
    this.status.textContent = "This browser has forgotten all that you typed.";
  }
}

const bars = new WeakMap();
const style = make("link", { rel: "stylesheet", href: new URL("run.css", import.meta.url).href });
const dressed = new Promise((resolve) => (style.onload = style.onerror = resolve));
document.body.append(style); // the theme empties the head when a link is followed

/** Give a block its buttons, once, when their style has come. */
export async function show(block) {
  await dressed;
  const Kind = block.dataset.check ? (await import("./check.js")).Check : Runner;
  if (!bars.has(block)) bars.set(block, new Kind(block));
  return bars.get(block);
}
