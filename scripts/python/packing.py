"""Inside Pyodide: unpack the wheels but for what no program in a page needs, compile them, and pack them as one.

The same wheels give the same bytes.
"""

import os
import py_compile
import re
import sysconfig
import tarfile
import zipfile
from pathlib import Path

SITE = Path(sysconfig.get_path("purelib"))
WHEELS, ARCHIVE = Path("/wheels"), "/packages.tar.zst"
LEFT_OUT = re.compile(
    r"""
    (^|/)tests?/ | (^|/)conftest\.py$ | \.dist-info/ | \.(pyi|pxd|pyx|h|c|a|lib|typed)$
    | ^numpy/(f2py|_pyinstaller|distutils|_core/(include|lib)|random/lib|typing/tests)/
    | ^dateutil/zoneinfo/ | ^mpl_toolkits/axisartist/ | ^PIL/_(imaging(ft|cms|math|morph|tk)|webp|avif)\.
    | mpl-data/(sample_data|images|fonts/(afm|pdfcorefonts))
    | mpl-data/fonts/ttf/(STIX|cm|DejaVuSerif|DejaVuSans-BoldOblique|DejaVuSansMono-)
    | matplotlib/backends/(web_backend|qt_editor)/
    | matplotlib/backends/backend_(gtk|qt|tk|wx|mac|web|nb|cairo|pdf|pgf|ps)
    """,
    re.VERBOSE,
)
COMPILED = {"invalidation_mode": py_compile.PycInvalidationMode.UNCHECKED_HASH, "doraise": True}


def unpack() -> None:
    for wheel in sorted(WHEELS.iterdir()):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(SITE, [name for name in packed.namelist() if not LEFT_OUT.search(name)])


def compile_all() -> None:
    """In place of each module its bytes: to compile them again would take every reader's time."""
    for path in sorted(SITE.rglob("*.py")):
        py_compile.compile(str(path), str(path.with_suffix(".pyc")), **COMPILED)
        path.unlink()


def list_fonts() -> None:
    """What matplotlib would find out when it is first imported."""
    os.environ["MPLCONFIGDIR"] = str(SITE / "matplotlib" / "config")
    import matplotlib.font_manager  # noqa: F401


def pack() -> None:
    with tarfile.open(ARCHIVE, "w:zst", level=19) as archive:
        for path in sorted(path for path in SITE.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(path.relative_to(SITE).as_posix())
            entry.size = path.stat().st_size
            with path.open("rb") as content:
                archive.addfile(entry, content)


unpack()
compile_all()
list_fonts()
pack()
