// From the text and the fields of the box to all that it shows.

import { diagnose, growth, growthPhase, hidden, read, short, Unreadable } from "./model.js";

const MOST = 1200; // points of a drawing
const LISTED = 200; // names to choose from
const OFFERED = 12; // names that are a button
const SHOWN = 5; // losses at either end of a report

const HEADLINES = {
  "rate-too-high": "The rate is too high.",
  growth: "The rate is too high, or a sign is wrong.",
  "nan-at-start": "It is not the rate: the first loss is not a number.",
  "not-the-rate": "It is not the rate.",
  recovers: "It came back.",
  healthy: "The loss falls.",
  unclear: "This log cannot tell.",
};
const FROM = { log: "from the log", given: "given" };

const many = (count, one, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;
const listed = (names, most) => ({ names: names.slice(0, most), more: Math.max(0, names.length - most) });
const spelt = (loss) => (Number.isFinite(loss) ? String(loss) : short(loss));

function headline({ verdict, finding, growth_per_step }) {
  if (finding === "validation") return "Only the validation loss is not a number.";
  return verdict === "not-the-rate" && growth_per_step ? "It is not the rate: the sign is wrong." : HEADLINES[verdict];
}

/** The highest and the lowest loss of each piece of the log, so that a drawing of a long log keeps every peak. */
function thinned(losses, at) {
  const stride = Math.ceil(losses.length / (MOST / 2));
  const points = [];
  for (let from = 0; from < losses.length; from += stride) {
    let [low, high] = [from, from];
    for (let i = from; i < Math.min(from + stride, losses.length); i++) {
      if (!(losses[low] <= losses[i])) low = i;
      if (!(losses[high] >= losses[i])) high = i;
    }
    for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) points.push([at(i), losses[i]]);
  }
  return points;
}

/** The log as chosen; by the program's own choice where what was chosen is no longer there. */
function chosen(text, column, weights) {
  if (!column && !weights) return read(text);
  try {
    return read(text, column, weights);
  } catch {
    return read(text);
  }
}

/** A line with the growth that was read: through the first steps if it was wild, else through the peak. */
function fitted({ growth_per_step: r, every }, loss, first, last, at) {
  if (!r || last <= first) return [];
  const [through, to] = growth(loss, first, last)[0] === "wild" ? [first, Math.min(last, first + 4)] : [last, last];
  return [first, to].map((n) => [at(n), loss[through] * r ** ((n - through) * every)]);
}

/** How many updates a line stands for, and where that comes from. */
function spacing({ line, unit, every, every_from }) {
  if (unit === "line") return "how many updates a line stands for is not known";
  const said = line === "mean" ? `a line is the mean of ${many(every, "update")}` : `${many(every, "update")} per line`;
  return `${said}, ${FROM[every_from] ?? "assumed"}`;
}

/** The rate, and where it comes from; where a schedule moves it, its lowest and its highest, and what it moves. */
function* rates(log, { rate, rate_from }, settings) {
  const found = (log.rate ?? []).filter(Number.isFinite).sort((one, other) => one - other);
  const moves = found[0] < found.at(-1);
  if (moves) yield `rate from ${short(found[0])} to ${short(found.at(-1))}, ${FROM.log}`;
  else if (rate !== null) yield `rate ${rate}, ${FROM[rate_from]}`;
  if (moves && settings.rate) yield `rate that the schedule moves ${settings.rate}, ${FROM.given}`;
}

/** What is known of the run, each with where it comes from. */
function known(found, log, settings) {
  const { momentum, batch_size, guess } = settings;
  const { optimiser, precision } = found;
  const whence = (named) => FROM[named ? "log" : "given"];
  return [
    ...rates(log, found, settings),
    spacing(found),
    optimiser && `${optimiser}, ${whence(log.optimiser)}`,
    precision && `${precision}, ${whence(log.precision)}`,
    momentum && `momentum ${momentum}, given`,
    batch_size && `batch size ${batch_size}, given`,
    found.guess && `loss of guessing ${short(found.guess)}, ${whence(!guess)}`,
  ]
    .filter(Boolean)
    .join("; ");
}

/** The optimiser's line with this rate, in each framework. */
export function linesToChange(rate, beta, optimiser) {
  const momentum = beta && /^(SGD|RMSprop)$/.test(optimiser) ? `, momentum=${beta}` : "";
  const step = beta ? `v = ${beta} * v + g; w = w - ${rate} * v` : `w = w - ${rate} * g`;
  const numpy = ["numpy", optimiser === "SGD" ? step : `alpha = ${rate}`];
  if (!/^(SGD|Adam|AdamW|RMSprop)$/.test(optimiser)) return [numpy];
  return [
    ["PyTorch", `optimizer = torch.optim.${optimiser}(model.parameters(), lr=${rate}${momentum})`],
    ["Keras", `optimizer = keras.optimizers.${optimiser}(learning_rate=${rate}${momentum})`],
    ["JAX, optax", `optimizer = optax.${optimiser.toLowerCase()}(learning_rate=${rate}${momentum})`],
    numpy,
  ];
}

/** All of an answer in plain text, to be pasted where one asks for help. */
export function report(said) {
  const { found, name, span, ends } = said;
  const left = span.count > 2 * SHOWN;
  const losses = left ? `${ends.slice(0, SHOWN).join(", ")} … ${ends.slice(SHOWN).join(", ")}` : ends.join(", ");
  return [
    `${many(span.count, "loss", "losses")}, named ${name}: ${losses}`,
    `Known: ${said.known}.`,
    "",
    `Verdict: ${found.verdict}. ${said.headline} Confidence: ${found.confidence}.`,
    "Why:",
    ...found.why.map((sentence) => `- ${sentence}`),
    "What to do next:",
    ...found.next.map((sentence, i) => `${i + 1}. ${sentence}`),
    ...(found.odds ? [`Odds: ${found.odds}`] : []),
    "",
    "Read by Overshoot, Read your own run.",
  ].join("\n");
}

/** All that is shown of a log and of what was found in it. */
function shown(log, { losses, ...found }, settings) {
  const { name, names } = log;
  const loss = log.loss.slice();
  for (const n of hidden(log)) loss[n] = NaN;
  const [end, first, last] = growthPhase(loss);
  const at = (n) => log.step?.[n] ?? n * found.every;
  const bad = loss.length > end ? spelt(loss[end]) : "";
  const lost = `${bad} at step ${at(end)}`;
  const stop = Math.min(end, loss.length - 1); // the first step that is no number, or the last of all
  const said = {
    found,
    known: known(found, log, settings),
    headline: headline(found),
    rate: found.suggested_rate ? short(found.suggested_rate) : null,
    said: log.said,
    name,
    columns: listed(names, LISTED),
    others: listed(found.others, OFFERED),
    ends: (loss.length > 2 * SHOWN ? [...loss.slice(0, SHOWN), ...loss.slice(-SHOWN)] : loss).map(spelt),
    span: { from: at(0), first: at(first), last: at(last), end: at(stop), steps: stop, count: loss.length, begin: loss[0], loss: loss[first], peak: loss[last], final: loss[end - 1] },
    bad,
    title: bad ? `The losses, first ${lost}` : "The losses",
    seen: `${many(end, "loss", "losses")}${bad && ", then " + lost}`,
    points: thinned(loss.slice(0, end), at),
    fit: fitted(found, loss.slice(0, end), first, last, at),
  };
  said.lines = said.rate ? linesToChange(said.rate, settings.momentum, found.optimiser ?? "SGD") : [];
  return { ...said, report: report(said) };
}

export function answer({ text, column, weights, settings }) {
  try {
    const log = chosen(text, column, weights);
    return shown(log, diagnose(log, settings), settings);
  } catch (error) {
    if (!(error instanceof Unreadable)) {
      console.error(error);
      return { unreadable: "The reader stumbled over this log. Paste fewer lines, or fewer columns." };
    }
    const { names = [], message } = error;
    return { unreadable: message, columns: listed(names, LISTED), others: listed(names, OFFERED) };
  }
}
