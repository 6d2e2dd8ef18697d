// What the state of a figure is changed with: a choice, or a slider with a field for the exact number.

import { make } from "./elements.js";
import { short } from "./plot.js";

/** The row of a knob, with what shows its value, `show`, and its slider if it has one. */
export function knobOf(figure, knob) {
  const id = `${figure.id}-${knob.name}`;
  const label = make("label", { htmlFor: id, textContent: knob.label, className: knob.tone ?? "" });
  const { inputs, ...control } = knob.options ? choice(figure, knob, id) : slide(figure, knob, id);
  const row = make("div", { className: knob.wide ? "wide knob" : "knob", hidden: figure.compact && !knob.wide }, label, ...inputs);
  return { row, ...control };
}

function choice(figure, { name, options }, id) {
  const all = Object.entries(options).map(([value, textContent]) => make("option", { value, textContent }));
  const select = make("select", { id }, ...all);
  select.addEventListener("change", () => figure.set(figure.chosen?.(name, select.value) ?? { [name]: select.value }));
  return { inputs: [select], show: (value) => (select.value = value) };
}

function slide(figure, knob, id) {
  const [from, to] = figure.range(knob, figure.state).map((end) => (knob.log ? Math.log10(end) : end));
  const slider = make("input", { id, type: "range", className: knob.tone ?? "", min: from, max: to, step: knob.whole ? 1 : (to - from) / 1000 });
  slider.addEventListener("input", () => {
    const value = knob.log ? 10 ** slider.value : Number(slider.value);
    const near = knob.whole ? Math.round(value) : Number(value.toPrecision(3));
    figure.set({ [knob.name]: near }, slider);
  });
  const field = exact(figure, knob);
  const show = (value, source) => {
    if (!knob.log) [slider.min, slider.max] = [field.min, field.max] = figure.range(knob, figure.state);
    if (source !== slider) slider.value = knob.log ? Math.log10(value) : value;
    if (field === document.activeElement) return; // somebody is typing
    field.value = Number(value.toPrecision(8));
    field.setAttribute("aria-invalid", "false");
  };
  return { inputs: [slider, field], show, slider };
}

function exact(figure, knob) {
  const field = make("input", { type: "number", min: knob.min, max: knob.max, step: knob.whole ? 1 : "any", ariaLabel: `${knob.label}, exact` });
  field.setAttribute("aria-describedby", figure.note.id);
  const fine = () => field.value.trim() !== "" && figure.allows(knob, Number(field.value));
  field.addEventListener("input", () => fine() && figure.set({ [knob.name]: Number(field.value) }, field));
  field.addEventListener("change", () => {
    // Only now: on the way to 0.05 stands a 0.
    field.setAttribute("aria-invalid", String(!fine()));
    const [min, max] = figure.range(knob, figure.state);
    figure.note.textContent = fine() ? "" : `${knob.label}: a ${knob.whole ? "whole " : ""}number from ${short(min)} to ${short(max)}, please.`;
  });
  return field;
}
