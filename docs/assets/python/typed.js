// What the reader typed, by block: kept in this browser alone, until it is reset or forgotten.

const PLACE = "overshoot.typed";

function all() {
  try {
    return JSON.parse(localStorage.getItem(PLACE)) ?? {};
  } catch {
    return {}; // nothing may be kept here, or what is kept is not ours
  }
}

export const typed = (block) => all()[block];

/** Keep what was typed in a block; with nothing, forget it. */
export function keep(block, what) {
  const { [block]: _, ...others } = all();
  store(what ? { ...others, [block]: what } : others);
}

export const forgetAll = () => store({});

function store(kept) {
  try {
    if (Object.keys(kept).length) localStorage.setItem(PLACE, JSON.stringify(kept));
    else localStorage.removeItem(PLACE);
  } catch {
    // it is full, or not to be had: what was typed stays until the page is left
  }
}
