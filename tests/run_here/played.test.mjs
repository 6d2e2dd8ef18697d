import assert from "node:assert/strict";
import { test } from "node:test";

import { python, run } from "./page.mjs";

const FINISHED = { finished: true };

/** A section that runs to its end. */
const section = (name, printed) => [{ begins: name }, ...(printed ? [{ printed }] : []), { done: name, figures: [] }];

/** What is said of a run that prints this where the page prints that, without how long it took; and its panel. */
async function compared(printed, page) {
  const one = await run(["limit"], page);
  python.tell(...section("limit", printed), FINISHED);
  return { said: (await one.ended).replace(/^Done in [\d.]+ s\. /, ""), panel: one.played.panel };
}

const marked = (panel) => panel.all.filter(({ tag }) => tag === "mark").map((one) => one.textContent);

test("what a run prints is the same only where no word is another and none is missing", async () => {
  for (const [printed, page] of [["a 1\nb\n", "a 1\nb\n"], ["  a   1\t\n\nb", "a 1\n \nb\n"]]) {
    assert.equal((await compared(printed, page)).said, "It prints what the page prints.", printed);
  }
  for (const [printed, page] of [["a\nb 2\n", "a 1\nb 2\n"], ["a 1\n", "a 1\nb 2\n"], ["a 1\n\n", "a 1\nb 2\n"], ["a\n\nb", "a\nb 2\nb"], ["", "a"]]) {
    const { said, panel } = await compared(printed, page);
    assert.equal(said, "It prints less than the page does.", printed);
    assert.deepEqual(marked(panel), []);
    assert.equal(panel.hidden, !printed);
  }
  for (const [printed, page, words] of [["a 2\nb", "a 1\nb", ["2"]], ["a 2", "a 1\nb", ["2"]], ["a b", "a\nb", ["b"]], ["a\nb c", "a", ["b", "c"]]]) {
    const { said, panel } = await compared(printed, page);
    assert.match(said, new RegExp(`^What differs from the page is marked: ${words.length} places?\\.$`));
    assert.deepEqual(marked(panel), words);
  }
  assert.equal((await compared("a", undefined)).said, "");
});

test("what runs above is announced, and a check never is", async () => {
  const one = await run(["Cell 1", "Cell 2"]);
  python.tell(...section("check of "), ...section("Cell 1"), ...section("check of Cell 1"), ...section("Cell 2"), ...section("check of Cell 2", "✓ So it is.\n"), FINISHED);
  assert.match(await one.ended, /^Done in [\d.]+ s\. ✓ So it is\.$/);
  assert.deepEqual(one.heard, ["Running Cell 1, above …", "Running …"]);
});

test("Python that was ended is loaded anew, which is said, and so is that it does not come", async () => {
  const one = await run(["limit"]);
  assert.ok(one.loading());
  python.tell({ loaded: 0.5 }, { ready: true });
  assert.ok(!one.loading());
  python.tell(...section("limit"), FINISHED);
  await one.ended;
  const stopped = await run(["limit"]);
  assert.ok(!stopped.loading());
  assert.deepEqual(stopped.heard, ["Running …"]);
  stopped.played.stop();
  assert.equal(await stopped.ended, "Stopped.");
  const full = await run(["limit"]);
  assert.ok(full.loading());
  python.tell({ ready: true }, { begins: "limit" }, { done: "limit", trouble: "MemoryError", spent: true });
  assert.match(await full.ended, /MemoryError$/);
  const lost = await run(["limit"]);
  assert.ok(lost.loading());
  assert.deepEqual(lost.heard, []);
  python.tell({ broken: "404" });
  assert.match(await lost.ended, /^Python did not load\. What you typed is kept\. If you are offline, go online; then press the button again\.$/);
});

test("of two runs that were pressed while Python was loading neither goes on to say so when it runs", async () => {
  const [one, two] = [await run(["limit"]), await run(["limit"])];
  assert.ok(one.loading() && two.loading());
  python.tell({ ready: true }, ...section("limit"), FINISHED);
  await one.ended;
  await new Promise(setImmediate);
  python.tell({ begins: "limit" });
  assert.ok(!one.loading() && !two.loading());
  python.tell(FINISHED);
  await two.ended;
});
