"""Join ES modules into one plain script: for pages read from disk, where a browser loads no module, and for speed."""

import re
from pathlib import Path

from weave.errors import SiteError

IMPORT = re.compile(r'^import (?:\* as (\w+)|(\{[^}]*\})) from "([^"]+)";$', re.MULTILINE)
PASSED_ON = re.compile(r'^export \{([^}]*)\} from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const|let) (\w+))", re.MULTILINE)
LATER = re.compile(r'\bimport\("([^"]+)"\)')
OTHER = re.compile(r"^(?:import|export)\b.*|\bimport\(.*|\bimport\.meta.*", re.MULTILINE)


def bundle(modules: list[Path], made: Path | None = None) -> str:
    """One script that does what the modules, and those that they import, do when loaded in this order.

    Each becomes a function that returns what it exports. A module that is not there is read from its place
    below ``made``. Raises SiteError for an import or export that is written in a way unknown here.
    """
    numbers, functions = {}, []

    def add(path: Path) -> str:
        """The name of the module's exports, after adding it and what it imports, if it is not there yet."""
        if path not in numbers:
            below = path.as_posix().rpartition("/assets/")[2]  # the script itself lies in assets/
            file = path if path.exists() or not made else made / "assets" / below
            code, exports = file.read_text(encoding="utf-8"), []

            def bind(match):
                whole, names, source = match.groups()
                return (
                    f"const {whole or names.replace(' as ', ': ')} = {add((path.parent / source).resolve())};"
                )

            def pass_on(match):
                other = add((path.parent / match[2]).resolve())
                exports.extend(f"{name}: {other}.{name}" for name in re.findall(r"\w+", match[1]))
                return ""

            def later(match):
                return f"Promise.resolve({add((path.parent / match[1]).resolve())})"

            code = LATER.sub(later, PASSED_ON.sub(pass_on, IMPORT.sub(bind, code)))
            code = code.replace("import.meta.url", f'new URL("{below}", base).href')
            exports += EXPORT.findall(code)
            code = EXPORT.sub("", code)
            if other := OTHER.search(code):
                cure = "write it as the other modules do, or teach scripts/pages/bundle.py."
                raise SiteError(f"{path.name}: {other[0]!r} cannot be joined.\n  Cure: {cure}")
            numbers[path] = len(functions)
            functions.append(f"(() => {{\n{code}\nreturn {{ {', '.join(exports)} }};\n}})()")
        return f"modules[{numbers[path]}]"

    for module in modules:
        add(module.resolve())
    # One after the other, because each needs those before it.
    pushed = "\n".join(f"modules.push({function});" for function in functions)
    base = "const base = globalThis.document?.currentScript?.src;"
    return f'(() => {{\n"use strict";\n{base}\nconst modules = [];\n{pushed}\n}})();\n'
