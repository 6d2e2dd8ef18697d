// As much of a page as a drawing needs, which knows no layout: elements that keep what they are told.

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
