"""Build the site with other builders and say what each would lose: the way out of MkDocs, tried before it is needed.

    uv run --with properdocs --with zensical python -m measure.builders properdocs zensical

ProperDocs builds the sources as they are, and the site must be the same but for the builder's name. Zensical
knows neither hooks nor mkdocs-jupyter, so it is given what they make (``measure.woven``), and what its site
lacks is listed. Ends with 1 if anything is lost.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import takewhile
from pathlib import Path
from urllib.parse import urljoin
from zipfile import ZipFile

import yaml
from bs4 import BeautifulSoup

from measure.woven import LAB, WOVEN

ROOT = Path(__file__).parents[2]
NAME = re.compile(rb'<meta name="generator"[^>]*>')
THEME = ("assets/javascripts/", "assets/stylesheets/", "assets/images/")
COUNTED = ("img", "math", "pre", "details", ".admonition", "table")


def files(site: Path) -> dict[str, bytes]:
    """Every file of a site, and those inside its archives, without the name of what built it."""
    found = {}
    for path in site.rglob("*"):
        name = path.relative_to(site).as_posix()
        if path.suffix == ".zip":
            with ZipFile(path) as packed:
                found |= {f"{name}/{entry}": packed.read(entry) for entry in packed.namelist()}
        elif path.is_file():
            found[name] = path.read_bytes()
    return {name: NAME.sub(b"", content) for name, content in found.items()}


def differences(site: Path, other: Path) -> list[str]:
    """In what the two sites are not the same, byte for byte."""
    ours, theirs = files(site), files(other)
    missing = [f"{name} is missing" for name in ours.keys() - theirs.keys()]
    besides = [f"{name} is there besides" for name in theirs.keys() - ours.keys()]
    changed = [f"{name} differs" for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]]
    return sorted(missing + besides + changed)


def losses(site: Path, other: Path) -> list[str]:
    """What a reader of the other site would miss: files, and of each page its words and its elements."""
    lost = []
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        name = path.relative_to(site).as_posix()
        if not (other / name).is_file():
            lost += [f"{name} is missing"] * (not name.startswith(THEME))
        elif path.suffix == ".html":
            pages = _article(path), _article(other / name)
            links = (_links(page, f"https://host/above/site/{name}") for page in pages)
            lost += [f"{name}: {what}" for what in _losses_of_a_page(*pages)]
            lost += [f"{name}: nothing leads to {link}" for link in sorted(set.difference(*links))]
    return lost


def _article(path: Path) -> BeautifulSoup:
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
    return page.select_one("article, .deck") or page


def _links(page: BeautifulSoup, address: str) -> set[str]:
    """Where a page leads, and whence it takes its pictures."""
    targets = [tag.get("href") or tag.get("src") for tag in page.select("[href], [src]")]
    return {urljoin(address, target) for target in targets}


def _losses_of_a_page(ours: BeautifulSoup, theirs: BeautifulSoup) -> list[str]:
    counts = [(what, len(ours.select(what)), len(theirs.select(what))) for what in COUNTED]
    found = [f"{here} × {what}, not {there}" for what, there, here in counts if here != there]
    words, others = ours.get_text(" ").split(), theirs.get_text(" ").split()
    if words != others:
        pairs = zip(words, others, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        found.append(f"its words differ from “{' '.join(words[same : same + 8])}” on")
    return found


class _Settings(yaml.SafeLoader):
    """Reads mkdocs.yml with the tags that only MkDocs knows."""


_Settings.add_constructor("!relative", lambda loader, node: node.value.removeprefix("$config_dir/"))
_Settings.add_constructor("!ENV", lambda loader, node: loader.construct_sequence(node)[-1])


def settings_without_hooks(text: str) -> str:
    """mkdocs.yml for a builder that runs no hooks and no plugin but the search, over what was woven."""
    settings = yaml.load(text, _Settings)
    del settings["hooks"], settings["watch"], settings["exclude_docs"]
    settings["plugins"] = [one for one in settings["plugins"] if "search" in one]
    settings["markdown_extensions"] += ["pages.elements", "pages.mathematics", "pages.finish"]
    settings |= {"docs_dir": WOVEN, "site_dir": "zensical"}
    return LAB.sub(r"\1.md", yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))


def build(folder: Path, *command: str) -> None:
    """Run a builder in the folder. Ends with what it said if it fails."""
    settings = {"NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "1735689600", "PYODIDE": ""}
    environment = os.environ | settings
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} ends with {done.returncode}:\n{done.stdout}{done.stderr}")


def with_properdocs(folder: Path) -> list[str]:
    build(folder, "properdocs", "build", "-f", "mkdocs.yml")
    return differences(folder / "mkdocs", folder / "site")


def with_zensical(folder: Path) -> list[str]:
    text = (folder / "mkdocs.yml").read_text(encoding="utf-8")
    (folder / "zensical.yml").write_text(settings_without_hooks(text), encoding="utf-8")
    build(folder, "zensical", "build", "-f", "zensical.yml")
    return losses(folder / "mkdocs", folder / "zensical")


BUILDERS = {"properdocs": with_properdocs, "zensical": with_zensical}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("builder", nargs="+", choices=BUILDERS)
    builders, lost = parser.parse_args().builder, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "sources")
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "build", "site", "__pycache__"))
        config = folder / "mkdocs.yml"
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("hooks.py]", "hooks.py, scripts/measure/woven.py]"), encoding="utf-8")
        build(folder, "mkdocs", "build")
        (folder / "site").rename(folder / "mkdocs")  # where it stood, ProperDocs would find nothing to do
        for builder in builders:
            found = BUILDERS[builder](folder)
            print(f"{builder}: {len(found)} losses", *found, sep="\n  ", flush=True)
            lost += found
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
