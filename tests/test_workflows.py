"""The workflows are code: actionlint and zizmor read them, without the network."""

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

from conftest import ROOT

FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
PROGRAMS = Path(sysconfig.get_path("scripts"))


def actionlint(*files):
    return subprocess.run([PROGRAMS / "actionlint", *files], capture_output=True, text=True)


def zizmor(*files):
    command = [PROGRAMS / "zizmor", "--offline", "--no-progress", "--color=never", "--format=plain", *files]
    return subprocess.run(command, capture_output=True, text=True)


def test_actionlint_and_zizmor_find_nothing():
    assert {file.stem for file in WORKFLOWS} >= {"checks", "pages", "weekly"}
    for found in (actionlint(*WORKFLOWS), zizmor(FOLDER)):
        assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    "check, old, new, complaint",
    [
        (actionlint, "run: bash .ci/run", "run: bash .ci/run ${{ matrix.snake }}", 'property "snake"'),
        (actionlint, "runs-on:", "run-on:", '"runs-on" section is missing'),
        (zizmor, r"@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7\.0\.1", "@v7", "unpinned-uses"),
        (zizmor, "run: bash .ci/run", "run: bash .ci/run ${{ github.head_ref }}", "template-injection"),
        (zizmor, r"\n *with:\n *persist-credentials: false", "", "artipacked"),
    ],
)
def test_they_would_find_it(tmp_path, check, old, new, complaint):
    text = (FOLDER / "workflows/checks.yml").read_text(encoding="utf-8")
    broken = tmp_path / ".github/workflows/checks.yml"
    broken.parent.mkdir(parents=True)
    broken.write_text(re.sub(old, new, text), encoding="utf-8")
    assert broken.read_text(encoding="utf-8") != text
    found = check(broken)
    assert found.returncode != 0 and complaint in found.stdout + found.stderr, found.stdout + found.stderr


def test_every_workflow_takes_the_same_version_of_uv():
    steps = [step for file in WORKFLOWS for step in re.split(r"\n *- ", file.read_text(encoding="utf-8"))]
    versions = [re.findall(r'version: "(\d+\.\d+\.\d+)"', step) for step in steps if "setup-uv@" in step]
    assert len(versions) >= 5 and len({tuple(version) for version in versions}) == 1 and versions[0]


def test_the_notebooks_are_pushed_as_they_were_built():
    jobs = yaml.safe_load((FOLDER / "workflows/pages.yml").read_text(encoding="utf-8"))["jobs"]
    given = [
        step["with"]["name"] for step in jobs["build"]["steps"] if "upload-artifact" in step.get("uses", "")
    ]
    take, push = jobs["notebooks"]["steps"]
    assert given == [take["with"]["name"]] == ["notebooks"] and "download-artifact" in take["uses"]
    assert not re.search("curl|wget|unzip", push["run"])
    assert push["working-directory"] == take["with"]["path"]


def test_all_pythons_that_the_project_promises_are_tried():
    checks = yaml.safe_load((FOLDER / "workflows/checks.yml").read_text(encoding="utf-8"))["jobs"]["checks"]
    promised = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())[1]
    usual = (ROOT / ".python-version").read_text().strip()
    assert {promised, usual} <= set(checks["strategy"]["matrix"]["python"])
