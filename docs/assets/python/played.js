// One run: what happens is shown below what the page itself prints and draws, and what differs from it is marked.

import { make } from "./run.js";
import * as session from "./session.js";

const HONEST = "Run in your browser: here numpy warns of no overflow, and its whole numbers have 32 bits.";

export class Played {
  constructor(runner, sections, small) {
    const { block, program, name } = runner;
    Object.assign(this, { runner, name, check: session.CHECK + name, printed: "" });
    [this.place, this.page] = placeOf(block);
    this.began = performance.now();
    this.bar = make("progress", { ariaLabel: "Loading Python" });
    if (session.come) runner.status.textContent = "Running …";
    else runner.bar.append(this.bar);
    this.job = session.run({ program, sections, small }, (said) => this.hear(said));
  }

  stop() {
    session.stop(this.job);
  }

  hear({ loaded, ready, begins, printed, done, over, ...result }) {
    if (loaded !== undefined) this.bar.value = Math.min(loaded, 1);
    if (ready || begins) this.bar.remove();
    if (begins) this.begin(begins);
    if (printed) this.print(printed);
    if (done) this.show(result);
    if (over !== undefined) this.close(over);
  }

  begin(section) {
    this.section = section;
    this.printed = "";
    if (section === this.name) this.open();
    if (!section.startsWith(session.CHECK)) this.runner.status.textContent = section === this.name ? "Running …" : `Running ${section}, above …`;
  }

  /** A panel of its own below the page's output and figure, in place of that of the last run. */
  open() {
    if (this.panel) return;
    this.code = make("code", { tabIndex: 0 });
    this.words = make("p", { className: "hint" });
    this.text = make("div", { className: "highlight language-text", hidden: true }, make("pre", {}, this.code));
    this.panel = make("div", { role: "region", className: "run-result", ariaLabel: `Your run: ${this.name}` }, make("p", { className: "head", textContent: "Your run" }), this.text, this.words);
    if (this.place.nextElementSibling?.matches(".run-result")) this.place.nextElementSibling.remove();
    this.place.after(this.panel);
  }

  print(text) {
    this.printed += text;
    if (this.section !== this.name) return;
    this.text.hidden = false;
    this.code.append(text);
  }

  /** What became of a section: of the one that was asked for all, of its check what it says, of those above only what stops the run. */
  show({ trouble, refused, figures = [] }) {
    if (trouble || refused) this.fail(trouble, refused);
    else if (this.section === this.name) this.succeed(figures);
    else if (this.section === this.check) this.verdict(this.printed.trim(), true);
  }

  succeed(figures) {
    const [parts, said] = this.page ? compared(this.printed, this.page) : [[this.printed], ""];
    this.fill(parts);
    for (const figure of figures) this.words.before(...["light", "dark"].map((scheme) => drawing(figure[scheme], scheme)));
    this.said = said;
    this.panel.hidden = !this.printed && !figures.length;
    if (!this.panel.hidden) this.words.textContent = [this.said, this.runner.block.dataset.word, HONEST].filter(Boolean).join(" ");
  }

  fail(trouble, refused) {
    this.open();
    this.panel.hidden = false;
    const own = this.section === this.name || this.section === this.check;
    if (!this.section.startsWith(session.CHECK)) this.fill([this.printed]);
    const cell = this.section.replace(session.CHECK, "");
    if (refused) return this.verdict(own ? refused : `${cell}, above: ${refused}`, false);
    const above = own ? "" : `${this.section}, above, did not run to its end. `;
    this.words.before(make("pre", { className: "trouble", tabIndex: 0, textContent: above + trouble }));
    this.said = `${above}${trouble.trim().split("\n").at(-1)}`;
    this.words.textContent = `${this.said} ${HONEST}`;
  }

  fill(parts) {
    this.code.replaceChildren(...parts);
    this.text.hidden = !this.printed;
  }

  /** What a check says, or what is still to be filled in. */
  verdict(said, right) {
    this.said = said;
    this.panel.hidden = false;
    this.words.before(make("p", { className: right ? "verdict right" : "verdict", textContent: said }));
  }

  close(words) {
    this.bar.remove();
    const seconds = ((performance.now() - this.began) / 1000).toFixed(1);
    const seen = this.panel?.querySelector(".verdict"); // so it need only be heard here
    const said = seen ? make("span", { className: "heard", textContent: this.said }) : (this.said ?? "");
    this.runner.end(...(words ? [words] : [`Done in ${seconds} s. `, said]));
  }
}

/** After what a run is shown, and what the page itself printed there, which may be folded. */
function placeOf(block) {
  let place = block;
  let page = null;
  if (block.dataset.check) return [place, page];
  if (place.nextElementSibling?.matches(".language-text, details.answer:not(:has(.language-python)):has(.language-text)")) {
    place = place.nextElementSibling;
    page = place.querySelector(".language-text code").textContent;
  }
  if (place.nextElementSibling?.matches("figure, p:has(> picture), details.answer:not(:has(.language-python)):has(picture)")) place = place.nextElementSibling;
  return [place, page];
}

/** The text in parts, with each word marked that the page prints otherwise at this place; and what is said of it. */
function compared(text, page) {
  const theirs = page.split("\n").map(wordsOf);
  let count = 0;
  const parts = text.split("\n").flatMap((line, row) => {
    let at = 0;
    const words = line.split(/(\s+)/).map((word) => {
      if (!word.trim() || word === theirs[row]?.[at++]) return word;
      count++;
      return make("mark", { textContent: word });
    });
    return row ? ["\n", ...words] : words;
  });
  return [parts, saidOf(count, wordsOf(text).length < theirs.flat().length)];
}

const wordsOf = (text) => text.match(/\S+/g) ?? [];

function saidOf(count, less) {
  if (count === 1) return "What differs from the page is marked: 1 place.";
  if (count) return `What differs from the page is marked: ${count} places.`;
  return less ? "It prints less than the page does." : "It prints what the page prints.";
}

const drawing = (src, scheme) => make("img", { src, className: `only-${scheme}`, alt: "The figure that your code draws." });
