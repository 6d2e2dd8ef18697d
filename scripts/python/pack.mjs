// Makes one archive of the packages, compiled by the Python that will read it: bun pack.mjs CORE WHEELS ARCHIVE

import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const [core, wheels, made] = process.argv.slice(2);
const { loadPyodide } = await import(`${core}/pyodide.mjs`);
// Else the order of sets, and with it the bytes, would be another each time.
const python = await loadPyodide({ indexURL: core, env: { PYTHONHASHSEED: "0" } });
python.FS.mkdir("/wheels");
for (const name of readdirSync(wheels)) python.FS.writeFile(`/wheels/${name}`, readFileSync(`${wheels}/${name}`));
python.runPython(readFileSync(new URL("packing.py", import.meta.url), "utf8"));
writeFileSync(made, python.FS.readFile("/packages.tar.zst"));
