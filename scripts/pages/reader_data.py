"""The tables of the log reader as a module, so that the page reads with the same data as the program."""

import json
from pathlib import Path

NOT_READ = ("what", "example", "gives")  # of a row: for people and for tests
HEAD = "// The tables of snippets/readlog/, written by the build."


def write_reader_data(readlog: Path, folder: Path) -> Path:
    """Write ``readlog.js`` at its place below ``folder``, from the JSON files in ``readlog``. Returns its path."""
    path = folder / "assets" / "diagnose" / "readlog.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = [_table(readlog / f"{name}.json") for name in ("formats", "words", "odds")]
    path.write_text("\n".join([HEAD, *tables, ""]), encoding="utf-8")
    return path


def _table(file: Path) -> str:
    kept = json.loads(file.read_text(encoding="utf-8"))
    if file.stem == "formats":
        kept = _bare(kept)
    return f"export const {file.stem.upper()} = {json.dumps(kept, separators=(',', ':'))};"


def _bare(part):
    if isinstance(part, dict):
        return {key: _bare(value) for key, value in part.items() if key not in NOT_READ}
    return [_bare(one) for one in part] if isinstance(part, list) else part
