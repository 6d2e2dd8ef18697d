"""What can be taken along: programs, notebooks, figures, and the site in a zip that needs no server."""

import asyncio
import io
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from PIL import Image
from pypdf import PdfReader

import notebook
import rules
from conftest import (
    ONCE_A_WEEK,
    ROOT,
    SNIPPETS,
    build,
    markdown_of,
    quiet_pages,
    remember_the_problems,
    shown_by,
    small_site,
    until,
)
from labs.kernels import Manager
from pages.elements import FIGURES
from proven import LOOKS, of_a_small_site, proven_by
from takeaway.downloads import take_along, take_along_of_lab
from takeaway.offline import from_disk
from takeaway.pdf import dated, first_pages_of, printed, renumbered
from weave.program import package_of, sections

PROGRAMS = sorted(
    path.relative_to(SNIPPETS).with_suffix("").as_posix()
    for path in SNIPPETS.rglob("*.py")
    if not (path.parent / "__init__.py").exists()  # a package comes along with the program that imports it
    and not path.stem.startswith("lines_")  # pieces, and no programs
)
CHAPTERS = rules.programs(ROOT)
LABS = [f"labs/{path.stem}" for path in sorted((ROOT / "docs/labs").glob("*.py"))]
SHOWN_ON = {  # the page that shows a program
    name: page.stem
    for page in (ROOT / "docs").glob("*.md")
    for name in PROGRAMS
    if f'"{name}.py:' in page.read_text(encoding="utf-8")
}
PAGES = sorted(set(SHOWN_ON.values()))
of_the_course = proven_by("site/overshoot.pdf", "site/**/index.html")
of_the_notebook = proven_by(
    "site/notebooks/{chapter}.ipynb",
    "snippets/{chapter}.py",
    "snippets/data/*",
    "snippets/readlog/*",
    "scripts/weave/**/*",
    "scripts/labs/kernels.py",
    "tests/notebook.py",
)
of_the_zip = proven_by("site/overshoot.zip", *LOOKS)


def read(site, page):
    return BeautifulSoup((site / page / "index.html").read_text(encoding="utf-8"), "lxml")


# ── On every page ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", PAGES)
def test_every_page_with_a_program_offers_it_with_its_notebook_data_and_figures(site, page):
    offered = {
        link["href"].removeprefix("../") for link in read(site, page).select(".take-along li a, .archives a")
    }
    programs = [name for name in PROGRAMS if SHOWN_ON[name] == page]
    wanted = {f"snippets/{name}.py" for name in programs} | {f"notebooks/{name}.ipynb" for name in programs}
    for name in programs:
        text = (SNIPPETS / f"{name}.py").read_text(encoding="utf-8")
        wanted |= {f"snippets/data/{file.name}" for file in SNIPPETS.glob("data/*") if file.name in text}
        wanted |= {f"{name}.zip"} if package_of(SNIPPETS / f"{name}.py") else set()
    for part in shown_by(page) if page in CHAPTERS else []:
        if part.figures:
            wanted |= {f"figures/{page}.{part.name}{end}" for end in (".light.svg", ".png")}
    assert wanted <= offered
    assert offered - wanted <= {"overshoot.zip", "overshoot.pdf"}
    assert all((site / path).is_file() for path in offered)


def test_a_page_without_a_program_offers_nothing_and_the_home_page_the_whole_course(site):
    assert read(site, "notation").select(".take-along") == []
    assert read(site, "").select_one(".take-along a[href='overshoot.zip']")


def test_what_can_be_taken_along_is_not_found_by_the_search(site):
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))
    assert len(index["docs"]) > 50
    assert [
        entry["location"] for entry in index["docs"] if "download" in entry["location"].partition("#")[2]
    ] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_figure_is_offered_as_a_picture_as_sharp_as_print_needs_on_white(site, chapter):
    for part in shown_by(chapter):
        assert bool(part.picture) == bool(part.figures)
        if part.picture:
            assert (site / f"figures/{chapter}.{part.name}.png").read_bytes() == part.picture
            assert part.picture.startswith(b"\x89PNG")
            drawn = Image.open(io.BytesIO(part.picture)).convert("RGBA")
            assert drawn.width >= 1200 and drawn.height >= 500
            assert drawn.getpixel((0, 0)) == (255, 255, 255, 255) and drawn.getextrema()[3] == (255, 255)
            assert b"Software" not in part.picture


@pytest.mark.parametrize(
    "address", ["https://github.com/somebody/overshoot", "https://github.com/somebody/overshoot.git"]
)
def test_a_notebook_opens_in_colab_when_the_repository_is_known(address):
    page = markdown_of("overshoot")
    there = "https://colab.research.google.com/github/somebody/overshoot/blob/notebooks/overshoot.ipynb"
    assert f"({there})" in "".join(take_along(page, SNIPPETS, address))
    lab = "".join(take_along_of_lab("limit", "", address))
    assert f"({there.replace('overshoot.ipynb', 'labs/limit-learner.ipynb')})" in lab


@pytest.mark.parametrize("address", [None, "", "https://example.org/somebody/overshoot"])
def test_no_notebook_opens_in_colab_when_the_repository_is_not_known_there(address):
    page = markdown_of("overshoot")
    assert "overshoot.ipynb" in "".join(take_along(page, SNIPPETS, address))
    assert "colab" not in "".join(take_along(page, SNIPPETS, address)).lower()
    assert "colab" not in "".join(take_along_of_lab("limit", "", address)).lower()


# ── Notebooks ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_notebook_is_valid_and_its_cells_are_the_sections_of_the_program(site, program):
    book = nbformat.read(site / f"notebooks/{program}.ipynb", as_version=4)
    nbformat.validate(book)
    code = [
        cell.source for cell in book.cells if cell.cell_type == "code" and not cell.metadata.get("jupyter")
    ]
    assert code == [part.code.rstrip() for part in sections(SNIPPETS / f"{program}.py")]
    assert book.cells[0].cell_type == "markdown" and book.cells[0].source.startswith("# ")
    assert f"/{SHOWN_ON[program]}/)" in book.cells[0].source
    assert all(cell.outputs == [] for cell in book.cells if cell.cell_type == "code")


LONG = {"adam", "depth", "fixes", "minibatch", "networks"}  # programs


IN_A_KERNEL = "diagnose"  # which needs more than itself in its folder


@of_the_notebook
@pytest.mark.parametrize("chapter", [one for one in CHAPTERS if one != IN_A_KERNEL])
def test_a_notebook_alone_in_a_folder_prints_and_draws_what_the_page_shows(
    site, chapter, tmp_path, monkeypatch
):
    """A long one down to the first cell that shows something; what follows is the program's, to the letter."""
    book = nbformat.read(site / f"notebooks/{chapter}.ipynb", as_version=4)
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    monkeypatch.chdir(tmp_path)
    shown = {part.name: part for part in shown_by(chapter)}
    for cell, found in zip(cells, notebook.played([cell.source for cell in cells]), strict=False):
        assert found.runs, found.printed
        part = shown.pop(cell.id, SimpleNamespace(printed="", figures=[]))
        assert (found.printed, found.figures) == (part.printed, len(part.figures) // 2), cell.id
        if chapter in LONG and (part.printed or part.figures):
            return
    assert not shown


@of_the_notebook
@pytest.mark.parametrize(
    "chapter", [one if one == IN_A_KERNEL else pytest.param(one, marks=ONCE_A_WEEK) for one in CHAPTERS]
)
def test_a_notebook_prints_and_draws_in_a_fresh_kernel_what_the_page_shows(
    site, chapter, tmp_path, monkeypatch
):
    (tmp_path / "lesson.ipynb").write_bytes((site / f"notebooks/{chapter}.ipynb").read_bytes())
    monkeypatch.delenv("MPLBACKEND", raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    book = nbformat.read(tmp_path / "lesson.ipynb", as_version=4)
    run = NotebookClient(
        book, kernel_manager_class=Manager, resources={"metadata": {"path": str(tmp_path)}}
    ).async_execute
    with ThreadPoolExecutor(1) as apart:  # Playwright has a loop of events in this thread
        apart.submit(lambda: asyncio.run(run())).result()
    cells = {cell.id: cell for cell in book.cells}
    for part in shown_by(chapter):
        outputs = cells[part.name].outputs
        assert "".join(out.text for out in outputs if out.output_type == "stream") == part.printed
        pictures = [out for out in outputs if "image/png" in out.get("data", {})]
        assert len(pictures) == len(part.figures) // 2, part.name


def test_a_notebook_leaves_data_that_its_reader_has_changed_alone(site, tmp_path):
    book = nbformat.read(site / "notebooks/overshoot.ipynb", as_version=4)
    (code,) = [cell.source for cell in book.cells if cell.metadata.get("jupyter")]
    data = tmp_path / "data/chi_regression.csv"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
        changed = data.read_text(encoding="utf-8")
        data.write_text("x,y\n1,2\n", encoding="utf-8")
    assert changed == "x,y\n1,2\n"
    data.unlink()
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert data.read_bytes() == (SNIPPETS / "data/chi_regression.csv").read_bytes()


@proven_by("site/diagnose.zip")
def test_the_zip_of_a_program_runs_with_what_is_in_it_alone(site, tmp_path):
    """docs/diagnose.md: “The same program runs on your own machine, with numpy and matplotlib: download
    diagnose.zip, unpack it, and call python diagnose.py run.csv --rate 0.001.”"""
    with zipfile.ZipFile(site / "diagnose.zip") as packed:
        packed.extractall(tmp_path)
    (tmp_path / "run.csv").write_text("1\n4\n16\n64\n256")
    command = [sys.executable, "diagnose.py", "run.csv", "--rate", "0.001"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "Set the rate to 0.000333." in done.stdout, done.stderr
    code = "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.py"))
    wanted = set(re.findall(r"^(?:import|from) ([a-z]+)", code, re.MULTILINE)) - set(sys.stdlib_module_names)
    assert wanted == {"numpy", "matplotlib", "readlog"} and (tmp_path / "readlog").is_dir()
    chapter = [sys.executable, "diagnose.py"]  # which reads data
    done = subprocess.run(chapter, cwd=tmp_path, env=os.environ | {"MPLBACKEND": "svg"}, capture_output=True)
    assert done.returncode == 0, done.stderr


# ── From disk ────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def disk(site, tmp_path_factory):
    """The zip, unpacked into a folder whose name needs quoting."""
    folder = tmp_path_factory.mktemp("from disk, 100 %")
    with zipfile.ZipFile(site / "overshoot.zip") as packed:
        packed.extractall(folder)
    return folder / "overshoot"


@pytest.fixture
def open_file(browser, disk):
    """A function that opens a page from disk; when the test ends, it must have been quiet."""
    with quiet_pages(browser, disk.as_uri(), "data:", "about:") as open_it:
        yield lambda path, **options: open_it((disk / path).as_uri(), **options)


def test_the_zip_holds_pages_programs_notebooks_data_figures_and_licences_and_one_folder(site):
    """docs/teach.md: “There is no Run in the zip.”"""
    with zipfile.ZipFile(site / "overshoot.zip") as packed:
        names = packed.namelist()
        date = time.gmtime(1735689600)[:6]
        assert {entry.date_time for entry in packed.infolist()} == {date}
        assert {entry.external_attr >> 16 for entry in packed.infolist()} == {0o644}
    assert names == sorted(names) and {name.split("/")[0] for name in names} == {"overshoot"}
    wanted = {"index.html", "LICENSE", "LICENSE-TEXT", "CITATION.cff", "assets/fonts/stix-two-math-OFL.txt"}
    wanted |= {f"snippets/{name}.py" for name in PROGRAMS} | {f"notebooks/{name}.ipynb" for name in PROGRAMS}
    wanted |= {path.relative_to(site).as_posix() for path in site.rglob("index.html")}
    wanted |= {path.relative_to(site).as_posix() for path in site.glob("figures/*")}
    wanted |= {f"snippets/data/{path.name}" for path in SNIPPETS.glob("data/*")}
    assert wanted <= {name.removeprefix("overshoot/") for name in names}
    assert not any(name.endswith(("overshoot.zip", ".map", "404.html")) for name in names)
    assert not any(re.search(r"/pyodide/|/assets/python/", name) for name in names), "what Run needs"


@of_the_zip
def test_each_link_in_the_zip_leads_to_a_file_and_an_anchor_never_to_a_folder(disk):
    """docs/teach.md: “For a room without a network, all of it comes in one zip that you read from disk by a double click on
    index.html,”"""
    assert (disk / "index.html").is_file() and (disk / "problem-sets.zip").is_file()
    assert rules.links_lead_somewhere(disk) == []
    for path in disk.rglob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
        for tag in page.select("[href], [src]"):
            link = (tag.get("href") or tag.get("src")).split("#")[0].split("?")[0]
            if link and ":" not in link:
                assert (path.parent / link).is_file(), f"{path.relative_to(disk)}: {link}"


QUESTIONS = ".predict, details.question, details.answer"
ASKED = {*rules.chapters(ROOT), *LABS}


@of_the_zip
@pytest.mark.parametrize("page", sorted({"", "notation", *PAGES, *ASKED}))
def test_a_page_from_disk_is_quiet_its_figures_are_drawn_and_answer_and_it_can_be_printed(open_file, page):
    """Once opened for all of this."""
    opened = open_file(f"{page}/index.html".lstrip("/"))
    assert opened.locator("h1").is_visible()
    widths = opened.locator("figure img.only-light").evaluate_all(
        """all => Promise.all(all.map(
            image => (image.loading = 'eager', image.decode().then(() => image.naturalWidth))))"""
    )
    assert [width for width in widths if width <= 300] == []
    fonts = "document.fonts.ready.then(fonts => [...fonts].map(font => font.status))"
    assert opened.locator("math").count() == 0 or opened.evaluate(fonts) == ["loaded"]
    for name in [name for name, path in FIGURES.items() if path == f"{page}/"]:
        assert_a_figure_answers(opened, name)
    if page in ASKED:
        assert_paper_is_light_and_has_the_answers(opened)


def assert_a_figure_answers(page, name):
    figure = page.locator(f"{name}-figure")
    figure.scroll_into_view_if_needed()
    figure.locator(".live svg path").first.wait_for(state="attached")
    words = figure.locator(".live").inner_text()
    figure.locator("input[type=range]").first.press("PageUp")
    until(
        page,
        "([figure, words]) => figure.innerText !== words",
        arg=[figure.locator(".live").element_handle(), words],
    )


def assert_paper_is_light_and_has_the_answers(page):
    """In the dark too: before a page is printed each question is left open, and repeated with its answer."""
    page.evaluate("document.body.dataset.mdColorScheme = 'slate'")
    page.emulate_media(media="print")
    for part in (".md-header", ".md-sidebar", ".md-footer", "img.only-dark"):
        assert not page.locator(part).first.is_visible()
    assert page.locator("details.answer p").first.is_visible()
    assert page.locator("img.only-light").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") in (
        "rgba(0, 0, 0, 0)",
        "rgb(255, 255, 255)",
    )
    assert_printing_takes_the_answers_to_the_end_and_back(page)


def assert_printing_takes_the_answers_to_the_end_and_back(page):
    questions = page.locator(f":is({QUESTIONS})").count()
    assert "labs/" in page.url or (questions >= 8 and page.get_by_text("Answer to 2", exact=True).count())
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(f".answers > :is({QUESTIONS})").count() == questions
    assert page.locator("article > .answers:last-child").count() == 1
    shown = "(all, box) => all.filter(one => one.checkVisibility() && (one.closest('.answers') !== null) === box).length"
    texts = page.locator(":is(.option, .question, .answer) > p")
    assert texts.evaluate_all(shown, False) == 0
    assert texts.evaluate_all(shown, True) == texts.count() / 2
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".answers").count() == 0
    assert texts.evaluate_all(shown, False) == texts.count()


@of_the_zip
def test_links_are_followed_from_disk_and_the_search_finds(open_file):
    page = open_file("index.html")
    page.get_by_role("link", name="I want to understand").click()
    page.wait_for_url("**/overshoot/overshoot/index.html")
    page.locator("[name=query]").focus()
    page.keyboard.type("gettingtothebottom")
    page.locator(".md-search-result__link").first.click()
    page.wait_for_url("**/overshoot/sources/index.html*")
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize("typed, where", [("standardized", "fixes"), ("zero_grad", "diagnose")])
def test_from_disk_the_search_finds_other_spellings_and_names_in_programs_too(open_file, typed, where):
    page = open_file("index.html")
    page.locator("[name=query]").focus()
    page.keyboard.type(typed)
    page.locator(f".md-search-result__link[href*='/{where}/index.html']").first.wait_for()


def test_from_disk_a_page_keeps_links_that_lead_elsewhere_and_drops_what_is_not_in_the_zip(tmp_path):
    (tmp_path / "taylor").mkdir()
    html = (
        '<link rel="canonical" href="http://127.0.0.1:8000/"><meta property="og:image" content="http://127.0.0.1/">'
        '<link rel="preload" href="x.woff2"><script defer src="a.js"></script><p class="archives">All</p>'
        '<a href="https://example.org/">1</a><a href="#here">2</a><a href="../taylor/#there">3</a><a href="..">4</a>'
    )
    changed = from_disk(html, "taylor/index.html", tmp_path)
    assert not [word for word in ("preload", "archives", "127.0.0.1") if word in changed]
    links = [tag["href"] for tag in BeautifulSoup(changed, "lxml").select("a")]
    assert links == ["https://example.org/", "#here", "../taylor/index.html#there", "../index.html"]


@of_the_zip
def test_the_box_reads_from_disk_too_in_its_own_style(open_file):
    page = open_file("diagnose/index.html")
    one = page.locator("diagnose-box")
    one.locator("textarea").fill("80.4866\n102.8105\n137.0916\n189.7342\n270.5730")
    one.locator(".verdict").filter(has_text="too high").wait_for()
    assert page.locator("link[href$='assets/diagnose/box.css']").count() == 1
    one.locator("textarea").fill("nan\nnan\nnan")
    one.get_by_role("link", name="What a message means").click()
    page.wait_for_url("**/messages/index.html")


# ── On paper ─────────────────────────────────────────────────────────────────


@proven_by("site/{chapter}/index.html", *LOOKS)
@pytest.mark.parametrize("chapter", ["overshoot", "diagnose"])
def test_a_printed_chapter_leaves_its_questions_open_and_answers_on_pages_of_its_own_at_the_end(
    open_page, chapter
):
    """docs/teach.md: “On paper the answers stand on pages of their own at the end: leave those pages out of the copy for
    learners.”"""
    page = open_page(f"{chapter}/")
    asked = [title.inner_text() for title in page.locator(f":is({QUESTIONS}) > :first-child").all()]
    printed = PdfReader(io.BytesIO(page.pdf(format="A4", outline=True, tagged=True)))
    last = printed.outline[-1][-1]
    assert last.title == "Answers"
    assert last.top > 0.9 * float(printed.pages[0].mediabox.height)
    first = printed.get_destination_page_number(last)
    before, after = (
        " ".join("".join(sheet.extract_text() for sheet in sheets).split())
        for sheets in (printed.pages[:first], printed.pages[first:])
    )
    assert "Summary" in before and "Answer to 2" not in before and "Download" not in before + after
    assert len(asked) >= 8 and "Answer to 2" in asked
    assert page.locator(".answers").count() == 0


@pytest.fixture(scope="module")
def pdf(site, browser):
    """The course as the build has printed it."""
    return PdfReader(site / "overshoot.pdf")


def course_pages(site):
    """The built pages in the order of the navigation."""
    nav = re.findall(r"^ +- (?:\w+: )?([\w/-]+)\.(?:md|py)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    return {name: read(site, "" if name == "index" else name) for name in nav}


@of_the_course
def test_the_outline_of_the_course_is_its_pages_and_their_headings_in_order(site, pdf):
    """docs/teach.md: “and for paper as one PDF.”"""
    wanted = ["Overshoot", "Contents"]
    for page in course_pages(site).values():
        heads = page.select("article :is(h1, h2):not(.take-along *)")
        wanted += [head.get_text().replace("¶", "").strip() for head in heads]
        wanted += ["Answers"] * bool(page.select(QUESTIONS))
    # Entries and lists of the entries below them, to two levels.
    found = []
    for entry in pdf.outline:
        found += (
            [below.title for below in entry if not isinstance(below, list)]
            if isinstance(entry, list)
            else [entry.title]
        )
    assert [" ".join(title.split()) for title in found] == [" ".join(title.split()) for title in wanted]


@of_the_course
def test_the_contents_say_on_which_page_each_chapter_begins(site, pdf):
    starts = [pdf.get_destination_page_number(entry) for entry in pdf.outline if not isinstance(entry, list)]
    names = [page.select_one("title").string for page in course_pages(site).values()]
    numbers = re.findall(r"(\d+)$", pdf.pages[1].extract_text(), re.MULTILINE)
    assert len(starts) == len(names) + 1
    assert ["2", *(str(start + 1) for start in starts[1:])] == numbers  # the first is that of the contents
    for start in starts[1:]:
        assert str(start + 1) in pdf.pages[start].extract_text().splitlines()[:2]  # as printed on it


def tags(element):
    """Each structure element below this one, with its kind."""
    for child in element.get("/K", []) if isinstance(element.get("/K"), list) else [element.get("/K")]:
        child = child.get_object() if child is not None else None
        if isinstance(child, dict) and "/S" in child:
            yield child["/S"], child
            yield from tags(child)


def test_where_chapters_began_the_last_time_is_a_guess_that_is_never_believed(browser, tmp_path):
    chapters = "".join(f"<h1 id={name} style='break-before: page'>{name}</h1>" for name in "abc")
    contents = "<ol class=title>" + "<li></li>" * 3 + "</ol>"
    style = "<style>.title { list-style: none } .title li::after { content: attr(data-page) }</style>"
    (tmp_path / "course.html").write_text(f"<title>t</title>{style}<h1>All</h1>{contents}{chapters}")
    page, epoch = browser.new_page(), time.gmtime(0)
    page.goto((tmp_path / "course.html").as_uri())
    right, wrong, none = (dated(printed(page, guess), epoch) for guess in ([2, 3, 4], [2, 3, 9], []))
    page.close()
    assert right == wrong == none
    assert PdfReader(io.BytesIO(right)).pages[0].extract_text().split()[-3:] == ["2", "3", "4"]
    (tmp_path / "last.pdf").write_bytes(right)
    assert first_pages_of(tmp_path / "last.pdf") == [2, 3, 4]
    (tmp_path / "last.pdf").write_bytes(right[: len(right) // 2])
    assert first_pages_of(tmp_path / "last.pdf") == [] == first_pages_of(tmp_path / "nowhere.pdf")


@of_the_course
def test_the_course_is_tagged_for_screen_readers_and_each_figure_has_its_words(site, pdf):
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en"
    assert pdf.metadata.title.startswith("Overshoot: ")
    found = list(tags(root["/StructTreeRoot"]))
    kinds = {kind for kind, _ in found}
    assert {"/H1", "/H2", "/P", "/L", "/LI", "/Table", "/TH", "/TD", "/Figure", "/Link"} <= kinds
    words = {child["/Alt"] for kind, child in found if kind == "/Figure" and "/Alt" in child}
    images = [image["alt"] for page in course_pages(site).values() for image in page.select("img.only-light")]
    assert images and set(images) <= words


@of_the_course
def test_each_link_in_the_course_leads_to_a_place_in_it_or_to_an_address(pdf):
    places, inside, outside = set(pdf.named_destinations), [], set()
    for sheet in pdf.pages:
        for note in sheet.get("/Annots", []):
            link = note.get_object()
            if "/A" in link:
                outside.add(link["/A"]["/URI"])
            else:
                inside.append(str(link["/Dest"]).removeprefix("/"))
    assert (
        len(inside) > 100
        and {place for place in inside if place not in places and f"/{place}" not in places} == set()
    )
    assert outside and all(re.match(r"https?://|mailto:", address) for address in outside)


@of_the_course
def test_no_page_of_the_course_has_fewer_than_four_lines(pdf):
    """But the cover, whose picture takes the rest."""
    few, pieces = [], re.compile(rb"\bT[jJ]\b")  # of text, of which a line has one or more
    for number, sheet in enumerate(pdf.pages[1:], start=2):
        if len(pieces.findall(sheet.get_contents().get_data())) > 150:
            continue
        head_and_number, lines = 2, [one for one in sheet.extract_text().splitlines() if one.strip()]
        few += [(number, lines)] if len(lines) < head_and_number + 4 else []
    assert few == []


def test_the_course_is_dated_by_the_build_and_small(site, pdf):
    assert pdf.metadata.creation_date == pdf.metadata.modification_date
    assert pdf.metadata.creation_date.timestamp() == 1735689600
    assert (site / "overshoot.pdf").stat().st_size < 5_000_000


def test_the_tags_of_the_course_are_counted_from_0_whatever_the_browser_has_counted_before():
    first, later = (
        b"<< /ID (node00000163) >> [ (node00002731) ]",
        b"<< /ID (node00000164) >> [ (node00002732) ]",
    )
    assert renumbered(first) == renumbered(later) == b"<< /ID (node00000000) >> [ (node00000001) ]"


@of_a_small_site
def test_without_a_browser_the_site_is_whole_but_for_the_pdf_and_with_a_repository_stays_quiet(
    tmp_path, monkeypatch, browser
):
    """README.md: “`uv run mkdocs build` writes the site to `site/`, with `overshoot.zip`, the site to be read from disk, and
    `overshoot.pdf`, the course on paper, which needs Chromium or Chrome.” One build for both, as it takes its time."""
    root = small_site(tmp_path)
    remember_the_problems(root)
    monkeypatch.setenv("REPO_URL", "https://github.com/somebody/overshoot")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("PATH", str(tmp_path / "nowhere"))
        elsewhere.delenv("CHROMIUM", raising=False)
        elsewhere.setenv("CI", "true")
        stopped = build(root)
        assert stopped.returncode != 0 and "Cure: install Chromium or Chrome" in stopped.stderr
        elsewhere.delenv("CI")
        built = build(root)
    assert built.returncode == 0, built.stderr
    assert "the site has no overshoot.pdf. To have it, install Chromium or Chrome" in built.stderr
    assert not (root / "site/overshoot.pdf").exists() and (root / "site/overshoot.zip").exists()
    page = read(root / "site", "overshoot")
    assert [link["href"] for link in page.select(".archives a")] == ["../overshoot.zip"]
    colab = page.select_one(".take-along a[href^='https://colab.research.google.com/']")
    assert colab.get_text() == "open overshoot in Colab"
    assert page.select_one(".md-header a[href='https://github.com/somebody/overshoot']")
    assert page.select("[data-md-component=source]") == []  # it would ask another host
