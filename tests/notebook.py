"""The cells of a notebook, run in a shell of this process, which takes a tenth of the time that a kernel takes."""

import contextlib
import io
from collections.abc import Iterator
from types import SimpleNamespace

import matplotlib.pyplot as plt
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from conftest import no_window


def shell() -> InteractiveShell:
    one = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    one.colors = "nocolor"
    return one


def played(cells: list[str]) -> Iterator[SimpleNamespace]:
    """Of each cell, down to one that fails, whether it ``runs`` and what stands below it: ``printed``, so many ``figures``."""
    notebook = shell()
    with no_window():
        for code in cells:
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                runs = notebook.run_cell(code, silent=True).success  # the value of a last line is not printed
            yield SimpleNamespace(runs=runs, printed=printed.getvalue(), figures=len(plt.get_fignums()))
            plt.close("all")
            if not runs:
                break
