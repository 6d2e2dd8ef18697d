"""Ask the page's own worker, in a browser, what programs print and draw there."""

import json
from types import SimpleNamespace

from conftest import ROOT, SNIPPETS, served
from python.kit import needs, write_kit
from weave.memo import remembered

WORKER = ROOT / "docs/assets/python/worker.js"
# What decides what is played, besides the program: see proven.py.
PLAYS = (
    "tests/played.py",
    "snippets/data/*",
    "snippets/*/*",
    "scripts/python/*",
    "scripts/weave/**/*",
    "docs/assets/python/*",
)
ASK = """async ({kit, asked}) => {
    const worker = new Worker("worker.js", {type: "module"}), told = [];
    const answered = message => new Promise((resolve, reject) => {
        worker.onerror = reject;
        worker.onmessage = ({data}) => {
            if (data.broken) reject(data.broken);
            else if (data.ready || data.finished) resolve();
            else if (data.loaded === undefined) told.at(-1).push(data);
        };
        worker.postMessage(message);
    });
    await answered({kit});
    for (const {files, ...question} of asked) {
        const data = {};
        for (const name of files) data["/snippets/" + name] = new Uint8Array(await (await fetch("snippets/" + name)).arrayBuffer());
        told.push([]);
        await answered({...question, data});
    }
    worker.terminate();
    return told;
}"""


def told_in_the_page(name: str, asked: list[dict], browser, pyodide, tmp_path_factory) -> list[list]:
    """What the worker tells of each question, with one start of Python; remembered under a name."""
    made = tmp_path_factory.mktemp("python")
    for path in (WORKER, SNIPPETS, pyodide):
        (made / path.name).symlink_to(path)
    (made / "404.html").touch()
    write_kit(SNIPPETS, ROOT / "docs", pyodide, made / "kit.json", made / "memo")
    kit = json.loads((made / "kit.json").read_text()) | {"folder": f"/{pyodide.name}/", "checks": {}}
    files = [WORKER, *SNIPPETS.glob("*.py"), *SNIPPETS.glob("data/*"), *(pyodide.glob("*.*"))]

    def answer():
        with served(made) as at:
            page = browser.new_page()
            page.goto(at + "404.html")
            told = page.evaluate(ASK, {"kit": kit | {"folder": f"{at}{pyodide.name}/"}, "asked": asked})
            page.close()
        return told

    return remembered(ROOT / "build/memo", name, files, answer, ("python", "weave"), json.dumps([asked, kit]))


def question(program: str, parts: list) -> dict:
    path = SNIPPETS / f"{program}.py"
    files = needs(path, SNIPPETS) if path.exists() else []
    return {"program": program, "sections": parts, "small": False, "files": files}


def shown(messages: list) -> dict[str, SimpleNamespace]:
    """What each section printed and drew, and why it failed."""
    found = {}
    for message in messages:
        if "begins" in message:
            found[message["begins"]] = section = SimpleNamespace(
                printed="", figures=[], trouble=None, refused=None
            )
        section.printed += message.get("printed", "")
        vars(section).update(
            {key: message[key] for key in ("figures", "trouble", "refused") if key in message}
        )
    return found
