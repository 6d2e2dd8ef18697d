"""How a program is read and run: its sections, its output, its figures, and how it may fail."""

import contextlib
import multiprocessing
import time

import psutil
import pytest

from weave.program import ProgramError, sections
from weave.run import run


@pytest.fixture
def program(tmp_path):
    """A function that writes a program and returns its path; bare code becomes one section 'only'."""

    def write(code):
        path = tmp_path / "snippets" / "chapter.py"
        path.parent.mkdir(exist_ok=True)
        if "--8<--" not in code:
            code = f"# %% --8<-- [start:only]\n{code}\n# --8<-- [end:only]\n"
        path.write_text(code, encoding="utf-8")
        return path

    return write


def failure(path, **options) -> str:
    with pytest.raises(ProgramError) as caught:
        run(path, **options)
    assert "Cure:" in str(caught.value)
    return str(caught.value)


def test_sections_share_one_namespace_and_keep_their_order(program):
    path = program(
        "# %% --8<-- [start:one]\na = 2\n# --8<-- [end:one]\n"
        "# %% --8<-- [start:two]\nprint(a + 1)\n# --8<-- [end:two]\n"
    )
    assert [(part.name, part.printed) for part in run(path)] == [("one", ""), ("two", "3\n")]


def test_a_figure_left_open_is_taken_once_in_each_colour_scheme(program):
    (part,) = run(program("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"))
    assert set(part.figures) == {"light", "dark"}
    assert part.figures["light"] != part.figures["dark"]
    assert part.figures["light"].lstrip().startswith("<?xml")


def test_a_section_may_leave_one_figure_open_not_two(program):
    code = "import matplotlib.pyplot as plt\nplt.figure()\nplt.figure()"
    assert "section 'only' leaves more than one figure open" in failure(program(code))


def test_an_exception_names_file_line_section_and_cure(program):
    message = failure(program("a = 1\n\nb = a / 0"))
    assert "snippets/chapter.py, line 4: section 'only' raised ZeroDivisionError: division by zero" in message
    assert "python snippets/chapter.py" in message


def test_an_exception_inside_a_library_is_placed_at_the_program_s_own_line(program):
    message = failure(program("import numpy as np\n\nnp.ones(2) @ np.ones(3)\n"))
    assert "line 4" in message


def test_a_syntax_error_is_placed_at_its_true_line(program):
    assert "line 3: section 'only' raised SyntaxError" in failure(program("a = 1\nb = = 2"))


def test_a_figure_that_cannot_be_drawn_is_an_error_of_its_section(program):
    message = failure(program("import matplotlib.pyplot as plt\nplt.title(r'$\\nonsense$')"))
    assert "line 2: section 'only' raised ValueError" in message and "nonsense" in message


def test_a_warning_is_an_error(program):
    message = failure(program("import numpy as np\n\nnp.exp(np.float64(1000))"))
    assert "line 4: section 'only' raised RuntimeWarning: overflow" in message
    assert "np.errstate" in message


def test_an_overflow_shown_on_purpose_is_none(program):
    code = "import numpy as np\nwith np.errstate(all='ignore'):\n    print(np.exp(np.float64(1000)))"
    assert run(program(code))[0].printed == "inf\n"


def test_unseeded_randomness_that_is_printed_stops_the_program(program):
    message = failure(program("import numpy as np\nprint(np.random.default_rng().random())"))
    assert "section 'only' prints something else each time" in message and "seed" in message


def test_a_program_that_ends_itself_is_reported(program):
    assert "SystemExit" in failure(program("raise SystemExit(3)"))
    assert "section 'only' ended the process (exit code 3)" in failure(program("import os\nos._exit(3)"))


def workers() -> set[int]:
    """The processes that run programs (not a browser that another test has open)."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if "multiprocessing" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


def test_an_endless_loop_is_stopped_and_named_and_leaves_no_process_behind(program):
    run(program("a = 1"))  # starts the server that forks
    before = workers()
    path = program(
        "# %% --8<-- [start:fine]\na = 1\n# --8<-- [end:fine]\n"
        "# %% --8<-- [start:stuck]\nwhile True:\n    pass\n# --8<-- [end:stuck]\n"
    )
    message = failure(path, time_limit=1.0)
    assert "snippets/chapter.py, line 5: section 'stuck' was not done after 1 s" in message
    assert multiprocessing.active_children() == []
    deadline = time.monotonic() + 5
    while workers() - before:
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.05)


@pytest.mark.parametrize(
    "code, complaint",
    [
        ("a = 1\n", "line 1: the program has no section"),
        ("# %% --8<-- [start:one]\na = 1\n", "line 1: # %% --8<-- [start:one] has no partner"),
        ("\na = 1\n# --8<-- [end:one]\n", "line 3: # --8<-- [end:one] has no partner"),
        (
            "# %% --8<-- [start:a]\n# --8<-- [end:a]\n# %% --8<-- [start:a]\n# --8<-- [end:a]\n",
            "line 3: section 'a' stands here a second time",
        ),
        (
            "# %% --8<-- [start:a]\n# %% --8<-- [start:b]\n# --8<-- [end:b]\n# --8<-- [end:a]\n",
            "line 2: a section inside a section",
        ),
        ('"""Doc."""\nb = 1\n# %% --8<-- [start:a]\n# --8<-- [end:a]\n', "line 2: this code stands outside"),
    ],
)
def test_a_program_that_no_page_could_show_is_refused(tmp_path, code, complaint):
    path = tmp_path / "chapter.py"
    path.write_text(code, encoding="utf-8")
    with pytest.raises(ProgramError, match="Cure:") as caught:
        sections(path)
    assert complaint in str(caught.value)
