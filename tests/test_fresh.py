"""``.ci/uv`` on machines that lack this or that: what is tried, in which order, and what is told in the end."""

import os
import shutil
import subprocess
import tomllib

import pytest

from conftest import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has lines of its own")

SH = shutil.which("sh") or "sh"
TOOLS = ["cat", "chmod", "cp", "dirname", "env", "grep", "mkdir", "mktemp", "mv", "rm", "sed", "sh", "tail"]
ALLOWED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
REFUSES = 'echo "error: externally-managed-environment" >&2; exit 1'
TOLD = "install uv as https://docs.astral.sh/uv/getting-started/installation/ tells"


def uv(project=True, other=True, fetched=True):
    """A uv that finds, or does not, the project's Python and another; it says what it was asked to run."""
    return f"""case $* in
        --version) exit ;;
        "python find --system") exit {1 - project} ;;
        "python find --system {ALLOWED}") exit {1 - other} ;;
        "python install") exit {1 - fetched} ;;
    esac
    for word; do printf '<%s>' "$word"; done
    echo " ${{UV_PYTHON-}}"
    exit 7"""


def gives_uv(folder):
    return f'mkdir -p {folder} && cp "$HOME/uv.stub" {folder}/uv'


PIP = f"""case $* in
    "-m pip --version") ;;
    *--target*) [ "$6" = --target ] && {gives_uv('"$7/bin"')} ;;
    *) exit 1 ;;
esac"""
PIP_THAT_REFUSES = f'case $* in "-m pip --version") ;; *) {REFUSES} ;; esac'
VENV = f"""case $* in
    "-c import ensurepip") ;;
    "-m venv"*) mkdir -p "$3/bin" && printf '#!{SH}\\n{gives_uv("${0%%/*}")}' >"$3/bin/python"
        chmod +x "$3/bin/python" ;;
    *) exit 1 ;;
esac"""
INSTALLER = f"""cat <<'END'
{gives_uv('"$UV_UNMANAGED_INSTALL"')}
END"""
APT = """case $* in
    update) ;;
    *python3-pip*) cp "$HOME/pip.stub" "$HOME/bin/python3" ;;
    *) echo "E: Unable to locate package uv" >&2; exit 100 ;;
esac"""


class Machine:
    """A home whose PATH holds only the tools that every system has, and what a test puts there."""

    def __init__(self, home):
        self.home = home
        (home / "bin").mkdir()
        for tool in TOOLS:
            (home / "bin" / tool).symlink_to(shutil.which(tool))
        (home / "overshoot/.ci").mkdir(parents=True)
        shutil.copy(ROOT / ".ci/uv", home / "overshoot/.ci")
        shutil.copy(ROOT / "pyproject.toml", home / "overshoot")
        (home / "tmp").mkdir()
        self.has("uv.stub", uv())
        self.has("pip.stub", PIP)
        self.has("bin/id", "echo 1000")
        self.has("bin/uname", "echo Linux")

    def has(self, name, does="exit 1"):
        """Puts a program there that notes how it was called, then does what it is told."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!{SH}\necho "${{0##*/}} $*" >>"$HOME/calls"\n{does}\n')
        path.chmod(0o755)

    def run(self, *words, **variables):
        environment = {"HOME": self.home, "PATH": self.home / "bin", "TMPDIR": self.home / "tmp"} | variables
        command = [SH, self.home / "overshoot/.ci/uv", *(words or ["run", "pytest"])]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert list((self.home / "tmp").iterdir()) == [], "something was left behind"
        return result

    def calls(self, *programs):
        """The calls of these programs, in order."""
        log = self.home / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.split()[0] in programs]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def tried(result):
    """The names of what was tried; in the end uv must have run."""
    assert (result.returncode, result.stdout) == (7, "<run><pytest> \n"), result.stderr
    return [line[len("uv is missing; trying ") :] for line in result.stderr.splitlines() if "trying" in line]


@pytest.mark.parametrize("place", ["bin", ".local/bin", ".cargo/bin"])
def test_a_uv_that_is_there_is_taken_on_path_or_off_it(machine, place):
    machine.has(f"{place}/uv", uv())
    machine.has("bin/curl", INSTALLER)
    assert tried(machine.run()) == []


def test_a_uv_that_pip_put_somewhere_is_found_by_its_package(machine):
    machine.has("Library/Python/3.9/bin/uv", uv())
    machine.has("bin/python3", 'case $* in *find_uv_bin*) echo "$HOME/Library/Python/3.9/bin/uv" ;; esac')
    assert tried(machine.run()) == []


def test_a_uv_that_does_not_run_is_passed_over(machine):
    machine.has("bin/uv", "exit 127")
    machine.has("bin/pipx", gives_uv('"$HOME/.local/bin"'))
    assert tried(machine.run()) == ["pipx"]


def test_words_and_exit_code_pass_through(machine):
    machine.has("bin/uv", uv())
    result = machine.run("run", "pytest", "-k", "a or b", "")
    assert (result.stdout, result.returncode) == ("<run><pytest><-k><a or b><> \n", 7)


def test_pip_brings_uv_once(machine):
    """README.md: “`.ci/uv` gets uv if you do not have it,”"""
    machine.has("bin/python3", PIP)
    result = machine.run()
    assert tried(result) == ["pip"]
    assert f"uv is now at {machine.home}/.local/bin/uv" in result.stderr
    assert tried(machine.run()) == []


def test_without_pip_a_virtual_environment_has_one(machine):
    machine.has("bin/python3", VENV)
    machine.has("bin/pipx")
    assert tried(machine.run()) == ["pip in a virtual environment"]


def test_where_pip_refuses_pipx_is_tried(machine):
    machine.has("bin/python3", PIP_THAT_REFUSES)
    machine.has("bin/pipx", gives_uv('"$HOME/.local/bin"'))
    machine.has("bin/curl", INSTALLER)
    assert tried(machine.run()) == ["pip", "pipx"]
    assert machine.calls("pipx", "curl") == ["pipx install uv"]


def test_root_gets_pip_from_the_distribution(machine):
    machine.has("bin/id", "echo 0")
    machine.has("bin/apt-get", APT)
    machine.has("bin/python3")
    assert tried(machine.run()) == ["apt-get"]
    assert "apt-get install -y --no-install-recommends python3-pip ca-certificates" in machine.calls(
        "apt-get"
    )


def test_an_ordinary_user_asks_sudo_and_sudo_asks_nobody(machine):
    machine.has("bin/apt-get", APT)
    machine.has("bin/sudo", 'shift; "$@"')
    machine.has("bin/true", "exit 0")
    assert tried(machine.run()) == ["apt-get"]
    assert all(call.startswith("sudo -n ") for call in machine.calls("sudo"))


@pytest.mark.parametrize("manager", ["dnf", "zypper", "pacman", "apk", "brew"])
def test_other_distributions_have_uv(machine, manager):
    machine.has("bin/id", "echo 0")
    machine.has(f"bin/{manager}", gives_uv('"$HOME/bin"'))
    assert tried(machine.run()) == [manager]


@pytest.mark.parametrize("loader", ["curl", "wget"])
def test_its_own_installer_comes_last_and_needs_no_root(machine, loader):
    machine.has("bin/python3")
    machine.has("bin/apt-get", APT)
    machine.has(f"bin/{loader}", INSTALLER)
    assert tried(machine.run()) == [f"uv's own installer, with {loader}"]
    assert machine.calls("apt-get") == []  # sudo is missing: nothing was asked of root


def test_a_mac_without_developer_tools_opens_no_window(machine):
    machine.has("bin/uname", "echo Darwin")
    machine.has("bin/python3")
    machine.has("bin/curl", INSTALLER)
    assert tried(machine.run()) == ["uv's own installer, with curl"]
    assert machine.calls("python3") == []


def test_a_machine_with_nothing_is_told_the_cure(machine):
    machine.has("bin/apt-get", APT)
    result = machine.run()
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "uv is missing, and so is all that could bring it, such as pip and curl: "
        f"let root run 'apt-get install python3-pip', or {TOLD}."
    ]


def test_without_a_network_the_last_words_are_told(machine):
    machine.has("bin/python3", PIP_THAT_REFUSES)
    machine.has("bin/pipx")
    machine.has("bin/curl", 'echo "curl: (6) Could not resolve host" >&2; exit 6')
    result = machine.run()
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "uv is missing, and these could not bring it: pip, pipx, uv's own installer, with curl "
        f"(curl: (6) Could not resolve host). Is there a network? If so, {TOLD}."
    )


def test_any_python_that_the_project_allows_will_do(machine):
    """README.md: “and uv gets everything else, Python too.”"""
    machine.has("bin/uv", uv(project=False, fetched=False))
    assert machine.run().stdout == f"<run><pytest> {ALLOWED}\n"
    assert "uv python install" in machine.calls("uv")
    machine.has("overshoot/.venv/bin/python", "exit 0")
    (machine.home / "calls").unlink()
    assert machine.run().stdout == f"<run><pytest> {ALLOWED}\n"
    assert "uv python install" not in machine.calls("uv")


def test_without_any_python_the_cure_is_told(machine):
    machine.has("bin/uv", uv(project=False, other=False, fetched=False))
    machine.has("overshoot/.venv/bin/python")  # of a Python that is gone
    result = machine.run()
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f"Python {ALLOWED} is missing, and uv could fetch none: "
        "install one (https://www.python.org/downloads/), then run this again."
    ]
    assert machine.run("--version").returncode == 0  # what needs no Python asks for none


def test_a_python_that_was_chosen_is_left(machine):
    machine.has("bin/uv", uv(project=False, other=False, fetched=False))
    assert machine.run(UV_PYTHON="3.14").stdout == "<run><pytest> 3.14\n"


def test_the_readme_has_two_lines_for_a_shell_and_two_for_powershell():
    """README.md: “In PowerShell, on Windows, the lines are `py -m pip install -q uv; py -m uv run mkdocs serve` and `py
    -m pip install -q uv; py -m uv run pytest`; where `py` is missing, `winget install astral-sh.uv` gets uv, and a new
    window knows `uv run mkdocs serve`.”
    CHANGELOG.md: “One line serves the site on a fresh machine, sh .ci/uv run mkdocs serve, and one passes the tests: also where Python is the system's own, without pip, and as an ordinary user; what cannot be had is told with its cure.”"""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for words in ("run mkdocs serve", "run pytest"):
        assert f"\nsh .ci/uv {words}\n" in readme
        assert f"`py -m pip install -q uv; py -m uv {words}`" in readme
