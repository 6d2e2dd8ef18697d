// A program is run, changed, stopped and read on its page in Firefox, and a lab is solved, without a network too.
// What Chromium does is in tests/test_run_here.py. Build the site first:
//   uv run mkdocs build; cd tests/firefox; uv run bun install; node --test run.test.mjs

import assert from "node:assert/strict";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";

import puppeteer from "puppeteer-core";

const site = process.env.SITE ?? new URL("../../site", import.meta.url).pathname;
const firefox = process.env.FIREFOX ?? ["/usr/bin/firefox", "/usr/bin/firefox-esr"].find(existsSync);
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json", ".wasm": "application/wasm" };
const LOADING = 300_000; // Python takes its time where much else runs
let server, browser, page, at;
const noise = [];

before(async () => {
  server = createServer((request, response) => {
    let file = join(site, decodeURIComponent(new URL(request.url, "http://here").pathname));
    if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  at = `http://127.0.0.1:${server.address().port}/`;
  browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox, headless: true });
  page = await browser.newPage();
  page.setDefaultTimeout(LOADING);
  page.on("console", (message) => noise.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => noise.push(error.message));
  page.on("request", (request) => /^(data|blob):/.test(request.url()) || request.url().startsWith(at) || noise.push(request.url()));
  await page.goto(`${at}overshoot/`);
});

after(async () => {
  await browser.close();
  server.close();
});

const block = (section) => `[data-run$=":${section}"]`;
const result = (section) => page.$eval(`[aria-label="Your run: ${section}"]`, (shown) => shown.innerText);

async function press(section, name) {
  const named = (where, text) => [...document.querySelectorAll(`${where} button`)].find((one) => one.textContent.trim() === text);
  await page.$eval(block(section), (one) => one.scrollIntoView());
  await page.waitForFunction(named, {}, block(section), name);
  await (await page.evaluateHandle(named, block(section), name)).click();
}

/** Run a section to its end; what the page says then. */
async function run(section) {
  await press(section, "Run");
  await page.waitForFunction(
    (where) => [...document.querySelectorAll(`${where} button`)].some((one) => one.textContent.trim() === "Run"),
    {},
    block(section),
  );
  return page.$eval(`${block(section)} [role=status]`, (status) => status.textContent);
}

/** Change the code of a section. */
async function type(section, change) {
  await page.$eval(block(section), (one) => one.scrollIntoView());
  await page.waitForSelector(`${block(section)} button`);
  if (!(await page.$(`${block(section)} textarea`))) await press(section, "Edit");
  const code = await page.$eval(`${block(section)} textarea`, (field) => field.value);
  assert.notEqual(change(code), code);
  await page.$eval(
    `${block(section)} textarea`,
    (field, text) => {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    change(code),
  );
}

test("section five alone runs those above it first, and draws", async () => {
  assert.match(await run("losses"), /^Done in/);
  const widths = await page.$$eval('[aria-label="Your run: losses"] img.only-light', (images) => images.map((one) => one.naturalWidth));
  assert.ok(widths[0] > 300);
});

test("what the page prints is printed, and a changed number is marked", async () => {
  assert.match(await run("limit"), /It prints what the page prints\.$/);
  await type("limit", (code) => code.replace("0.108, 0.12", "0.109, 0.12"));
  assert.match(await run("limit"), /What differs from the page is marked/);
  const marked = await page.$$eval('[aria-label="Your run: limit"] mark', (marks) => marks.map((one) => one.textContent));
  assert.ok(marked.includes("0.10900") && !marked.includes("0.12000"));
});

test("an error shows the reader's line", async () => {
  await type("limit", () => "print(1)\nprint(nowhere)");
  await run("limit");
  assert.match(await result("limit"), /line 2, in <module>\s+print\(nowhere\)[^]*NameError/);
});

test("a loop without end is stopped, and the next run is right", async () => {
  await type("limit", () => "while True: pass");
  await press("limit", "Run");
  await new Promise((on) => setTimeout(on, 3000));
  await press("limit", "Stop");
  await page.waitForFunction((where) => document.querySelector(`${where} [role=status]`).textContent === "Stopped.", {}, block("limit"));
  await type("limit", () => "print(6 * 7)");
  assert.match(await run("limit"), /^Done in/);
  assert.match(await result("limit"), /\n42\n/);
});

test("what was typed survives a reload", async () => {
  await page.reload();
  await page.$eval(block("limit"), (one) => one.scrollIntoView());
  await page.waitForSelector(`${block("limit")} textarea`);
  assert.equal(await page.$eval(`${block("limit")} textarea`, (field) => field.value), "print(6 * 7)");
});

test("a lab is solved with a wrong answer and a right one", async () => {
  await page.goto(`${at}labs/limit/`);
  await type("Cell 2", (code) => code.replace(/fill_in\(.*\)/, "X.T @ (X @ w - length) / n"));
  assert.match(await run("Cell 2"), /Not yet\. This is half of it\./);
  await type("Cell 2", (code) => code.replace("X.T", "2 * X.T"));
  assert.match(await run("Cell 2"), /✓ Two losses a small step apart/);
});

test("nothing was told in the console, and nothing came from another host", () => assert.deepEqual(noise, []));

test("when the server is gone, Python comes from what was kept", async () => {
  await page.goto(`${at}overshoot/`);
  await page.$eval(block("limit"), (one) => one.scrollIntoView());
  await page.waitForSelector(`${block("limit")} textarea`);
  server.closeAllConnections();
  server.close();
  assert.match(await run("limit"), /^Done in/);
});
