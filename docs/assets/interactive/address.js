// The state of a figure in the address of its page, so that it can be shared.

const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const key = ({ id }, name) => `${id}.${name}`;

/** What the address says of a figure's state; nothing of it if any part is bad. */
export function told(figure) {
  const { knobs } = figure.constructor;
  const search = new URLSearchParams(location.search);
  const found = {};
  for (const { name, options } of knobs) {
    const given = search.get(key(figure, name));
    if (given === null) continue;
    found[name] = options ? given : DECIMAL.test(given) ? Number(given) : NaN;
  }
  const state = { ...figure.defaults, ...found };
  return knobs.every((knob) => figure.allows(knob, state[knob.name], state)) ? found : {};
}

/** Write the state of a figure into the address, and return that. */
export function tell(figure) {
  const url = new URL(location.href);
  for (const { name } of figure.constructor.knobs) {
    url.searchParams.set(key(figure, name), figure.state[name]);
    if (figure.state[name] === figure.defaults[name]) url.searchParams.delete(key(figure, name));
  }
  url.hash = figure.id;
  history.replaceState(history.state, "", url);
  // To the theme a link with another query is another page, which it would load anew.
  for (const link of document.links) if (link.hash && link.pathname === location.pathname) link.search = location.search;
  return location.href;
}
