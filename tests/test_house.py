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
    "labs": {"weave", "pages"},
    "problems": {"weave", "pages"},
    "takeaway": {"weave", "pages"},
    "measure": {"weave", "pages", "labs", "problems", "takeaway"},
}
MODULES = sorted(SCRIPTS.glob("*/**/*.py"))


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


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(SCRIPTS).as_posix())
def test_imports_go_down_only(module):
    room = module.relative_to(SCRIPTS).parts[0]
    assert imported(module) - {room} <= BELOW[room]


def test_only_the_hooks_know_the_builder():
    """It stays a choice of two files: the rooms are plain functions of paths and texts, but for its server."""
    imports = r"^\s*(?:from|import) mkdocs"
    know = [
        module for module in MODULES if re.search(imports, module.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert [module.name for module in know] == ["serve.py"]
