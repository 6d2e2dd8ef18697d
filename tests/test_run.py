"""How a program is run: its output, its figures, how it may fail, its limits, and that no process outlives it."""

import os
import re
import signal
import subprocess
import sys
import time

import matplotlib.pyplot as plt
import psutil
import pytest

from conftest import no_window
from proven import proven_by
from weave import process
from weave.narrow import svg
from weave.run import STYLES, TIME_LIMIT, run
from weave.source import SiteError
from weave.weave import weave

pytestmark = proven_by("scripts/weave/**/*")


def failure(path, **options) -> str:
    with pytest.raises(SiteError) as caught:
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


def test_the_drawing_for_the_dark_is_the_one_that_the_dark_style_draws(program):
    code = """import matplotlib.pyplot as plt
for n in range(7):
    plt.plot([n, n + 1], "o-", label=n)
plt.title("a"), plt.xlabel("b"), plt.ylabel("c"), plt.legend(), plt.text(0, 0, "d"), plt.axhline(1, color="gray")
"""
    (part,) = run(program(code))
    with plt.rc_context(), no_window():
        plt.rcdefaults()
        plt.style.use([STYLES / "figure.mplstyle", STYLES / "dark.mplstyle"])
        exec(code, {})
        drawn = svg(plt.gcf())
    names = {
        *re.findall(r'id="([mp]\w{10})"', drawn + part.figures["dark"])
    }  # made of what they name, in its colours
    plain = [re.sub("|".join(names), "", one) for one in (drawn, part.figures["dark"])]
    assert plain[0] == plain[1] != part.figures["light"]


def test_a_legend_that_takes_its_time_on_a_busy_machine_fails_no_build(program):
    slow = "import itertools\nimport time\n\nclock = itertools.count(0, 9)\ntime.perf_counter = lambda: next(clock)\n"
    (part,) = run(program(slow + "import matplotlib.pyplot as plt\nplt.plot([1, 2], label=1)\nplt.legend()"))
    assert part.figures


def test_a_section_may_leave_one_figure_open_not_two(program):
    """README.md: “A section of the program, from `# %% --8<-- [start:run]` to `# --8<-- [end:run]`, may print, and may
    leave one figure open;”"""
    both = run(
        program(
            "# %% --8<-- [start:run]\nimport matplotlib.pyplot as plt\nprint(1)\nplt.plot([1, 2])\n"
            "# --8<-- [end:run]\n"
        )
    )
    assert [(part.name, part.printed, len(part.figures)) for part in both] == [("run", "1\n", 2)]
    code = "import matplotlib.pyplot as plt\nplt.figure()\nplt.figure()"
    assert "section 'only' leaves more than one figure open" in failure(program(code))


def test_an_exception_names_file_line_section_and_cure(program):
    message = failure(program("a = 1\n\nb = a / 0"))
    assert "snippets/chapter.py, line 4: section 'only' raised ZeroDivisionError: division by zero" in message
    assert "python snippets/chapter.py" in message


def test_an_exception_inside_a_library_is_placed_at_the_program_s_own_line(program):
    message = failure(program("import numpy as np\n\nnp.ones(2) @ np.ones(3)\n"))
    assert "line 4" in message


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
    assert "section 'only' prints or draws something else each time" in message and "seed" in message


def test_a_program_that_ends_itself_is_reported(program):
    assert "SystemExit" in failure(program("raise SystemExit(3)"))
    assert "section 'only' ended the process (exit code 3)" in failure(program("import os\nos._exit(3)"))


def test_an_order_that_another_start_of_python_changes_stops_the_program(program):
    for code in 'print(list({"a", "b", "c"}))', "print(hash('a'))":
        assert "section 'only' prints or draws something else each time" in failure(program(code))
    assert run(program('print(sorted({"a", "b", "c"}))'))[0].printed == "['a', 'b', 'c']\n"


def test_a_figure_that_only_one_of_the_two_starts_draws_stops_the_program(program):
    for seed in "01":
        code = f"""
import os
import matplotlib.pyplot as plt
if os.environ["PYTHONHASHSEED"] == "{seed}":
    plt.plot([1, 2])
"""
        assert "section 'only' prints or draws something else each time" in failure(program(code))


DRAWN = [
    "plot([1, chance])",
    "scatter([1, 2], [1, chance])",
    "bar([1, 2], [1, chance])",
    "fill_between([1, 2], [1, chance])",
    "contour([[1, 2], [3, chance]])",
    "imshow([[1, 2], [3, chance]])",
    "hlines(0.5, 0, chance)",
    "clabel(plt.contour([[1, 2], [3, 4]]), fmt=str(chance))",
    "xlim(0, chance)",
    "title(chance)",
    "plot([1, 2], color=str(chance / 2))",
    "legend(plt.plot([1, 2]), [str(chance)])",
    "text(0.5, chance, 'here')",
    "axhline(chance)",
]


@pytest.mark.parametrize("drawing", DRAWN)
def test_unseeded_randomness_that_is_only_drawn_stops_the_program(program, drawing):
    code = "import numpy as np\nimport matplotlib.pyplot as plt\nchance = np.random.default_rng({}).random()\nplt."
    message = failure(program(code.format("") + drawing))
    assert "section 'only' prints or draws something else each time" in message and "seed" in message
    assert run(program(code.format(0) + drawing))[0].figures


def test_an_endless_loop_is_stopped_and_named(program):
    """CONTRIBUTING.md: “A program has a minute of computing,”"""
    path = program(
        "# %% --8<-- [start:fine]\na = 1\n# --8<-- [end:fine]\n"
        "# %% --8<-- [start:stuck]\nwhile True:\n    pass\n# --8<-- [end:stuck]\n"
    )
    message = failure(path, time_limit=1.0)
    assert "snippets/chapter.py, line 5: section 'stuck' was not done after 1 s" in message
    assert TIME_LIMIT == 60  # seconds, where none is given


def test_the_limit_holds_where_python_waits_for_c_and_where_nothing_is_computed(program):
    for code in 'import re\nre.match("(a+)+$", "a" * 60 + "b")', "import time\ntime.sleep(1000)":
        assert "section 'only' was not done after 0.3 s" in failure(program(code), time_limit=0.3)


def test_a_program_may_keep_only_so_much(program):
    """CONTRIBUTING.md: “4 GB of memory”"""
    message = failure(program("kept = []\nwhile True:\n    kept.append(bytes(10**7))"))
    assert "line 4: section 'only' raised MemoryError" in message
    assert "a program has 4 GB" in message


def test_a_section_may_print_only_what_a_page_can_show(program):
    """CONTRIBUTING.md: “and 100 kB of output a section,”"""
    message = failure(program("while True:\n    print('x' * 1000)"))
    assert "line 3: section 'only' prints more than 100 kB" in message
    swallowed = "for i in range(200):\n    try:\n        print('x' * 1000)\n    except BaseException: pass"
    assert "section 'only' prints more than 100 kB" in failure(program(swallowed))
    assert len(run(program("print('x' * 99_999)"))[0].printed) == 100_000


def test_half_a_character_is_named(program):
    message = failure(program("a = 1\nprint('\\ud800')"))
    assert "line 3: section 'only' raised UnicodeEncodeError" in message and "whole characters" in message


def test_fifty_open_figures_are_told_as_two_are(program):
    code = "import matplotlib.pyplot as plt\nfor _ in range(50):\n    plt.figure()"
    assert "section 'only' leaves more than one figure open" in failure(program(code))


@pytest.mark.parametrize(
    "code",
    [
        "import sys\nprint('secret', file=sys.stderr)",
        "import os\nos.system('echo secret')",
        "import logging\nlogging.warning('secret')",
    ],
)
def test_what_no_page_would_show_is_not_written(program, code, capfd):
    message = failure(program(code))
    assert "section 'only' writes what no page shows: " in message and "secret" in message
    assert capfd.readouterr() == ("", "")


def test_what_a_program_writes_beside_itself_is_not_left(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (part,) = run(program("import os\nopen('written.txt', 'w').close()\nprint(os.listdir())"))
    assert part.printed == "['written.txt']\n"
    assert [path.name for path in tmp_path.iterdir()] == ["snippets"]


def test_what_a_program_has_begun_ends_with_it(program):
    """CONTRIBUTING.md: “and what it starts ends with it.”"""
    mark = str(77_000_000 + os.getpid())
    path = program(
        "import os, subprocess\n"
        f"kept = [subprocess.Popen(['sleep', '{mark}'], start_new_session=apart) for apart in (False, True)]\n"
        f"if not os.fork(): os.execlp('sleep', 'sleep', '{mark}')\n"
        "print('done')"
    )
    assert run(path)[0].printed == "done\n"
    assert named(mark) == []


def test_a_fork_of_a_program_that_runs_on_has_nothing_to_say(program):
    code = "import os\nfork = os.fork()\nif fork: os.waitpid(fork, 0)\nprint(fork > 0)"
    assert run(program(code))[0].printed == "True\n"


def named(mark: str) -> list[psutil.Process]:
    """The processes with this mark among their words."""
    return [one for one in psutil.process_iter(["cmdline"]) if mark in " ".join(one.info["cmdline"] or [])]


@pytest.mark.parametrize("end", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_no_process_outlives_the_build_however_it_ends(program, tmp_path, end):
    mark = str(88_000_000 + os.getpid())
    path = program(f"import subprocess\nsubprocess.run(['sleep', '{mark}'])")
    # What starts the tests may have told them to ignore these signals; a terminal does not.
    code = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "signal.signal(signal.SIGHUP, signal.SIG_DFL)\nfrom pathlib import Path\nfrom weave.weave import weave\n"
    code += f"weave(Path({str(path.parent)!r}), Path('build'))"
    build = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        until(lambda: len(named(mark)) == 2)
        began = psutil.Process(build.pid).children(recursive=True) + named(mark)
        build.send_signal(signal.Signals[end])
        assert build.wait(timeout=100) != 0
        until(lambda: not any(one.is_running() for one in began))
    finally:
        build.kill()
        build.wait()


def until(what) -> None:
    deadline = time.monotonic() + 100
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_somebody_may_have_ended_a_server(program):
    run(program("a = 1"))
    server = next(one for one in psutil.Process().children() if "weave.keeper" in " ".join(one.cmdline()))
    server.kill()
    server.wait()
    assert run(program("print(1)"))[0].printed == "1\n"


def test_where_python_cannot_fork_a_program_is_run_and_its_order_noticed_too(program, monkeypatch):
    monkeypatch.setattr(process, "FORKS", False)
    assert "prints or draws something else each time" in failure(program('print(list({"a", "b", "c"}))'))


def test_the_first_failure_ends_what_still_runs(program, tmp_path):
    mark = str(99_000_000 + os.getpid())
    path = program(f"import subprocess\nsubprocess.run(['sleep', '{mark}'])")
    path.rename(path.with_stem("another"))
    program("1 / 0")
    with pytest.raises(SiteError, match="ZeroDivisionError"):
        weave(path.parent, tmp_path / "build")
    assert named(mark) == []


def test_while_serving_a_broken_program_does_not_stop_the_others(program, tmp_path):
    path = program("print('well')")
    path.rename(path.with_stem("another"))
    program("1 / 0")
    path.with_stem("unread").write_text("x = (", encoding="utf-8")
    broken = weave(path.parent, tmp_path / "build", serving=True)
    assert {name: type(error) for name, error in broken.items()}.keys() == {"chapter", "unread"}
    assert "snippets/chapter.py, line 2: section 'only' raised ZeroDivisionError" in str(broken["chapter"])
    assert [file.name for file in (tmp_path / "build/outputs").iterdir()] == ["another.only.txt"]


def test_while_serving_only_the_program_that_was_edited_is_woven_and_what_others_showed_stays(
    program, tmp_path
):
    path, build = program("print('one')"), tmp_path / "build"
    other = path.with_stem("chapter-2")
    other.write_text(path.read_text().replace("only", "first").replace("one", "two"))
    weave(path.parent, build)
    path.write_text(path.read_text().replace("only", "new").replace("one", "three"))
    other.write_text("1 / 0")
    assert weave(path.parent, build, True, {path}) == {}
    printed = {file.name: file.read_text() for file in (build / "outputs").iterdir()}
    assert printed == {"chapter.new.txt": "three\n", "chapter-2.first.txt": "two\n"}
    assert list(weave(path.parent, build, True, {other})) == ["chapter-2"]
