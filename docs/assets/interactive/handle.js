// A handle on a drawing.

import { node } from "./plot.js";

/** It can be dragged, and `moved` is told where to; its slider does the same by keyboard. */
export function handle(parent, point, moved) {
  const made = node(parent, "handle", "circle", { r: 12, cx: point[0], cy: point[1] });
  if (made.moved) return;
  made.moved = moved;
  // Where the pointer is on the drawing, which a slide may show larger than it is.
  const place = (event) => DOMPoint.fromPoint(event).matrixTransform(made.ownerSVGElement.getScreenCTM().inverse());
  made.addEventListener("pointerdown", (event) => {
    made.setPointerCapture(event.pointerId);
    const { x, y } = place(event);
    made.off = [made.cx.baseVal.value - x, made.cy.baseVal.value - y];
    event.preventDefault();
  });
  made.addEventListener("pointermove", (event) => {
    if (!made.hasPointerCapture(event.pointerId)) return;
    const { x, y } = place(event);
    made.moved(x + made.off[0], y + made.off[1]); // from where it was taken hold of
  });
}
