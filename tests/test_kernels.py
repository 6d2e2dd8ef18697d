"""Labs that run at the same time meet nobody but their own kernel."""

import os
import signal
import subprocess
import sys

import pytest

from conftest import ROOT
from proven import proven_by

pytestmark = proven_by("scripts/labs/*", "scripts/weave/**/*")

# Each kernel is given the ports of the one before, in another order: so it may happen where many begin at once.
SIDE_BY_SIDE = """
import sys
from pathlib import Path

from jupyter_client.connect import LocalPortCache
from mkdocs_jupyter import convert

from labs.kernels import configure, side_by_side

find, ports = LocalPortCache.find_available_port, []


def found(cache, ip):
    ports.append(find(cache, ip) if len(ports) < 5 else ports[(len(ports) + 1) % 5])
    return ports[-1]


LocalPortCache.find_available_port = found
folder = Path(sys.argv[1])
configure(folder)
run = side_by_side(convert.nb2html, folder / "memo")
for name in "ab":
    print(f"printed {name}" in run(str(folder / f"{name}.py"), execute=True))
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has ports only")
def test_two_kernels_that_would_be_given_the_same_ports_do_not_keep_the_build_waiting(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.py").write_text(
            f"# %%\nimport time\n\ntime.sleep(2)\nprint('printed', '{name}')\n"
        )
    with subprocess.Popen(
        [sys.executable, "-c", SIDE_BY_SIDE, tmp_path],
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as build:
        try:
            printed, told = build.communicate(timeout=100)
        finally:
            if build.poll() is None:
                os.killpg(build.pid, signal.SIGKILL)
    assert printed.split() == ["True", "True"], told
