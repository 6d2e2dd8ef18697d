"""Nothing is shipped without its licence: the page *Licences* names whatever others have made, with its text."""

import json
import re
import zipfile

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from conftest import ROOT
from proven import proven_by
from publish.licences import TEMPLATES, Work, anchor, bundled, page, works
from python.get import KIT, PACKAGES
from python.licences import JOINED
from python.licences import works as in_the_page
from rules import pages_of
from weave.source import SiteError

SHIPPED = {work.name: work for work in works(ROOT)}
# Which files of the site are others' work; the theme's are those that lie in its package too.
OTHERS = {"assets/slides/reveal.*": "reveal.js", "assets/fonts/*.woff2": "STIX Two Math"}
THEME = "Material for MkDocs"
ICONS = {"material": "Material Design Icons", "octicons": "Octicons", "fontawesome": "Font Awesome"}
DRAWN = re.compile(r"""\sd=(?:"|'|%22)([^"'%]+)(?:"|'|%22)""")


@pytest.fixture(scope="module")
def licences(site):
    return BeautifulSoup((site / "licences/index.html").read_text(encoding="utf-8"), "lxml")


@pytest.mark.parametrize("name", SHIPPED)
def test_each_work_is_named_with_the_whole_of_its_licence(licences, name):
    heading = licences.find(id=SHIPPED[name].anchor)
    assert heading.name == "h2" and heading.get_text().startswith(name)
    text = SHIPPED[name].licence.read_text(encoding="utf-8")
    assert heading.find_next("pre").get_text().strip() == text.strip()
    assert re.search("licen[cs]e|permission", text, re.IGNORECASE) and len(text) > 500


@pytest.mark.parametrize(
    "name, words",
    [
        ("Text and figures: CC BY 4.0", "Attribution 4.0 International"),
        ("Code: MIT", "the Overshoot authors"),
        ("Material for MkDocs", "Martin Donath"),
        ("Material Design Icons", "Pictogrammers"),
        ("Octicons", "GitHub"),
        ("Font Awesome", "Fonticons"),
        ("reveal.js", "Hakim El Hattab"),
        ("STIX Two Math", "SIL Open Font License"),
        ("DejaVu Sans", "Bitstream Vera"),
        ("lunr", "Oliver Nightingale"),
        ("clipboard", "Zeno Rocha"),
        ("rxjs", "Apache License"),
        ("focus-visible", "The full text of this NOTICE"),
    ],
)
def test_a_licence_is_that_of_the_work_not_of_another(name, words):
    assert words in SHIPPED[name].licence.read_text(encoding="utf-8")


def test_every_file_of_the_site_s_assets_is_the_authors_own_or_has_a_licence(site):
    own = set()
    for path in (ROOT / "docs/assets").rglob("*"):
        name = path.relative_to(ROOT / "docs").as_posix()
        others = [work for pattern, work in OTHERS.items() if path.match(pattern)]
        if path.is_file() and not others:
            own.add(name)
            says = path.read_text(encoding="utf-8", errors="replace")[:3000]
            assert path.suffix not in (".woff2", ".woff", ".ttf", ".otf"), f"{name}: whose font is it?"
            assert path.suffix == ".txt" or not re.search(r"copyright|licen[cs]ed|\(c\)|©", says, re.I), name
    for path in (site / "assets").rglob("*"):
        name = path.relative_to(site).as_posix()
        joined = path.match("assets/interactive/shared-*.js") or path.match("assets/python/shared-*.js")
        if path.is_file() and name not in own and not joined and name != KIT:
            works = [work for pattern, work in OTHERS.items() if path.match(pattern)]
            works += [THEME] * (TEMPLATES / name).is_file()
            assert works and set(works) <= SHIPPED.keys(), f"{name}: whose is it?"


def test_all_that_comes_with_python_in_the_page_is_named_with_its_licence(licences, site, pyodide):
    shipped = in_the_page(pyodide)
    assert (site / KIT).is_file() and {"Pyodide", "CPython"} < {name for name, *_ in shipped}
    assert len(shipped) == len(PACKAGES) + len(JOINED)
    for name, _, licence in shipped:
        text = licence.read_text(encoding="utf-8").strip()
        assert re.search("licen[cs]e|permission", text, re.IGNORECASE) and len(text) > 500, name
        assert licences.find(id=anchor(name)).find_next("pre").get_text().strip() == text


def test_every_package_in_the_theme_s_scripts_has_a_licence():
    assert {"rxjs", "lunr", "clipboard", "material-design-color"} <= set(bundled(TEMPLATES)) <= SHIPPED.keys()


@proven_by("site/**/*.html", "site/assets/stylesheets/*.css")
def test_every_sign_of_the_theme_comes_from_a_set_whose_licence_is_there(site):
    sets = {}
    for icon in (TEMPLATES / ".icons").rglob("*.svg"):
        folder = icon.relative_to(TEMPLATES / ".icons").parts[0]
        for drawing in DRAWN.findall(icon.read_text(encoding="utf-8")):
            sets.setdefault(drawing, set()).add(folder)
    drawn = set()
    for path in [*site.rglob("*.html"), *site.glob("assets/stylesheets/*.css")]:
        drawn |= set(DRAWN.findall(path.read_text(encoding="utf-8")))
    used = [sets[drawing] for drawing in drawn if drawing in sets]
    assert len(used) > 20 and all(ICONS.keys() & folders for folders in used)
    assert set(ICONS.values()) <= SHIPPED.keys()


def test_the_theme_s_other_languages_are_not_shipped(site):
    assert not list(site.glob("assets/javascripts/lunr*"))


@proven_by("site/**/*.html", "tests/rules.py")
@pytest.mark.xdist_group("pages")
def test_every_page_leads_to_the_licences(site):
    for path, html in pages_of(site).items():
        if html.select_one(".deck"):
            assert html.select_one("link[rel=license]")["href"] == "../../licences/"
            continue
        links = {link.get_text(): link["href"] for link in html.select(".md-copyright__highlight a")}
        assert links.keys() == {"CC BY 4.0", "MIT", "Licences"}, path
        ends = {link.rpartition("licences/")[2] for link in links.values()} - {"./", "./#text", "./#code"}
        assert ends <= {"", "#text", "#code"}, path


def test_the_zip_and_the_pdf_lead_there_too(site):
    with zipfile.ZipFile(site / "overshoot.zip") as packed:
        home = packed.read("overshoot/index.html").decode()
        assert 'href="licences/index.html#text"' in home
        assert "Martin Donath" in packed.read("overshoot/licences/index.html").decode()
    title = PdfReader(site / "overshoot.pdf").pages[0]
    links = {str(note.get_object().get("/A", {}).get("/URI")) for note in title["/Annots"]}
    assert {link.rpartition("/licences/")[2] for link in links if "licences" in link} == {
        "",
        "#text",
        "#code",
    }


def test_a_licence_that_is_not_there_is_named_with_the_cure(tmp_path):
    with pytest.raises(
        SiteError, match=r"nowhere\.txt: the licence of Chart is not here\.\n.*Cure: put its text"
    ):
        page([Work("Chart", "chart", "A chart.", tmp_path / "nowhere.txt")])


def test_a_package_that_a_new_theme_brings_is_found(tmp_path):
    with pytest.raises(SiteError, match=r"no source maps any more\.\n.*Cure"):
        bundled(tmp_path)
    (tmp_path / "assets").mkdir()
    sources = ["src/own.ts", "node_modules/lunr/lunr.js", "../node_modules/@new/thing/index.js"]
    (tmp_path / "assets/bundle.js.map").write_text(json.dumps({"sources": sources}), encoding="utf-8")
    assert bundled(tmp_path) == ["@new/thing", "lunr"]
