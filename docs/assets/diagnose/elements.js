// What the box is made of.

import { make, press } from "../interactive/elements.js";

export { make, press };

export const listOf = (tag, sentences) => make(tag, {}, ...sentences.map((textContent) => make("li", { textContent })));
export const hint = (textContent, properties = {}) => make("p", { className: "hint", textContent, ...properties });
export const heading = (level, textContent, className) => make("p", { className, role: "heading", ariaLevel: level, textContent });
export const brief = (name) => (name.length > 40 ? `${name.slice(0, 39)}…` : name);
export const andMore = (count) => (count ? `… and ${count.toLocaleString("en")} more` : "");
/** Buttons in a row, with what they do before them. */
export const buttons = (ariaLabel, words, ...all) =>
  make("div", { className: "buttons", role: "group", ariaLabel }, make("span", { className: "hint", textContent: words }), ...all);
