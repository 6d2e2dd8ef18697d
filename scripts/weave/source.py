"""Read what a person has written; what cannot be read is named, with its cure."""

import ast
import os
import re
from pathlib import Path


class SiteError(Exception):
    """What the site cannot be built with. The message names the file, the place and the cure."""


def called(path: Path) -> str:
    """The path as the person who builds knows it: from ``docs`` or ``snippets`` on."""
    for start in range(len(path.parts) - 1, -1, -1):
        if path.parts[start] in ("docs", "snippets"):
            return "/".join(path.parts[start:])
    return f"{path.parent.name}/{path.name}"


def read(path: Path) -> str:
    """The text of a file. Raises SiteError if it is not UTF-8, begins with a mark of its byte order, or is not there."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise SiteError(
            f"{called(path)}, line {line}: this is not UTF-8.\n  Cure: save the file as UTF-8."
        ) from None
    except OSError as error:
        problem = f"{called(path)}: the file cannot be read: {error.strerror}."
        raise SiteError(f"{problem}\n  Cure: let it be a file that you may read, or delete it.") from None
    if text.startswith("\ufeff"):
        problem = f"{called(path)}, line 1: the file begins with a byte-order mark."
        raise SiteError(f"{problem}\n  Cure: save it as UTF-8 without the mark.")
    return text


def read_python(path: Path) -> str:
    """The text of a file of Python. Raises SiteError for a slip of syntax."""
    text = read(path)
    try:
        ast.parse(text, str(path))
    except SyntaxError as error:
        problem = f"{called(path)}, line {error.lineno or 1}: {type(error).__name__}: {error.msg}."
        raise SiteError(f"{problem}\n  Cure: mend this line, or the one before it.") from None
    return text


def check(folder: Path) -> None:
    """Read all pages and all Python in a folder, to see that it can be done."""
    check_links(folder)
    for path in sorted(folder.rglob("[!.]*.*")):
        if path.suffix in (".md", ".py") and path.is_file():
            (read if path.suffix == ".md" else read_python)(path)


def check_links(folder: Path) -> None:
    """Raise SiteError for a link in a folder that leads nowhere, or to a folder that would be read twice."""
    for where, folders, names in os.walk(folder):
        for path in (Path(where, name) for name in sorted(folders + names)):
            if path.is_symlink() and not path.name.startswith("."):  # an editor's lock is such a link
                _check_link(path, folder)


def _check_link(link: Path, folder: Path) -> None:
    target, root = link.resolve(strict=False), folder.resolve()
    if not link.exists():
        problem = f"the link leads nowhere: {os.readlink(link)}"
    elif target.is_dir() and (root.is_relative_to(target) or target.is_relative_to(root)):
        problem = "the link leads round: its folder would be read twice, or for ever"
    else:
        return
    raise SiteError(f"{called(link)}: {problem}.\n  Cure: delete the link, or let it lead elsewhere.")


def navigation(root: Path) -> list[str]:
    """The names of the pages at the top of ``docs/``, in the order in which mkdocs.yml has them."""
    return re.findall(r"^ +- (?:\w+: )?([\w-]+)\.md$", read(root / "mkdocs.yml"), re.MULTILINE)
