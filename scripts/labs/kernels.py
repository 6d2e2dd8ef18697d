"""Let mkdocs-jupyter run the labs side by side, and in the site's own style."""

import atexit
import functools
import json
import os
import re
import shutil
import tempfile
from multiprocessing.pool import ThreadPool
from pathlib import Path
from uuid import uuid4

from jupyter_client.localinterfaces import localhost
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError
from traitlets import default

from labs.page import LabError
from weave.memo import SCRIPTS, remembered
from weave.run import STYLES, TIME_LIMIT, WAITING

# What the person who builds has set for IPython and matplotlib stays out of it.
CONFIGURATION = f"""
c.IPKernelApp.exec_lines = [
    "import faulthandler, sys, warnings",
    "faulthandler.dump_traceback_later({WAITING * TIME_LIMIT}, exit=True, file=sys.__stderr__)",
    "warnings.filterwarnings('error', module='__main__|numpy|matplotlib')",
    "sys.path.insert(0, {str(SCRIPTS)!r})",
    "__import__('weave.keeper').keeper.limited({TIME_LIMIT})",
    "__import__('weave.narrow').narrow.in_notebooks(get_ipython())",
]
c.IPKernelApp.log_level = "ERROR"
c.InlineBackend.figure_formats = set()
"""
SETTINGS = {"NotebookClient": {"kernel_manager_class": "labs.kernels.Manager"}}


class Manager(AsyncKernelManager):
    """Begins a kernel, and meets it by files of their own.

    Two kernels that begin at the same time may be given one port, and who waits for the second waits for ever.
    Windows has ports only.
    """

    @default("transport")
    def by_files(self):
        return "ipc" if os.name == "posix" else "tcp"

    @default("ip")
    def beginning_of_their_names(self):
        return f"{meeting_place()}/{uuid4().hex}" if self.transport == "ipc" else localhost()


@functools.cache
def meeting_place() -> str:
    """A folder with a short path, for that of a socket has at most some 100 characters."""
    place = tempfile.mkdtemp(dir=min(tempfile.gettempdir(), "/tmp", key=len))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


def configure(folder: Path) -> None:
    """Point the kernels, and what begins them, at a configuration of their own, in this folder."""
    (folder / "jupyter").mkdir(exist_ok=True)
    (folder / "jupyter/jupyter_nbconvert_config.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    profile = folder / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(CONFIGURATION, encoding="utf-8")
    styles = [STYLES / f"{name}.mplstyle" for name in ("figure", "light")]
    style = "\n".join(file.read_text(encoding="utf-8") for file in styles)
    (folder / "matplotlibrc").write_text(style, encoding="utf-8")
    os.environ |= {
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "MATPLOTLIBRC": str(folder / "matplotlibrc"),
    }


def side_by_side(convert, memo: Path):
    """The function that runs a notebook, made to run all in the notebook's folder when the first is asked for."""

    @functools.wraps(convert)
    def converted(path, **settings):
        labs = sorted(Path(path).parent.glob("*.py"))
        with ThreadPool(len(labs)) as pool:  # whose threads keep no build that is interrupted
            pages = pool.map(functools.partial(_run, convert, settings, memo), labs, chunksize=1)
            return dict(zip(labs, pages, strict=True))[Path(path)]

    return converted


def _run(convert, settings: dict, memo: Path, lab: Path) -> str:
    files = [lab, *lab.parent.glob("given/*.py")]
    try:
        return remembered(
            memo, f"lab-{lab.stem}", files, lambda: convert(str(lab), **settings), ("weave", "labs")
        )
    except (CellExecutionError, RuntimeError) as error:
        last = re.sub(r"\x1b\[[\d;]*m", "", str(error)).strip().splitlines()[-1]
        cure = f"run `python docs/labs/{lab.name}` and mend what it reports."
        raise LabError(f"docs/labs/{lab.name}: {last}\n  Cure: {cure}") from None
