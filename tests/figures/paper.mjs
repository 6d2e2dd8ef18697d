// As much of a page as a drawing needs, which knows no layout: elements that keep what they are told.

import { model } from "./shared.mjs";

class Element {
  children = [];
  attributes = {};
  style = {};
  textContent = "";

  constructor(space, tag) {
    Object.assign(this, { space, tag });
  }

  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }

  appendChild(child) {
    this.children.push(child);
    return child;
  }

  replaceChildren(...children) {
    this.children = children;
  }

  addEventListener() {}

  /** What stands in it under these names, one in the other. */
  find(...names) {
    return names.reduce((one, name) => one.children.find((child) => child.attributes.class === name), this);
  }

  /** Its words with their places, as they are read: from the first to the last that says something. */
  get words() {
    const own = this.textContent ? [`${this.textContent} at ${this.attributes.x} ${this.attributes.y}`] : [];
    return [...own, ...this.children.flatMap((child) => child.words)];
  }
}

globalThis.document = {
  createElement: (tag) => new Element("html", tag),
  createElementNS: (space, tag) => new Element(space, tag),
};

export const sheet = () => new Element("http://www.w3.org/2000/svg", "svg");

const figures = {};
globalThis.HTMLElement = class {};
globalThis.customElements = { define: (name, figure) => (figures[name] = figure) };

/** A figure in a state, which is its own first one but for these changes: its panels, and what it says. */
export async function figure(name, changes) {
  const { Panel } = await model("../plot");
  await model(`../${name}`);
  const Figure = figures[`${name}-figure`];
  const place = { left: 0, top: 0, width: 400, height: 270 };
  const panels = Figure.panels.map(() => Object.assign(new Panel(sheet()), { place }));
  const state = Object.fromEntries(Figure.knobs.map(({ name, value }) => [name, value]));
  const said = new Figure().draw({ ...state, ...changes }, panels);
  return { ...said, panels, words: said.words.map((part) => (Array.isArray(part) ? part[1] : part)).join("") };
}
