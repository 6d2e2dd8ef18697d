"""What the build makes of the whole site, to carry off: a zip to be read from disk, and a PDF to print."""

from pathlib import Path

from takeaway.browser import can_print


def archives() -> dict[str, str]:
    """The archives that this machine can make, by name, each with what it is for."""
    made = {"overshoot.zip": "to read without a network"}
    return made | {"overshoot.pdf": "to print"} if can_print() else made


def write_archives(names, config, pages: list, site: Path, licences: list[Path], memo: Path) -> None:
    """Write the archives of these names into the site; the zip holds the PDF too."""
    from takeaway.offline import pack
    from takeaway.pdf import print_course

    if "overshoot.pdf" in names:
        (site / "overshoot.pdf").write_bytes(print_course(config, pages, site, memo))
    (site / "overshoot.zip").write_bytes(pack(site, licences, memo))
