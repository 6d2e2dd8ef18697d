// A page without a browser, on which a program is run, and a Python that says what a test has it say.

class Element {
  children = [];
  dataset = {};
  append(...parts) {
    this.children.push(...parts);
    for (const part of parts) if (part instanceof Element) part.parent = this;
  }
  replaceChildren(...parts) {
    this.children = [];
    this.append(...parts);
  }
  before(...parts) {
    const all = this.parent.children;
    all.splice(all.indexOf(this), 0, ...parts);
  }
  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((one) => one !== this);
  }
  after(next) {
    this.nextElementSibling = next;
  }
  matches() {
    return false;
  }
  querySelector(selector) {
    return this.all.find((one) => one.className === selector.slice(1));
  }
  get all() {
    return this.children.filter((one) => one instanceof Element).flatMap((one) => [one, ...one.all]);
  }
  get textContent() {
    return this.children.map((one) => one.textContent ?? one).join("");
  }
  set textContent(text) {
    this.replaceChildren(text);
  }
}

export const python = {
  tell(...said) {
    for (const data of said) this.worker.onmessage({ data });
  },
};

globalThis.document = { body: new Element(), createElement: (tag) => Object.assign(new Element(), { tag }) };
globalThis.Worker = class {
  constructor() {
    python.worker = this;
  }
  postMessage() {}
  terminate() {}
};
globalThis.fetch = async () => new Response(JSON.stringify({ folder: "./", needs: {}, checks: {} }));

const { Played } = await import("../../docs/assets/python/played.js");

/** A block of a program, and below it what the page prints, if it does. */
function blockOf(page) {
  const printed = Object.assign(new Element(), { textContent: page });
  const output = Object.assign(new Element(), { matches: (selector) => selector.startsWith(".language-text"), querySelector: () => printed });
  return Object.assign(new Element(), { nextElementSibling: page === undefined ? undefined : output });
}

/** Run the last of these sections, as a press of its button does, until it is Python's turn. */
export async function run(sections, page) {
  const runner = { block: blockOf(page), program: "program", name: sections.at(-1), bar: new Element(), status: new Element(), heard: [] };
  Object.defineProperty(runner.status, "textContent", { set: (words) => runner.heard.push(words) });
  const ended = new Promise((resolve) => {
    runner.end = (...words) => resolve(words.map((one) => one.textContent ?? one).join(""));
  });
  const played = new Played(runner, sections.map((name) => [name, ""]), false);
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate); // the kit comes, and Python is asked
  return { played, ended, heard: runner.heard, loading: () => runner.bar.all.length > 0 };
}
