"""The rooms of ``scripts/``: who may import whom, and that each stays small enough to be seen at once."""

import ast
import re

import pytest

from conftest import ROOT

SCRIPTS = ROOT / "scripts"
# Each room, and those whose work it may use. CONTRIBUTING: "Imports go down only".
BELOW = {
    "weave": set(),
    "pages": {"weave"},
    "held": set(),
    "chapters": {"weave", "held"},
    "publish": {"weave", "pages"},
    "labs": {"weave", "pages"},
    "problems": {"weave", "pages"},
    "takeaway": {"weave", "pages", "publish"},
    "python": {"weave", "pages", "takeaway", "labs"},
    "measure": {"weave", "pages", "publish", "labs", "problems", "takeaway", "python"},
}
HOOKS = SCRIPTS / "hooks.py"  # which knows all of them
MODULES = sorted(SCRIPTS.rglob("*.py"))
READER = sorted((ROOT / "snippets/readlog").glob("*.py"))
PAGES = [one for one in sorted((ROOT / "docs/assets").rglob("*.js")) if not one.name.startswith("reveal.")]
# What a reader sees at once.
LINES = 200
LINES_OF_A_FUNCTION = 30
FILES = 8


def below_scripts(path) -> str:
    return path.relative_to(SCRIPTS).as_posix()


def imported(module) -> set[str]:
    """The rooms that a module imports from."""
    names = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        elif isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
    return {name.partition(".")[0] for name in names} & BELOW.keys()


def test_nothing_in_scripts_is_loose():
    found = {path.name for path in SCRIPTS.iterdir() if path.name != "__pycache__"}
    assert found == {"hooks.py", *BELOW}


@pytest.mark.parametrize("module", [one for one in MODULES if one != HOOKS], ids=below_scripts)
def test_imports_go_down_only(module):
    """CONTRIBUTING.md: “scripts/ has a room for each thing that is done; imports go down only,”"""
    room = module.relative_to(SCRIPTS).parts[0]
    assert imported(module) - {room} <= BELOW[room]


def test_only_the_hooks_know_the_builder():
    """It stays a choice of three files: else the rooms are plain functions of paths and texts."""
    imports = r"^\s*(?:from|import) mkdocs"
    know = [
        module for module in MODULES if re.search(imports, module.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert [module.name for module in know] == ["hooks.py", "serve.py", "telling.py"]


@pytest.mark.parametrize("module", [*MODULES, *READER], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_and_its_functions_can_be_seen_at_once(module):
    """CONTRIBUTING.md: “a file at most 200 lines (tests/test_house.py).”"""
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    long = [one.name for one in functions if one.end_lineno - one.lineno >= LINES_OF_A_FUNCTION]
    assert long == []


@pytest.mark.parametrize("module", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_script_of_a_page_can_be_seen_at_once(module):
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=below_scripts)
def test_a_folder_holds_few_files(folder):
    """CONTRIBUTING.md: “a room has at most eight files,”"""
    files = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    assert len(files) <= FILES, sorted(files)
