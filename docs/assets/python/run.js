// Below each block of a chapter's program: run it in the page, change it, and see what comes of it.
// Python itself comes with the first Run.

import { forgetAll, keep, typed } from "./typed.js";

const ONCE = "13 MB, once";
const AWAY = "Python did not load. When you are online again, press Run again.";
const PHONE = "(max-width: 37.5rem)";

export function make(tag, properties, ...children) {
  const one = Object.assign(document.createElement(tag), properties);
  one.append(...children);
  return one;
}

const pageOf = (block) => block.querySelector("code").textContent.trimEnd();

/** The code of a block as its reader has it. */
const codeOf = (block) => block.querySelector("textarea")?.value.trimEnd() ?? typed(block.dataset.run)?.typed ?? pageOf(block);

class Runner {
  constructor(block) {
    this.block = block;
    [this.program, this.name] = block.dataset.run.split(":");
    this.page = pageOf(block);
    this.status = make("span", { role: "status", textContent: block.dataset.still ?? ONCE });
    this.bar = make("div", { className: "run-bar" }, this.status);
    block.append(this.bar);
    block.classList.add("awake");
    if (block.dataset.still) return;
    this.run = this.press("Run", () => (this.job ? this.job.stop() : this.start()));
    this.edit = this.press("Edit", () => (this.field ? this.reset() : this.open(this.page).focus()));
    this.undo = this.press("Undo reset", () => this.open(this.undone).focus());
    this.forget = this.press("Forget all that I typed", () => this.forgetAll());
    this.bar.prepend(this.run, this.edit, this.undo, this.forget);
    this.undo.hidden = this.forget.hidden = true;
    const before = typed(block.dataset.run);
    if (before) this.open(before.typed, before.page);
    if (before && before.page !== this.page) this.status.textContent = "The page's code has changed since you typed this.";
  }

  press(textContent, onclick) {
    return make("button", { type: "button", textContent, onclick, ariaLabel: `${textContent}: ${this.name}` });
  }

  label(button, text) {
    button.textContent = text;
    button.ariaLabel = `${text}: ${this.name}`;
  }

  // ── Typing ──────────────────────────────────────────────────────────────

  /** A field with this text, typed over this code of the page. */
  open(text, over = this.page) {
    this.over = over;
    this.field = make("textarea", { value: text, spellcheck: false, wrap: "off", autocapitalize: "off", ariaLabel: `Code: ${this.name}` });
    this.field.oninput = () => this.keep();
    this.field.onkeydown = (event) => this.key(event);
    this.block.querySelector("pre").after(this.field);
    this.block.classList.add("typing");
    this.label(this.edit, "Reset");
    this.forget.hidden = false;
    this.undo.hidden = true;
    if (text !== this.page) this.keep();
    this.fit();
    return this.field;
  }

  keep() {
    this.fit();
    const same = this.field.value === this.page;
    keep(this.block.dataset.run, same ? null : { page: this.over, typed: this.field.value });
  }

  fit() {
    this.field.rows = this.field.value.split("\n").length;
  }

  /** Tab leaves the field; Ctrl+Enter runs it; a new line begins below the first letter of the one before. */
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
    for (const block of document.querySelectorAll("[data-run].typing")) runners.get(block)?.reset();
    this.edit.focus();
    this.status.textContent = "This browser has forgotten all that you typed.";
  }

  // ── Running ─────────────────────────────────────────────────────────────

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

  /** This block and those above it, by name and code, in the order of the page. */
  sections() {
    const all = [...document.querySelectorAll(`[data-run^="${this.program}:"]`)];
    const own = all.slice(0, all.indexOf(this.block) + 1);
    return own.map((block) => [block.dataset.run.split(":")[1], codeOf(block)]);
  }

  end(words) {
    this.job = null;
    this.label(this.run, "Run");
    this.status.textContent = words;
  }
}

const runners = new WeakMap();
const style = make("link", { rel: "stylesheet", href: new URL("run.css", import.meta.url).href });
const dressed = new Promise((resolve) => (style.onload = style.onerror = resolve));
document.body.append(style); // the theme empties the head when a link is followed

/** Give a block its buttons, once, when their style has come. */
export async function show(block) {
  await dressed;
  if (!runners.has(block)) runners.set(block, new Runner(block));
}
