// What an answer shows: the verdict and how sure it is, the rate to set, why, and what to do next.

import { short } from "../interactive/plot.js";
import { heading, hint, listOf, make, press } from "./elements.js";
import { instead } from "./knobs.js";

const facts = (words) => hint(words, { className: "hint facts" });
const title = (words) => heading(3, words, "heading");
/** What stands before a rate to set where the verdict leaves something open. */
const LEADS = { growth: "If it is the rate: ", "not-the-rate": "With the sign turned: " };

/** The parts of an answer with the drawing of its losses, and the same in two sentences to be spoken. */
export function finding(box, said, drawing) {
  const { found, headline } = said;
  const verdict = heading(2, headline, "verdict");
  verdict.tabIndex = -1;
  const [set, ...rate] = rateOf(box, said);
  const parts = [
    make("div", { className: "head" }, verdict, copy(box, said.report, "the answer", "Copy as text")),
    hint(`Confidence: ${found.confidence}. ${said.said} Known: ${said.known}.`, { className: "hint sure" }),
    ...instead(box, "Read instead:", said.others),
    ...rate,
    drawing,
    title("Why"),
    listOf("ul", found.why),
    title("What to do next"),
    listOf("ol", found.next),
    ...more(found),
    ...ends(found),
  ];
  return { parts, spoken: `${headline} ${set}Confidence ${found.confidence}.` };
}

/** The rate to set in a sentence, and the parts that show it; without a rate, what to divide it by. */
function rateOf(box, { found, rate: set, lines }) {
  const odds = found.odds ? [facts(found.odds)] : [];
  const by = found.next.join(" ").match(/Divide the rate by ([0-9.e+]+)\.(?: |$)/)?.[1];
  const value = set ?? by;
  if (!value) return ["", ...odds];
  const lead = `${LEADS[found.verdict] ?? ""}${set ? "set the rate to" : "divide the rate by"} `;
  const words = lead[0].toUpperCase() + lead.slice(1);
  const big = make("p", { className: "suggested" }, words, make("strong", { textContent: value }));
  const parts = [big, ...odds];
  if (set) {
    big.append(copy(box, value, "the rate"));
    parts.push(...limit(found), linesOf(box, lines));
  } else if (found.rate === null) {
    const give = press("Give the learning rate", () => box.fields.rate.input.focus());
    parts.push(make("p", { className: "hint facts" }, give, " and read here what to set."));
  }
  return [`${words}${value}. `, ...parts];
}

function limit({ rate_limit, curvature, growth_per_step, unit }) {
  if (!curvature) return [];
  return [facts(`Limit ${short(rate_limit)}, curvature λ ${short(curvature)}, growth ${short(growth_per_step)} per ${unit}.`)];
}

/** The line to change, in each framework. */
function linesOf(box, lines) {
  const rows = lines.map(([name, code]) => make("div", { className: "line" }, make("span", { textContent: name }), make("code", { textContent: code }), copy(box, code, `the line for ${name}`)));
  return make("details", { className: "lines" }, make("summary", { textContent: `The line to change: ${lines.map(([name]) => name.split(",")[0]).join(", ")}` }), ...rows);
}

function copy(box, text, what, label = "Copy") {
  const take = async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      box.status.textContent = `Copied ${what}.`;
    } catch {
      box.note.textContent = `Select it and copy it by hand: ${text}`;
    }
    setTimeout(() => (button.textContent = label), 2000);
  };
  const button = press(label, take, { className: "copy", ...(label === "Copy" && { ariaLabel: `Copy ${what}` }) });
  return button;
}

/** Where to go on if it is not the rate. */
function more({ verdict, growth_per_step }) {
  if (growth_per_step || !["nan-at-start", "not-the-rate"].includes(verdict)) return [];
  const tree = make("a", { href: "#tree", textContent: "If it is not the rate: how to confirm each cause in a minute" });
  // As the navigation says it, which knows whether the page is read from disk.
  const href = document.querySelector(".md-nav a[href*='messages/']")?.href ?? "../messages/";
  return [make("p", {}, tree, ". ", make("a", { href, textContent: "What a message means" }), ".")];
}

function ends({ steps_to_overflow, evidence, unit }) {
  if (!steps_to_overflow) return [];
  const cells = Object.entries(steps_to_overflow).map(([format, updates]) => make("div", {}, make("dt", { textContent: format }), make("dd", { textContent: updates })));
  return [title(`${unit === "line" ? "Lines" : "Updates"} from step ${Math.trunc(evidence[0])} until the loss is inf`), make("dl", {}, ...cells)];
}
