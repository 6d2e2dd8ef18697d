"""The search: what people type is found, under any spelling, and no answer is given away."""

import contextlib
import gzip
import json
import re
import subprocess

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import TimeoutError

from conftest import ROOT, quiet_pages, settle
from found import answers, ask, missed_by_none, pages
from proven import LOOKS, proven_by
from publish.search import SYNONYMS, Synonyms, with_words
from publish.theme_scripts import BEGINNING

pytestmark = proven_by(
    *LOOKS,
    "site/**/index.html",
    "site/search/*",
    "docs/labs/*",
    "scripts/publish/*",
    "tests/found.py",
    "tests/search/*",
)

QUERIES = [
    line.rsplit(":", 1)
    for line in (ROOT / "tests/search/queries.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
LINES = [
    line.rsplit(": ", 1)
    for line in (ROOT / "tests/search/lines.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
COMMON = 20
ASKED = [(query, wanted, 3 if number < COMMON else 5) for number, (query, wanted) in enumerate(QUERIES)]
ASKED += [(name, "frameworks", 1) for name in ("pytorch", "torch", "keras", "tensorflow", "jax")]
ASKED += [(query, f"messages#{anchor}", 5, 5) for query, anchor in LINES]
SHOWN = """() => [...document.querySelectorAll(".md-search-result__item")].map(
    (item) => new URL(item.querySelector("a").href).pathname.split("/")[1] || "index")"""


@pytest.fixture
def index(site):
    return json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))


@pytest.fixture
def synonyms(index):
    return Synonyms(SYNONYMS.read_text(encoding="utf-8"), index["config"]["separator"])


def pages_of(site):
    for path in sorted(site.rglob("index.html")):
        if "slides" not in path.parts:
            yield path.parent.name, BeautifulSoup(path.read_text(encoding="utf-8"), "lxml").article


def plain(html):
    return " ".join(BeautifulSoup(html, "lxml").get_text().split())


@pytest.fixture
def found(browser, address):
    """A function that types a query into the search box, and gives the pages that are shown, best first."""
    with quiet_pages(browser, address, "data:") as open_it:
        page = open_it(address, bypass_csp=True)  # the policy forbids what wait_for_function does
        box = page.locator("[name=query]")
        box.focus()
        settle(page)

        def find(query):
            for text, some in ("zzzz", False), (query, True):  # what was found before goes away
                box.fill(text)
                box.press("End")
                with contextlib.suppress(TimeoutError):
                    page.wait_for_function(
                        "some => some === !!document.querySelector('.md-search-result__item')",
                        arg=some,
                        timeout=3000,
                    )
            return page.evaluate(SHOWN)

        yield find


# What is found


def test_what_people_type_is_found_and_the_right_page_is_among_the_first(site, index):
    """And a piece of a line that a run printed, with its quotes, underscores and colons, leads to its entry."""
    (found,) = ask(site, {"index": index, "queries": [query for query, *_ in ASKED]})
    wrong = {
        query: [sections[:4] for sections in places[:6]]
        for (query, *how), places in zip(ASKED, found, strict=True)
        if not answers(places, *how)
    }
    assert wrong == {}


def test_each_synonym_would_be_missed_by_a_query(site, index):
    assert missed_by_none(site, index, SYNONYMS.read_text(encoding="utf-8"), ASKED) == []


@pytest.mark.parametrize(
    "query",
    [
        QUERIES[0][0],
        "grad_norm",
        "log(0)",
        "val_loss: nan",
        LINES[-1][0],
        "warm-up",
        "why is my loss nan",
        "2/L",
    ],
)
def test_the_page_shows_what_the_search_answers(found, site, index, query):
    ((places,),) = ask(site, {"index": index, "queries": [query]})
    assert found(query) == pages(places)[: len(found(query))] != []


def test_the_list_begins_with_the_twenty_most_common_queries_and_has_each_once():
    text = (ROOT / "tests/search/queries.txt").read_text(encoding="utf-8")
    common = re.search(r"# The twenty most common.*\n((?:.+\n)+)", text)[1].splitlines()
    assert [line.rsplit(":", 1) for line in common] == QUERIES[:COMMON]
    assert all(pages.strip(" -") for _, pages in QUERIES[:COMMON])
    assert len({query for query, _ in QUERIES}) == len(QUERIES) >= 100
    nothing = [query for query, pages in QUERIES if pages.strip() == "-"]
    assert len(nothing) >= 5, "what the site does not treat must not find anything"


def test_small_words_letters_and_numbers_do_not_change_what_is_found(found):
    assert found("why is my loss nan") == found("loss nan") != []
    assert found("what is a momentum") == found("momentum") != []


def test_a_loss_that_is_nan_leads_to_the_box_then_to_the_cases(found):
    assert found("loss nan")[:2] == ["diagnose", "cases"]


def test_every_symptom_of_the_tree_is_found(site, index):
    symptoms = 0
    for name, page in pages_of(site):
        text = plain(" ".join(entry["text"] for entry in index["docs"] if entry["location"].startswith(name)))
        for symptom in page.select("details.symptom"):
            symptoms += 1
            for part in symptom.select("summary, p"):
                assert " ".join(part.get_text().split())[:60] in text
    assert symptoms >= 10


def test_the_names_in_the_programs_are_found_where_they_are_shown(site, index, synonyms):
    for name, page in pages_of(site):
        for fold in page.select("details"):
            fold.decompose()
        entries = [
            entry for entry in index["docs"] if re.fullmatch(rf"(.*/)?{name}/(#.*)?", entry["location"])
        ]
        words = {
            word
            for entry in entries
            for word in synonyms.split(plain(f"{entry['title']} {entry['text']} {entry['words']}"))
        }
        for code in page.select("div.language-python code"):
            names = re.findall(r"\b(?:torch|keras|jax|optax|np|nn)\.[\w.]+", code.get_text())
            for one in names:
                assert {part for part in synonyms.split(one) if len(part) > 1} <= words, (name, one)


# What is not found


def test_no_answer_of_an_exercise_and_no_option_of_a_prediction_is_found(site, index):
    text = plain(" ".join(entry["text"] for entry in index["docs"]))
    hidden = 0
    for name, page in pages_of(site):
        for part in page.select("details:not(.symptom) :is(p, li)"):
            words = " ".join(part.get_text().split())
            if len(words) > 60:
                hidden += 1
                assert words[:60] not in text, (name, words)
    assert hidden > 200


def test_no_name_that_only_the_answers_of_a_lab_have_is_found(site, index):
    names = {"matrix_power": "labs/scale", "run_e": "labs/autopsy"}
    for name, lab in names.items():
        assert name in (ROOT / f"docs/{lab}.py").read_text(encoding="utf-8")
    words = {
        lab: {
            word
            for entry in index["docs"]
            if entry["location"].startswith(lab)
            for word in entry["words"].split()
        }
        for lab in names.values()
    }
    assert "matrix_power" in words["labs/scale"]  # stands above the blank
    assert "run_e" not in words["labs/autopsy"]  # stands in a fold


def test_what_is_found_by_a_program_or_a_synonym_is_not_shown(index):
    assert all("<pre" not in entry["text"] for entry in index["docs"])
    assert set(index["config"]["fields"]) == {"title", "heading", "text", "words", "tags"}


def test_the_index_weighs_at_most_120_kb_compressed(site):
    assert len(gzip.compress((site / "search/search_index.json").read_bytes(), 9)) <= 120_000


# Words


def test_a_section_is_found_by_other_spellings_and_other_words(synonyms):
    for said, typed in (
        ("standardised inputs", "standardized"),
        ("Initialisation", "initialization"),
        ("warm-up", "warmup"),
        ("clips the gradient", "clipping"),
        ("in fp16.", "float16"),
        ("float16 (half)", "fp16"),
        ("the learning rates", "lr"),
        ("Cross-entropy", "crossentropy"),
    ):
        assert typed in synonyms.of(said), said
    assert "learning" not in synonyms.of("lr"), "what stands after > is no sign of the thing"
    assert "fp16" not in synonyms.of("fp160 and xfp16")


def test_a_line_of_the_table_is_a_group_in_which_a_star_keeps_the_ending():
    table = "# none, of this\nnormalis*, normaliz*\nlearning rate > lr, eta\n"
    synonyms = Synonyms(table, r"[\s,]+")
    assert synonyms.of("we normalise, normalised") == ["normalise", "normalised", "normalize", "normalized"]
    assert synonyms.of("a Learning rate") == ["eta", "lr"]
    assert synonyms.of("learning, rated, none") == []


def test_a_word_that_is_shown_is_not_added_and_a_heading_s_words_stand_apart():
    entry = {
        "title": "Warm-up",
        "text": "<p>warmup</p><pre><code># why\nfor t in a.b_c: Adam(t)</code></pre>",
    }
    assert with_words(entry, Synonyms("warmup > ramp\nadam > moments\n", r"[\s._-]+")) == {
        "title": "Warm-up",
        "text": "<p>warmup</p>",
        "heading": "warmup",
        "words": "b_c adam\nmoments ramp",
    }


def test_python_splits_a_text_into_the_words_that_the_browser_splits_it_into(index, synonyms):
    texts = [f"{entry['title']} {entry['text']}" for entry in index["docs"]]
    script = """const {texts, separator} = JSON.parse(require("fs").readFileSync(0));
        const split = (text) => text.toLowerCase().split(new RegExp(separator)).filter(Boolean);
        console.log(JSON.stringify(texts.map(split)))"""
    given = json.dumps({"texts": texts, "separator": index["config"]["separator"]})
    done = subprocess.run(["node", "-e", script], input=given, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [synonyms.split(text) for text in texts]


@pytest.mark.parametrize(
    "text, words",
    [
        ("torch.autograd.set_detect_anomaly(True)", "torch autograd set detect anomaly true"),
        ("loss.backward() and lr=0.12,", "loss backward and lr 0.12"),
        ("a[i] &lt; 1e-8 &amp; −0.5", "a i 1e-8 −0.5"),
        ("warm-up, “nan”: input/output", "warm up nan input output"),
        ("step size 2/L, log(0)", "step size 2/l log(0"),
    ],
)
def test_words_are_split_at_dots_underscores_and_brackets_and_numbers_are_not(synonyms, text, words):
    assert synonyms.split(text) == words.split()


# The theme


def test_a_beginning_is_still_completed_and_a_stop_word_is_not(site):
    (worker,) = site.glob("assets/javascripts/workers/search.*.min.js")
    text = worker.read_text(encoding="utf-8")
    assert "||!lunr.stopWordFilter(" in text and not BEGINNING.search(text)
