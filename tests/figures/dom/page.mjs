// A page without a browser, in which a figure lives: as wide as a test says, with the clock in the test's hand.

import { mock } from "node:test";
import { Window } from "happy-dom";

export const page = new Window({ url: "https://overshoot.example/taylor/?q=1" });
export const layout = { width: 800, tall: "", copied: [], copies: true, resized: [] };

for (const name of ["document", "HTMLElement", "customElements", "CustomEvent", "location", "history"]) globalThis[name] = page[name];
mock.timers.enable({ apis: ["setTimeout"] });
export const wait = (milliseconds) => mock.timers.tick(milliseconds);

// What a browser knows by laying the page out, and by its pointer.
globalThis.getComputedStyle = () => ({ getPropertyValue: (name) => (name === "--tall" ? layout.tall : "") });
Object.defineProperty(page.HTMLElement.prototype, "clientWidth", { get: () => layout.width });
globalThis.ResizeObserver = class {
  constructor(told) {
    Object.assign(this, { told });
  }
  observe(element) {
    layout.resized.push([element, this.told]);
  }
};
globalThis.DOMPoint = { fromPoint: ({ x, y }) => ({ matrixTransform: (shrink) => ({ x: x / shrink, y: y / shrink }) }) };
page.SVGSVGElement.prototype.getScreenCTM = () => ({ inverse: () => 2 }); // drawn twice as large as it is
const writeText = async (text) => {
  if (!layout.copies) throw new Error("not allowed");
  layout.copied.push(text);
};
Object.defineProperty(globalThis, "navigator", { value: { clipboard: { writeText } } });

/** What a reader does: another value in a control, and the event that says so. */
export function put(control, value, event = "input") {
  control.value = String(value);
  control.dispatchEvent(new page.Event(event, { bubbles: true }));
}

export function resize(width) {
  layout.width = width;
  for (const [, told] of layout.resized) told();
}

export function point(element, kind, x, y, held = true) {
  const event = Object.assign(new page.Event(kind, { cancelable: true }), { x, y, pointerId: 7 });
  element.setPointerCapture = (id) => (element.captured = id);
  element.hasPointerCapture = (id) => held && element.captured === id;
  element.dispatchEvent(event);
  return event;
}
