// Python, away from the page: what loops for ever here keeps nobody from reading, and is ended with the worker.

const MOST = 2 ** 30; // bytes of memory
const PAGE = 2 ** 16;
const CONFIG = "/lib/python3.14/site-packages/matplotlib/config"; // where the archive has the list of fonts
// What reaches the network, or another page.
const OUTWARD = [
  "fetch",
  "Request",
  "XMLHttpRequest",
  "WebSocket",
  "WebSocketStream",
  "WebTransport",
  "EventSource",
  "importScripts",
  "Worker",
  "SharedWorker",
  "BroadcastChannel",
  "RTCPeerConnection",
  "caches",
  "indexedDB",
  "cookieStore",
];
const { grow } = WebAssembly.Memory.prototype;
const load = globalThis.fetch;
let play;

/** Beyond so much a program gets MemoryError, before the browser ends the page. */
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * PAGE > MOST) throw RangeError("more memory than a page should take");
  return grow.call(this, pages);
};

async function start({ folder, bytes, files, main }) {
  let come = 0;
  const counted = (part) => postMessage({ loaded: (come += part) / bytes });
  globalThis.fetch = async (...asked) => {
    const answer = await load(...asked);
    if (!answer.ok) throw Error(`${answer.url}: ${answer.status}`);
    const counter = new TransformStream({
      transform(chunk, stream) {
        counted(chunk.byteLength);
        stream.enqueue(chunk);
      },
    });
    return new Response(answer.body.pipeThrough(counter), { headers: answer.headers });
  };
  const packages = fetch(`${folder}packages.tar.zst`).then((answer) => answer.arrayBuffer());
  const { loadPyodide } = await import(`${folder}pyodide.mjs`);
  const python = await loadPyodide({ indexURL: folder, env: { MPLCONFIGDIR: CONFIG }, jsglobals: {}, stdout() {}, stderr() {} });
  python.setStdin({ error: true });
  python.unpackArchive(await packages, "tar.zst", { extractDir: "/lib/python3.14/site-packages" });
  lay(python, files);
  python.globals.set("post", (text) => postMessage(JSON.parse(text)));
  python.runPython(main);
  hide();
  const played = python.globals.get("play");
  play = (question, data) => {
    lay(python, data);
    played(JSON.stringify(question));
  };
  postMessage({ ready: true });
}

function lay({ FS }, files) {
  for (const [path, content] of Object.entries(files)) {
    FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    FS.writeFile(path, content);
  }
}

function hide() {
  for (let holder = globalThis; holder; holder = Object.getPrototypeOf(holder)) {
    for (const name of OUTWARD) Reflect.deleteProperty(holder, name);
  }
}

let started;
onmessage = async ({ data: { kit, data, ...question } }) => {
  try {
    if (kit) return await (started = start(kit));
    await started;
    play(question, data);
    postMessage({ finished: true });
  } catch (error) {
    postMessage({ broken: String(error.message ?? error).slice(0, 500) });
  }
};
