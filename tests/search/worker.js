// The search's worker without a browser: it is told of each index and query, and its answers are printed.
const fs = require("fs");

const { worker, asked } = JSON.parse(fs.readFileSync(0));
let hear, answer;
Object.assign(globalThis, {
  self: globalThis,
  addEventListener: (_, listener) => (hear = listener),
  postMessage: ({ data }) => (answer = data),
});
(0, eval)(fs.readFileSync(worker, "utf8"));

const tell = async (type, data) => {
  await hear({ data: { type, data } });
  return answer;
};

(async () => {
  const answers = [];
  for (const { index, queries } of asked) {
    await tell(0, { ...index, options: {} });
    answers.push([]);
    for (const query of queries) {
      const { items } = await tell(2, query);
      answers.at(-1).push(items.map((sections) => sections.map(({ location }) => location)));
    }
  }
  console.log(JSON.stringify(answers));
})();
