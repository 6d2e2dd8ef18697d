// Keeps Python for when there is no network: what a Run has loaded once, and nothing else of the site.

const KEPT = "overshoot-python";
const within = (folder) => new URL(folder, registration.scope).href;
const PYODIDE = within("pyodide/"); // one folder below it for each version, whose files never change
const OURS = [PYODIDE, within("assets/python/"), within("snippets/")];

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && OURS.some((folder) => url.startsWith(folder))) event.respondWith(answer(event.request));
});

async function answer(request) {
  const kept = await caches.open(KEPT);
  const before = await kept.match(request.url);
  if (before && request.url.startsWith(PYODIDE)) return before;
  try {
    const now = await fetch(request);
    if (now.ok) keep(kept, request.url, now.clone());
    return now;
  } catch (error) {
    if (before) return before;
    throw error;
  }
}

async function keep(kept, url, answer) {
  if (url.endsWith("/kit.json")) {
    const { folder } = await answer.clone().json();
    await forgetOthers(kept, new URL(folder, url).href);
  }
  await kept.put(url, answer).catch(() => {}); // where there is no room, nothing is kept
}

/** Of all versions of Pyodide keep the one that is in use. */
async function forgetOthers(kept, folder) {
  const old = (await kept.keys()).filter(({ url }) => url.startsWith(PYODIDE) && !url.startsWith(folder));
  await Promise.all(old.map((request) => kept.delete(request)));
}
