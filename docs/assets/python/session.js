// Keeps the worker in which Python runs: one for all pages, with a new one in its place when it has been stopped.

const PATIENCE = 60_000; // for a section
const AWAY = "Python did not load. What you typed is kept. If you are offline, go online; then press the button again.";
const here = (name) => new URL(name, import.meta.url);
const files = {};
let kit, worker, going, keeper;
let last = Promise.resolve();

/** How the name begins of what runs after a section, unseen. */
export const CHECK = "check of ";

/** Whether Python has come, so that nothing more need be loaded. */
export let come = false;

/**
 * Run the last of these sections, after those above it, when its turn comes.
 *
 * What happens is told as it happens: loaded (a share), begins, printed, done; and in the end, once, over (why).
 */
export function run(question, told) {
  const job = { question, told };
  last = last.then(() => play(job));
  return job;
}

/** End this job; what loops for ever ends only with its worker. */
export function stop(job, words = "Stopped.") {
  job.over = true;
  if (going !== job) return job.told({ over: words });
  dismiss();
  job.end(words);
  hire().catch(() => {}); // so that it is there when it is wanted
}

async function play(job) {
  if (job.over) return;
  going = job;
  const ended = new Promise((resolve) => (job.end = resolve));
  ask(job).catch(() => job.end(AWAY));
  const words = await ended;
  clearTimeout(job.limit);
  going = null;
  job.over = true;
  job.told({ over: words ?? "" });
}

async function ask(job) {
  await hire();
  const { program, sections, small } = job.question;
  const data = await filesOf(kit.needs[program] ?? []);
  if (!job.over) worker.postMessage({ program, sections: withChecks(program, sections), small, data });
}

/** The sections, and after each the check that belongs to it: what a lab is given stands before all. */
function withChecks(program, sections) {
  const checks = kit.checks[program] ?? {};
  return [["", null], ...sections].flatMap(([name, code]) => [...(code === null ? [] : [[name, code]]), ...(name in checks ? [[CHECK + name, checks[name]]] : [])]);
}

/** What a program reads; what has come once is kept. */
async function filesOf(names) {
  await Promise.all(names.map(async (name) => (files[name] ??= await bytesOf(here(`../../snippets/${name}`)))));
  return Object.fromEntries(names.map((name) => [`/snippets/${name}`, files[name]]));
}

async function bytesOf(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw Error(`${address}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function hire() {
  await (keeper ??= keepPython().catch(() => {})); // not every browser lets a site keep something
  kit ??= JSON.parse(new TextDecoder().decode(await bytesOf(here("kit.json"))));
  if (worker) return;
  worker = new Worker(here("worker.js"), { type: "module" });
  worker.onmessage = ({ data }) => hear(data);
  worker.onerror = () => lost(AWAY);
  worker.postMessage({ kit: { ...kit, needs: undefined, checks: undefined, folder: here(kit.folder).href } });
}

/** Let what comes be kept, so that it is there without a network too. */
async function keepPython() {
  const { serviceWorker } = navigator;
  if (!serviceWorker || serviceWorker.controller) return;
  const kept = new Promise((resolve) => (serviceWorker.oncontrollerchange = resolve));
  const { active } = await serviceWorker.register(here("../../sw.js"));
  if (!active) await Promise.race([kept, new Promise((resolve) => setTimeout(resolve, 2000))]);
}

function hear(said) {
  if (said.ready) come = true;
  if (said.broken) return lost(come ? `Python broke off: ${said.broken}` : AWAY);
  if (!going) return;
  if (said.begins) {
    const job = going;
    clearTimeout(job.limit);
    job.limit = setTimeout(() => stop(job, `Ended after ${PATIENCE / 1000} s: look for a loop without end.`), PATIENCE);
  }
  if (said.finished) return going.end();
  going.told(said);
  if (said.spent) lost(); // its memory never becomes less
}

function lost(words) {
  dismiss();
  going?.end(words);
}

function dismiss() {
  worker?.terminate();
  worker = null;
  come = false;
}
