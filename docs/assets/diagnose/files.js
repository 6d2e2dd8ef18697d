// The losses from a file, which is chosen or dropped on the box.

import { short } from "../interactive/plot.js";
import { hint, make } from "./elements.js";

const MOST = 50e6; // bytes

/** What is to be done with a file, and the button that reads what was pasted. */
export function bring(box) {
  const file = make("input", { id: `${box.id}-file`, type: "file", accept: ".txt,.csv,.json,.log,.tsv,text/*" });
  file.addEventListener("click", () => (file.value = "")); // the same file can be chosen again
  file.addEventListener("change", () => file.files[0] && open(box, file.files[0]));
  return make(
    "div",
    { className: "bring" },
    hint("Paste them, drop a file here, or choose one. They stay on this page: nothing is sent, nothing is kept.", { id: `${box.id}-hint` }),
    make("label", { className: "spoken", htmlFor: file.id, textContent: "A file with losses" }),
    file,
    make("button", { className: "read", textContent: "Read" }),
  );
}

async function open(box, file) {
  if (file.size > MOST) return box.complain(`${file.name} has ${short(file.size / 1e6, 3)} MB. Take the part around the growth: at most ${MOST / 1e6} MB are read.`);
  try {
    box.take(decoded(new Uint8Array(await file.arrayBuffer())));
  } catch {
    box.complain(`${file.name} cannot be opened. Choose a file, not a folder.`);
  }
}

export function drag(box, event) {
  if (!event.dataTransfer.types.includes("Files")) return; // words that are dragged go where they are let go
  event.preventDefault();
  box.live.classList.toggle("over", event.type === "dragover");
  if (event.type === "drop") open(box, event.dataTransfer.files[0]);
}

function decoded(bytes) {
  const wide = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[(bytes[0] << 8) | bytes[1]];
  return new TextDecoder(wide ?? "utf-8").decode(bytes);
}
