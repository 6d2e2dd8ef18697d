"""How much of the pages is proven: quotations stand, their numbers are computed, and nothing is left."""

import subprocess
import sys

import pytest

from conftest import ROOT
from held.code import comments, labels, strings
from held.page import plain, sentences
from held.quotations import numbers_of, of_file
from held.report import main
from held.sources import Source, sources
from held.tally import Tally, tallies, tally

pytestmark = pytest.mark.xdist_group("held")
PAGES = [one.name for one in sources(ROOT)]


@pytest.fixture(scope="module")
def found() -> dict[str, Tally]:
    return {one.page: one for one in tallies(ROOT)}


@pytest.mark.parametrize("page", PAGES)
def test_what_should_hold_a_sentence_of_the_page_does(found, page):
    assert found[page].complaints == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_a_sentence_that_nothing_holds(found, page):
    loose = [sentence.words for sentence in found[page].loose]
    assert loose == [], f"uv run held {page} tells what to do about it"


PAGE = """---
title: Small
description: A rate of 0.12 explodes.
hook: "It fell at 0.4. What now?"
---

# Small

<!-- slide: Above **½** it rises -->

The *limit* is 2/λ, here [`0.5`](small.md#limit). Above 0.5, e.g. at 0.6, it explodes! Does it?

!!! predict "Predict: λ is 4. What is the limit?"

    ??? option "It is 0.4"
        That is another one.

| αλ | what you see |
|---|---|
| above 2 | **explodes** |

$$
\\begin{aligned}
r &= 2 \\\\

s &= 3
\\end{aligned}
$$

![The loss rises.](figures/small.run.svg)
/// figure-caption
The same run, twice.
///

1. **Stop.** Log $a_b$ and a_b_c.

```sh
uv run held small
--8<-- "small.py:run"
```
"""
WORDS = [
    "Small",
    "A rate of 0.12 explodes.",
    "It fell at 0.4.",
    "What now?",
    "Above ½ it rises",
    "uv run held small",
    "Small",
    "The limit is 2/λ, here 0.5.",
    "Above 0.5, e.g. at 0.6, it explodes!",
    "Does it?",
    "Predict: λ is 4.",
    "What is the limit?",
    "It is 0.4",
    "That is another one.",
    "αλ | what you see",
    "above 2 | explodes",
    r"\begin{aligned} r &= 2 \\ s &= 3 \end{aligned}",
    "The loss rises.",
    "The same run, twice.",
    "Stop.",
    "Log $a_b$ and a_b_c.",
]


def test_the_sentences_of_a_page_are_found_in_all_that_states_something():
    assert [one.words for one in sentences(PAGE)] == WORDS


def site_of(folder, test, marks=""):
    """A site of the page above, with one test of it."""
    for name in "docs", "tests/held":
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "docs/small.md").write_text(PAGE, encoding="utf-8")
    (folder / "tests/test_small.py").write_text(test, encoding="utf-8")
    (folder / "tests/held/small.txt").write_text(marks, encoding="utf-8")
    (folder / "tests/held/attributions.toml").touch()
    return folder


QUOTES = '''def test_it_explodes():
    """“Above 0.5, e.g. at 0.6, it explodes!”"""
    assert abs(1 - 0.6 * 4) > 1 > abs(1 - 0.49 * 4)  {}
'''


def counted(root, page=PAGE):
    (root / "docs/small.md").write_text(page, encoding="utf-8")
    return tallies(root)[0]


def test_a_sentence_is_held_by_the_test_that_quotes_it_and_by_nothing_when_it_changes(tmp_path):
    root = site_of(tmp_path, QUOTES.format("# 0.5\n    assert 0.5 < 0.6"))
    assert [one.words for one in counted(root).proven] == ["Above 0.5, e.g. at 0.6, it explodes!"]
    told = counted(root, PAGE.replace("it explodes!", "it settles!")).complaints
    assert len(told) == 1 and "is held by test_small.py::test_it_explodes, but no longer stands" in told[0]


def test_a_number_that_is_changed_on_the_page_and_in_the_quotation_is_missed_in_the_test(tmp_path):
    root = site_of(tmp_path, QUOTES.replace("at 0.6", "at 0.7").format("and 0.5"))
    told = counted(root, PAGE.replace("at 0.6", "at 0.7")).complaints
    assert told == [
        "“Above 0.5, e.g. at 0.7, it explodes!” states 0.7, which test_small.py::test_it_explodes never "
        "computes or compares: prove it there."
    ]


def test_a_quotation_that_stands_twice_must_be_longer(tmp_path):
    root = site_of(
        tmp_path, QUOTES.replace("“Above 0.5, e.g. at 0.6, it explodes!”", "“explodes”").format("")
    )
    assert "stands 3 times on docs/small.md: quote more of it." in counted(root).complaints[0]


def test_a_mark_names_a_whole_sentence_and_its_kind_and_only_what_is_asked_or_supposed_has_a_number(tmp_path):
    root = site_of(tmp_path, "", "[instruction]\nStop.\n[given]\nPredict: λ is 4.\n")
    assert [one.words for one in counted(root).marked] == ["Predict: λ is 4.", "Stop."]
    assert counted(root).complaints == []
    site_of(tmp_path, "", "[remark]\nPredict: λ is 4.\nHalt.\n[guess]\n")
    told = "\n".join(counted(root).complaints)
    assert "a remark names no number" in told and "[guess] is no kind" in told
    assert "marks “Halt.”, which is no sentence" in told


def test_marks_stand_in_the_order_of_the_page_so_that_what_changes_places_is_told(tmp_path):
    marks = "[remark]\nStop.\n[title]\nSmall\nαλ | what you see\n[belief]\nIt is 0.4\n"
    assert counted(site_of(tmp_path, "", marks)).complaints == []
    told = counted(site_of(tmp_path, "", "[remark]\nThe loss rises.\nThat is another one.\n")).complaints
    assert told == [
        "tests/held marks “That is another one.” in another order than docs/small.md has: has it changed places?"
    ]


def test_a_link_whose_words_do_not_name_its_place_and_the_colour_of_a_word_are_held_too(tmp_path):
    root, clear = (
        site_of(tmp_path, ""),
        "[The limit](a.md#limit), [Small](small.md), [keras 12](https://b.org/12)",
    )
    page = PAGE + f'\n{clear} and [why](small.md#limit), <b class="tone1">the update</b>.\n'
    loose = [one.words for one in counted(root, page).loose if one.kind == "link"]
    assert loose == ["0.5 → small.md#limit", "why → small.md#limit", "the update → tone1"]


def test_two_items_of_a_list_or_rows_of_a_table_that_change_places_are_told(tmp_path):
    marks = "[order]\nαλ · above 2 · below 0\n1. Stop. Log · 2. Go on.\n"
    first, second = "1. **Stop.** Log $a_b$ and a_b_c.\n", "2. **Go on.** Then stop.\n"
    row, other = "| above 2 | **explodes** |\n", "| below 0 | rises |\n"
    page = PAGE.replace(first, first + second).replace(row, row + other)
    root = site_of(tmp_path, "", marks)
    assert counted(root, page).complaints == []
    for one, two in ((first, second), (row, other)):
        (told,) = counted(root, page.replace(one + two, two + one)).complaints
        assert told.startswith("tests/held marks") and "which is no sentence of docs/small.md" in told


SCRIPT = '''"""A script."""


class Wrong(Exception):
    """It is wrong, as all can see."""


raise Wrong(f"{path}: this cannot be read. Cure: save it anew.")
'''
WORKFLOW = "name: The checks run  # once a week\non: push\n    uses: tool@f00  # v1.0\n"


def test_what_a_script_tells_and_the_comments_of_settings_are_counted(tmp_path):
    for path, words in {"scripts/weave/source.py": SCRIPT, ".github/workflows/checks.yml": WORKFLOW}.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(words, encoding="utf-8")
    script, workflow = sources(tmp_path)
    assert script.markdown == "…: this cannot be read. Cure: save it anew."
    assert workflow.name == "workflows/checks" and workflow.markdown.endswith("once a week")
    assert "v1.0" not in workflow.markdown


PROGRAM = '''"""A program."""
# one comment,
# in two lines
x = 0  # no error
ax.set(xlabel="update", title=f"at {x}")  # noqa: B018
plt.ylabel("loss" if x else "error")
plt.plot(x, "C1o-")
print("low", f"from {x} to", "no end")
'''


def test_the_words_that_stand_in_code_are_counted():
    assert comments(PROGRAM) == ["one comment, in two lines", "no error"]
    assert labels(PROGRAM) == ["update", "at …", "loss", "error", "C1o-", "low", "from … to", "no end"]
    script = '// no word\nmake(`limit of ${name}`, { label: "rate", id: "rate", path: "a b" });'
    assert strings(script).split("\n\n") == ["limit of …", "rate"]


def test_who_found_what_is_held_by_the_table_of_attributions(tmp_path):
    root = site_of(tmp_path, "")
    entry = '[[attribution]]\npage = "small"\nsentence = "That is another one."\nseen = "p. 3"\n'
    (root / "tests/held/attributions.toml").write_text(entry, encoding="utf-8")
    assert [one.words for one in counted(root).marked] == ["That is another one."]


def test_a_test_file_may_prove_another_page_and_a_docstring_one_sentence_of_another(tmp_path):
    root = site_of(
        tmp_path, 'def test_a():\n    """“Two “or” three.” docs/taylor.md: “One.” and “Four.”"""\n'
    )
    found = of_file(root / "tests/test_small.py")
    assert [(one.page, one.words) for one in found] == [
        ("small", "Two “or” three."),
        ("taylor", "One."),
        ("taylor", "Four."),
    ]
    (root / "tests/test_small.py").write_text('PROVES = "fixes"\ndef test_a():\n    """“One.”"""\n')
    assert [one.page for one in of_file(root / "tests/test_small.py")] == ["fixes"]


def test_claims_that_are_tried_in_a_process_of_their_own_hold_as_tests_do(tmp_path):
    root = site_of(tmp_path, "")
    (root / "tests/small").mkdir()
    claim = 'PROVES = "small"\n' + QUOTES.replace("test_it", "it").format("and 0.5")
    (root / "tests/small/torch_claims.py").write_text(claim, encoding="utf-8")
    assert [one.words for one in counted(root).proven] == ["Above 0.5, e.g. at 0.6, it explodes!"]
    told = counted(root, PAGE.replace("it explodes!", "it settles!")).complaints
    assert "is held by torch_claims.py::it_explodes, but no longer stands" in told[0]


@pytest.mark.parametrize(
    "words, numbers",
    [
        ("from −1.24 to 380,000, and 5.8e94", ["−1.24", "380,000", "5.8e94"]),
        ("$L_1$ and $x^2$, 10⁶, β1", []),
        ("4 × 18.66 = 74.64, so 18 %.", ["4", "18.66", "74.64", "18"]),
    ],
)
def test_the_numbers_of_a_sentence_are_those_that_it_states(words, numbers):
    assert numbers_of(words) == numbers


LAB = """# %% [markdown]
# A spring. Its limit is 4.

# %% alt="The loss falls in a straight line."
check(
    limit,
    4,
    "The curvature is one half.",
    [(2, "This is the limit "
      "of the sum.")],
)
look_back(choice, {"a": "Yes, it settles at once."})
what = {6: "It is another number still."}
print("a line that it prints")
"""


def test_the_words_of_a_lab_and_what_its_checks_explain_are_counted(tmp_path):
    (tmp_path / "docs/labs").mkdir(parents=True)
    (tmp_path / "docs/labs/spring.py").write_text(LAB, encoding="utf-8")
    (found,) = sources(tmp_path)
    assert found.name == "labs/spring"
    assert [one.words for one in sentences(found.markdown)] == [
        "A spring.",
        "Its limit is 4.",
        "The loss falls in a straight line.",
        "The curvature is one half.",
        "It is another number still.",
        "Yes, it settles at once.",
        "This is the limit of the sum.",
        "a line that it prints",
    ]


def test_the_report_says_for_a_page_what_is_loose_and_what_to_do(tmp_path, capsys):
    """CHANGELOG.md: “Held sentences: uv run held counts which sentences of a page a test quotes and proves, and which make no claim.”
    CONTRIBUTING.md: “uv run held counts, for each page, the sentences (rows, captions, formulas, texts of images, headings and titles too) that a test proves, and uv run held taylor lists those that nothing holds, within seconds.”"""
    root = site_of(tmp_path, "")
    with pytest.raises(SystemExit) as ended:
        main(["small"], root)
    told = capsys.readouterr().out
    assert ended.value.code == 0 and f"{len(WORDS) + 2} held by nothing" in told
    assert "tests/test_small.py" in told and all(plain(words) in told for words in WORDS)
    assert len(tally(root, Source("docs/small.md", PAGE), []).loose) == len(WORDS) + 2  # a link, the rows


HELD = "from held.report import main; main(['small'])"
CHECK = "import chapters.command as one; one.lacks = lambda *_: ['a page'] * 9; one.main(['check', 'small'])"


@pytest.mark.parametrize("command", [HELD, CHECK])
def test_a_list_of_which_somebody_reads_no_more_ends_without_a_word(tmp_path, command):
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": site_of(tmp_path, "")}
    with subprocess.Popen([sys.executable, "-c", command], **told) as running:
        running.stdout.close()  # as `| head` does
        assert running.stderr.read() == b""
