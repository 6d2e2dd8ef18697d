"""``mkdocs serve``: an edit shows on the page, so does what is wrong with a program, and mending it is enough."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from types import SimpleNamespace

import pytest
from mkdocs.exceptions import Abort

import hooks
from conftest import remember_the_problems, small_site
from pages.page import PageError, with_errors
from proven import of_a_small_site

pytestmark = pytest.mark.xdist_group("serving")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The program of a small site of two labs, and a function that reads a page of its server."""
    tmp_path = tmp_path_factory.mktemp("served")
    root = small_site(tmp_path / "site")
    remember_the_problems(root)
    shutil.copy(root / "docs/labs/limit.py", root / "docs/labs/other.py")
    settings = (root / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.replace("labs/limit.py]", "labs/limit.py, labs/other.py]")
    (root / "mkdocs.yml").write_text(settings, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = os.environ | {"SITE_URL": f"http://{address}/", "TMPDIR": str(tmp_path), "PYODIDE": ""}
    command = [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", address]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log) as server,
    ):

        def until(text, path="overshoot/"):
            """The page, or for path None the server's log, as soon as the text stands in it."""
            deadline = time.monotonic() + 180
            while time.monotonic() < deadline:
                try:
                    found = (tmp_path / "log").read_text()
                    if path is not None:
                        with urllib.request.urlopen(f"http://{address}/{path}", timeout=5) as response:
                            found = response.read().decode()
                except OSError:  # not yet up, or between two builds
                    found = ""
                if text in found:
                    return found
                time.sleep(0.05)
            pytest.fail(f"{text!r} did not appear: {(tmp_path / 'log').read_text()}")

        try:
            until("Serving on", path=None)
            yield root / "snippets/overshoot.py", until
        finally:
            server.terminate()


@of_a_small_site
def test_an_edit_shows_a_broken_program_is_named_in_its_place_and_mending_it_is_enough(served):
    """CONTRIBUTING.md: “uv run mkdocs serve shows the site; an edit of a program or a page makes only the pages anew that show it.”"""
    program, until = served
    good = program.read_text(encoding="utf-8").replace("print(", 'print("fresh", ')
    time.sleep(1)  # until the watcher has seen every file as it is
    program.write_text(good, encoding="utf-8")
    page = until("fresh [1.   0.5  0.25]")
    assert "overshoot.ipynb" in page and "overshoot.zip" not in page  # nobody waits for archives
    program.write_text(good.replace("numbers = ", "numbers = 1 / 0 + "), encoding="utf-8")
    page = until("ERROR snippets/overshoot.py, line")
    assert "ZeroDivisionError" in page and "Cure:" in page and "fresh [1." not in page
    log = until("ZeroDivisionError", path=None)
    assert "in a browser; press Ctrl+C here to stop." in log
    assert "Traceback" not in log and "An error happened" not in log
    until("A rate of 1/2", path="sources/")  # no other page waits for it
    program.write_text("x = (", encoding="utf-8")  # not even its sections can be read
    until("was never closed")
    program.write_text(good.replace("fresh", "mended"), encoding="utf-8")
    until("mended [1.   0.5  0.25]")


PAGE = """
    ```python
    --8<-- "broken.py:one"
    ```

```text
--8<-- "broken.one.txt"
--8<-- "sound.one.txt"
```

![What is seen](figures/broken.one.svg)
![What is seen](../figures/sound.one.svg)
"""


def test_an_error_stands_where_something_of_the_program_is_missing(tmp_path):
    program, error = tmp_path / "broken.py", PageError("snippets/broken.py, line 2: bad.\n  Cure: `mend` it.")
    program.write_text("# %% --8<-- [start:one]\n1 / 0\n# --8<-- [end:one]\n", encoding="utf-8")
    page = with_errors(PAGE, {"broken": error}, tmp_path)
    assert page == PAGE.replace(
        '--8<-- "broken.one.txt"', "ERROR snippets/broken.py, line 2: bad.\n  Cure: `mend` it."
    ).replace(
        "![What is seen](figures/broken.one.svg)",
        "`` ERROR snippets/broken.py, line 2: bad. Cure: `mend` it. ``",
    )
    program.write_bytes(b"Erd\xf6s")
    page = with_errors(PAGE, {"broken": error}, tmp_path)
    assert "    ERROR snippets/broken.py, line 2: bad.\n      Cure: `mend` it.\n    ```" in page
    assert with_errors(PAGE, {}, tmp_path) == PAGE


@of_a_small_site
def test_an_edit_of_a_lab_shows_and_the_other_labs_are_not_run_again(served):
    program, until = served
    lab = program.parents[1] / "docs/labs/limit.py"
    time.sleep(1)  # until the watcher has seen every file as it is
    text = lab.read_text(encoding="utf-8")
    before = until("Serving on", path=None)
    lab.write_text(text.replace("# Which rate is", "# Which fresh rate is"), encoding="utf-8")
    until("Which fresh rate is", path="labs/limit/")
    log = until("Serving on", path=None).removeprefix(before)
    assert log.count("Converting notebook (execute=True)") == 1


def test_an_address_that_is_taken_is_told_with_the_cure():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server, config = (
            SimpleNamespace(url="http://127.0.0.1/"),
            SimpleNamespace(dev_addr=taken.getsockname()),
        )
        with pytest.raises(Abort, match=r"http://127\.0\.0\.1/ cannot be served: .* Cure: .* --dev-addr"):
            hooks.on_serve(server, config, None)
