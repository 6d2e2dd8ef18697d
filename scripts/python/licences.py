"""Name the works that come with Pyodide, each with the file that holds its licence."""

from pathlib import Path

TEXTS = Path(__file__).with_suffix("")
# What is joined into the core and into the packages, and brings no licence of its own.
JOINED = {
    "Pyodide": "Runs Python in the page, when a reader asks for it.",
    "CPython": "The Python that runs there, and its standard library.",
    "Emscripten and musl": "What Python in the page stands on.",
    "Compression and decimals": "Libraries in Python in the page.",
    "Images and letters": "Libraries in what draws there.",
}
NAMES = {"numpy": "NumPy", "matplotlib": "Matplotlib", "pillow": "Pillow", "contourpy": "ContourPy"}


def works(folder: Path) -> list[tuple[str, str, Path]]:
    """Each work by its name, what of it is on the site, and its licence; ``folder`` holds those of the packages."""
    joined = [(name, about, TEXTS / f"{name.split()[0].lower()}.txt") for name, about in JOINED.items()]
    about = "Comes with Python in the page."
    packages = sorted((folder / "licences").glob("*.txt"))
    return joined + [(f"{NAMES.get(file.stem, file.stem)} in the page", about, file) for file in packages]
