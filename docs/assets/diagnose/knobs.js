// The fields below the losses: what a reader knows of the run, and which column is which.

import { andMore, brief, buttons, hint, make, press } from "./elements.js";
import { CHOICES, FIELDS } from "./fields.js";

const COLUMNS = [
  { name: "column", label: "the loss is", options: [], empty: "choose …" },
  { name: "weights", label: "one weight is", options: [], empty: "not logged" },
];
const optionOf = (value, textContent = value) => make("option", { value, textContent: brief(textContent) });

/** All of them in a frame. The box keeps each field by its name: its input, its value, whether that is wrong, what to say then. */
export function known(box) {
  box.columns = make("div", { className: "knobs", hidden: true }, ...COLUMNS.map((one) => choice(box, one)));
  const knobs = [...FIELDS.map((one) => field(box, one)), ...CHOICES.map((one) => choice(box, one))];
  return make("fieldset", {}, make("legend", { textContent: "What you know of the run" }), box.columns, make("div", { className: "knobs" }, ...knobs));
}

function field(box, { name, label, hint: example, without = null, wants, reads, fits, tells }) {
  const input = make("input", { type: "text", inputMode: tells ? "text" : "decimal", placeholder: example, autocomplete: "off" });
  const help = tells ? [hint(tells, { id: `${box.id}-${name}-hint` })] : [];
  input.setAttribute("aria-describedby", [...help, box.note].map(({ id }) => id).join(" "));
  const value = () => input.value.trim().replace(",", ".");
  const wrong = () => Boolean(value()) && !fits(reads(value()));
  input.addEventListener("input", () => box.later());
  input.addEventListener("blur", () => wrong() && box.ask());
  return knob(box, name, label, input, { wrong, value: () => (value() ? reads(value()) : without), complaint: `${label}: ${wants}, please.` }, help);
}

function choice(box, { name, label, options, empty = "as in the log" }) {
  const select = make("select", {}, ...["", ...options].map((value) => optionOf(value, value || empty)));
  select.addEventListener("change", () => (name === "column" ? box.pick(select.value) : box.ask()));
  return knob(box, name, label, select, { wrong: () => false, value: () => select.value || null, empty });
}

function knob(box, name, label, input, kept, help = []) {
  input.id = `${box.id}-${name}`;
  box.fields[name] = { input, ...kept };
  return make("div", { className: help.length ? "knob wide" : "knob" }, make("label", { htmlFor: input.id, textContent: label }), input, ...help);
}

const KNOWN = [...FIELDS, ...CHOICES].map(({ name }) => name);

/** What stands in the fields, by name. */
export const settings = (fields) => Object.fromEntries(KNOWN.map((name) => [name, fields[name].value()]));

/** Write these settings into the fields, and empty the others. */
export function fill(fields, given) {
  for (const name of KNOWN) fields[name].input.value = given[name] ?? "";
}

/** The columns of a table to choose from; the first is empty where none was found. */
export function offer(box, { names, more }, name) {
  const { column, weights } = box.fields;
  const { value } = weights.input;
  box.columns.hidden = names.length < 2;
  list(column, name ? names : ["", ...names], name, more);
  list(weights, ["", ...names], names.includes(value) ? value : "", more);
}

function list({ input, empty }, names, name, more) {
  const all = names.includes(name) ? names : [name, ...names];
  const options = all.map((value) => optionOf(value, value || empty));
  if (more) options.push(make("option", { disabled: true, textContent: andMore(more) }));
  input.replaceChildren(...options);
  input.value = name;
}

/** Columns that may be the loss, one click away. */
export function instead(box, words, { names, more }) {
  if (!names.length) return [];
  const all = names.map((name) => press(brief(name), () => box.pick(name)));
  const rest = more ? [make("span", { className: "hint", textContent: `${andMore(more)} below` })] : [];
  return [buttons(words, words, ...all, ...rest)];
}
