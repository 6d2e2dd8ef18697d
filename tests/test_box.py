"""The box on the page Read your own run, as people use it: paste, drop, choose, type, copy, print."""

import gzip
import json
import math
import re

import pytest

import axe
import golden
from conftest import COUNT_SHIFTS, ROOT, QuietPage, names_of, settle, to_the_dark, to_the_light
from proven import LOOKS, proven_by

PROVES = "diagnose"
SOURCES = ROOT / "docs" / "assets" / "diagnose"
pytestmark = proven_by(
    *LOOKS,
    "site/diagnose/index.html",
    "site/notation/index.html",
    "snippets/**/*",
    "tests/diagnose/*",
    "docs/assets/diagnose/*",
)
EXAMPLES = [
    one["name"] for one in json.loads(re.sub(r"^.*?= |;\s*$", "", golden.EXAMPLES.read_text(), flags=re.S))
]
ARTICLE = "80.4866\n102.8105\n137.0916\n189.7342\n270.5730"

# A model that says what it is told to, field by field as the real one names them.
MODEL = """
export class Unreadable extends Error {}
export const short = value => String(Number(value.toPrecision(3)));
export const growthPhase = losses => [losses.length, 0, losses.length - 1];
const LOG = { loss: [4, 3, 2], said: "3 losses were read, named loss.", name: "loss", names: ["loss"], every: 1 };
const NOTHING = { rate: null, rate_from: null, line: null, guess: null, odds: null, others: [], unit: "update" };
const FOUND = { ...NOTHING, verdict: "unclear", confidence: "low", why: ["It is so."], next: ["Do this."] };
const read_from = ({ every, every_from = null, optimiser = null, precision = null, others = [] }) => {
  return { every, every_from, optimiser, precision, others };
};
export const hidden = () => [];
export const growth = () => ["steady", 1];
export const read = (text, column) => ({ ...LOG, ...LOGS, ...(column && { name: column }) });
export const diagnose = (log, settings) => ({ ...FOUND, ...read_from(log), ...FINDS });
"""


# A box as it was built takes the place of one that a test has used: its worker is another, and all that it knows.
ANEW = """async () => {
    localStorage.clear();
    sessionStorage.clear();
    if (document.body.dataset.mdColorScheme === "slate") return false;
    const used = document.querySelector("diagnose-box");
    if (!window.built) {
        const page = new DOMParser().parseFromString(await (await fetch("")).text(), "text/html");
        window.built = { box: page.querySelector("diagnose-box"), Worker };
    }
    clearTimeout(used.typing);
    window.Worker = built.Worker;
    delete navigator.clipboard.writeText; // where a test has put its own before it
    used.replaceWith(document.importNode(built.box, true));
    document.activeElement.blur();
    scrollTo(0, 0);
    return true;
}"""


@pytest.fixture(scope="module")
def visited(browser, address):
    """The page, which is opened once for all tests: it carries the longest program, and takes a second to open."""
    clipboard = ["clipboard-read", "clipboard-write"]
    one = QuietPage(browser, (address, "data:"), permissions=clipboard, color_scheme="light")
    yield one
    one.page.context.close()


@pytest.fixture
def box(visited, address):
    """A function that makes the box anew on the page, which must have been quiet when the test ends."""
    page, there = visited.page, address + "diagnose/"

    def make(width=1280, height=900):
        page.set_viewport_size({"width": width, "height": height})
        if page.url != there or not page.evaluate(ANEW):
            page.goto("about:blank")
            page.goto(there)
            settle(page)
        one = page.locator("diagnose-box")
        one.locator("textarea").wait_for()
        return one

    yield make
    page.context.unroute_all()
    page.emulate_media(media="null", color_scheme="light")
    assert visited.told() == []


def with_model(context, words):
    """Pages of the context have another model; so their worker comes in its parts, not joined with its own."""

    def put(name, body):
        context.route(
            f"**/diagnose/{name}.js", lambda route: route.fulfill(body=body, content_type="text/javascript")
        )

    for part in ("worker", "answer"):
        put(part, (SOURCES / f"{part}.js").read_text(encoding="utf-8"))
    put("model", words)


@pytest.fixture
def told(box):
    """A function that makes a box whose model says of every log what it is told: fields of log and finding."""

    def make(log=None, **found):
        words = MODEL.replace("LOGS", json.dumps(log or {})).replace("FINDS", json.dumps(found))
        one = box()
        one.page.context.unroute_all()  # what it was told before
        with_model(one.page.context, words)
        one.locator("textarea").fill("anything")
        verdict(one)
        return one

    return make


def asked(one) -> dict:
    """The question that the box asked last."""
    return one.evaluate("one => one.reader.asked")


def top(locator) -> float:
    return locator.bounding_box()["y"]


def paste(one, text, **fields):
    for label, value in fields.items():
        one.get_by_label(label.replace("_", " ")).fill(value)
    one.locator("textarea").fill(text)


def verdict(one) -> str:
    one.locator(".result:not([hidden]) .verdict").wait_for()
    return one.locator(".verdict").inner_text()


def pairs(path) -> list:
    """The points of a path in pixels."""
    return [tuple(map(float, point.split())) for point in re.split("[ML]", path)[1:]]


def drawn(one) -> str:
    return one.locator("svg .inside > path.run").first.get_attribute("d")


def marks_below(one) -> list[str]:
    return list(filter(None, one.locator("svg .axes > .tick").first.locator("text").all_text_contents()))


def test_the_examples_are_what_the_programs_say_today():
    stored = golden.EXAMPLES.read_text(encoding="utf-8")
    assert stored == golden.module_of(golden.examples(names_of)), "stale: run `uv run python tests/golden.py`"


def test_pasted_losses_and_a_rate_give_a_rate_to_set(box):
    one = box()
    paste(one, ARTICLE, learning_rate="0.12")
    assert verdict(one) == "The rate is too high, or a sign is wrong."
    assert one.locator(".suggested strong").inner_text() == "0.0536"
    assert (
        one.locator(".facts").last.inner_text() == "Limit 0.1072, curvature λ 18.66, growth 1.536 per update."
    )
    ends = " ".join(one.locator("dl").inner_text().split())
    assert ends == "float16 16 bfloat16 197 float32 197 float64 1645"


def test_growth_from_epoch_to_epoch_is_told_per_line(box):
    one = box()
    losses = "\n".join(f"Epoch {n + 1} loss {4.0**n}" for n in range(6))
    paste(one, losses, learning_rate="0.1")
    verdict(one)
    assert one.locator(".facts").last.inner_text() == "Limit 0.06667, curvature λ 30, growth 4 per line."
    assert one.get_by_role("heading", name="Lines from step 0 until the loss is inf").count() == 1
    assert one.locator("svg .label.x").text_content() == "line"


def test_the_answer_stands_between_the_losses_and_the_fields(box):
    one = box()
    parts = [one.locator("textarea"), one.get_by_role("button", name="Read", exact=True)]
    after = [one.locator("fieldset"), one.get_by_role("group", name="Example logs")]
    room = top(after[0]) - top(parts[1])
    assert room < 80  # nothing stands between before there is an answer
    paste(one, ARTICLE)
    verdict(one)
    heights = [top(part) for part in [*parts, one.locator(".result"), *after]]
    assert heights == sorted(heights) and top(after[0]) - top(parts[1]) > 300
    tags = one.locator("textarea, .note, .result, fieldset, [role=status]").evaluate_all(
        "all => all.map(one => one.tagName)"
    )
    assert tags == ["TEXTAREA", "P", "DIV", "FIELDSET", "P"]


def test_the_fields_ask_for_what_the_program_takes(box):
    one = box()
    labels = one.locator("fieldset label:visible").all_inner_texts()
    assert labels == [
        "learning rate α",
        "momentum β",
        "batch size",
        "updates per line",
        "loss of guessing",
        "number format",
        "optimiser",
    ]
    options = [
        one.get_by_label(name).locator("option").all_inner_texts() for name in ("number format", "optimiser")
    ]
    assert options == [
        ["as in the log", "float32", "float16", "bfloat16", "float64"],
        ["as in the log", "SGD", "Adam", "AdamW", "RMSprop"],
    ]
    hint = one.get_by_label("loss of guessing").get_attribute("aria-describedby").split()[0]
    words = "ln C for C classes (2.30 for 10), or the variance of the targets for a mean squared error"
    assert one.locator(f"#{hint}").inner_text() == words


def test_an_empty_field_is_asked_as_null_and_a_full_one_as_what_it_says(box):
    one = box()
    paste(one, ARTICLE)
    verdict(one)
    empty = {"rate": None, "momentum": 0, "batch_size": None, "every": None, "guess": None}
    assert asked(one)["settings"] == {**empty, "dtype": None, "optimiser": None}
    assert (asked(one)["column"], asked(one)["weights"]) == (None, None)
    paste(one, ARTICLE, learning_rate="0.12", momentum="0.5", batch_size="8", updates_per_line="2")
    one.get_by_label("loss of guessing").fill("10 classes")
    one.get_by_label("number format").select_option("float16")
    one.get_by_label("optimiser").select_option("RMSprop")
    one.locator(".sure").filter(has_text="RMSprop").wait_for()
    full = {"rate": 0.12, "momentum": 0.5, "batch_size": 8, "every": 2, "guess": pytest.approx(math.log(10))}
    assert asked(one)["settings"] == {**full, "dtype": "float16", "optimiser": "RMSprop"}


@pytest.mark.parametrize(
    "text, value", [("2.30", 2.3), ("2,3", 2.3), ("3 class", math.log(3)), ("4classes", math.log(4))]
)
def test_the_loss_of_guessing_is_a_number_or_a_number_of_classes(box, text, value):
    one = box()
    paste(one, ARTICLE, loss_of_guessing=text)
    verdict(one)
    assert asked(one)["settings"]["guess"] == pytest.approx(value)


@pytest.mark.parametrize(
    "log, found, words",
    [
        ({}, {}, "1 update per line, assumed."),
        ({"every": 10, "every_from": "log"}, {}, "10 updates per line, from the log."),
        (
            {},
            {"every": 45, "every_from": "log", "line": "mean"},
            "a line is the mean of 45 updates, from the log.",
        ),
        ({}, {"rate": 0.02, "rate_from": "log"}, "rate 0.02, from the log; 1 update per line, assumed."),
        ({"rate": [0.1, 0.1]}, {"rate": None}, "1 update per line, assumed."),
        (
            {"rate": [0.01, 0.03, 0.02]},
            {"rate": 0.01},
            "rate from 0.01 to 0.03, from the log; 1 update per line, assumed.",
        ),
        ({}, {"unit": "line"}, "how many updates a line stands for is not known."),
        (
            {"optimiser": "AdamW", "precision": "float16"},
            {},
            "assumed; AdamW, from the log; float16, from the log.",
        ),
        ({}, {"guess": 2.302585}, "assumed; loss of guessing 2.3, from the log."),
    ],
)
def test_what_was_read_and_where_it_comes_from_is_told_beside_the_answer(told, log, found, words):
    """docs/assets/diagnose/answer.js: “how many updates a line stands for is not known”"""
    sure = told(log, **found).locator(".sure").inner_text()
    assert sure.startswith("Confidence: low. 3 losses were read, named loss. Known: ")
    assert sure.endswith(words)


def test_what_was_given_is_told_too(box):
    one = box()
    paste(one, "step,loss\n0,1\n10,33\n20,1025", learning_rate="0.2", momentum="0.5", batch_size="8")
    verdict(one)
    words = (
        "Known: rate 0.2, given; 10 updates per line, from the log; momentum 0.5, given; batch size 8, given."
    )
    assert one.locator(".sure").inner_text().endswith(words)


def test_where_a_schedule_moves_the_rate_both_ends_are_told_and_what_was_typed(box):
    """docs/diagnose.md: “Where a schedule moves the rate, what you type is taken for the rate that it moves.”
    docs/assets/diagnose/answer.js: “rate from … to …, …” “rate that the schedule moves …, …”"""
    one = box()
    paste(one, "step,lr,loss\n0,0.1,1\n1,0.2,33\n2,0.3,1025", learning_rate="0.2")
    verdict(one)
    words = "Known: rate from 0.1 to 0.3, from the log; rate that the schedule moves 0.2, given; 1 update per line, from the log."
    assert one.locator(".sure").inner_text().endswith(words)


@pytest.mark.parametrize(
    "found, headline",
    [
        ({"finding": "validation"}, "Only the validation loss is not a number."),
        ({"verdict": "unclear"}, "This log cannot tell."),
        ({"verdict": "nan-at-start"}, "It is not the rate: the first loss is not a number."),
        ({"verdict": "not-the-rate"}, "It is not the rate."),
        ({"verdict": "not-the-rate", "growth_per_step": 1.2}, "It is not the rate: the sign is wrong."),
    ],
)
def test_each_verdict_has_its_headline(told, found, headline):
    """docs/assets/diagnose/answer.js: “Only the validation loss is not a number.” “This log cannot tell.” “It is not
    the rate: the first loss is not a number.” “It is not the rate.” “It is not the rate: the sign is wrong.”"""
    assert verdict(told(**found)) == headline


def test_how_often_such_a_rate_trained_stands_beside_the_rate(told):
    odds = "Such a rate trained in 9 of 10 runs."
    one = told(verdict="rate-too-high", suggested_rate=0.01, odds=odds)
    assert one.locator(".suggested + .facts").inner_text() == odds
    assert told(verdict="unclear", odds=odds).locator(".facts").inner_text() == odds


def test_with_an_adam_that_the_log_names_the_line_to_change_names_it_too(told):
    one = told({"optimiser": "AdamW"}, verdict="rate-too-high", suggested_rate=0.01, steps_to_overflow=None)
    one.get_by_text("The line to change").click()
    assert (
        one.locator(".line code").first.inner_text()
        == "optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)"
    )
    assert one.locator("dl").count() == 0


def test_of_an_optimiser_that_no_framework_may_have_only_the_rate_is_named(told):
    one = told({"optimiser": "Lion"}, verdict="rate-too-high", suggested_rate=0.01)
    one.get_by_text("The line to change: numpy").click()
    assert one.locator(".line code").all_inner_texts() == ["alpha = 0.01"]


def test_without_a_rate_it_says_what_to_divide_by_and_asks_for_the_rate(box):
    one = box()
    paste(one, "1\n100\n10000\n1000000")
    assert verdict(one) == "The rate is too high, or a sign is wrong."
    suggested = " ".join(one.locator(".suggested").inner_text().split())
    assert suggested == "If it is the rate: divide the rate by 11"
    assert one.locator(".facts").inner_text() == "Give the learning rate and read here what to set."
    one.get_by_role("button", name="Give the learning rate").click()
    assert one.get_by_label("learning rate").evaluate("one => one === document.activeElement")
    assert "divide the rate by 11. Confidence" in one.get_by_role("status").inner_text()


def test_the_page_says_in_every_sentence_what_the_program_says(box):
    one = box()
    paste(one, ARTICLE, learning_rate="0.12", momentum="0.5", batch_size="32")
    verdict(one)
    program = names_of("diagnose")
    found = program.diagnose(program.read(ARTICLE), rate=0.12, momentum=0.5, batch_size=32)
    assert one.locator(".result > ul li").all_inner_texts() == found["why"]
    assert one.locator(".result > ol li").all_inner_texts() == found["next"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_is_read_at_one_click(box, name):
    one = box()
    one.get_by_role("button", name=name, exact=True).click()
    assert verdict(one)
    if name in ("nan at once", "a Keras log"):
        assert not one.locator(".drawing").is_visible()  # nothing can be drawn
    else:
        assert len(pairs(drawn(one))) >= 4
    assert one.locator(".note").text_content() == ""


def test_the_examples_show_what_can_be_the_matter(box):
    one, seen = box(), set()
    for name in EXAMPLES:
        one.get_by_role("button", name=name, exact=True).click()
        one.page.wait_for_timeout(150)
        verdict(one)
        seen.add(one.locator(".result").get_attribute("data-verdict"))
    assert seen >= {"rate-too-high", "growth", "nan-at-start", "not-the-rate", "recovers", "healthy"}


def test_an_example_brings_what_is_known_of_it_and_leads_to_its_answer(box):
    one = box(width=390, height=740)
    one.get_by_role("button", name="AdamW", exact=True).click()
    verdict(one)
    settings = asked(one)["settings"]
    assert (settings["rate"], settings["optimiser"]) == (1, "AdamW")
    assert settings["guess"] == pytest.approx(math.log(3))
    assert 0 < top(one.locator(".verdict")) < 700


def test_a_weight_s_column_tells_the_sign_from_the_rate(box):
    one = box()
    one.get_by_role("button", name="rate or sign").click()
    assert verdict(one) == "The rate is too high, or a sign is wrong."
    one.get_by_label("one weight is").select_option("b")
    one.locator(".verdict").filter(has_text="It is not the rate: the sign is wrong.").wait_for()
    assert one.locator(".suggested").inner_text().startswith("With the sign turned: set the rate to")


def test_another_column_can_be_the_loss(box):
    one = box()
    paste(one, "loss,other\n1,5\n4,4\n16,3\n64,2\n256,1")
    assert "rate" in verdict(one)
    one.get_by_label("the loss is").select_option("other")
    one.locator(".verdict").filter(has_text="The loss falls.").wait_for()


def test_a_table_without_a_loss_lets_you_say_which_column_it_is(box):
    one = box()
    paste(one, "a b\n1 2\n4 1\n16 0.5\n64 0.2")
    one.get_by_role("alert").filter(has_text="No name is like loss: 1, 2. Say which column it is.").wait_for()
    one.get_by_label("the loss is").select_option("1")
    assert "rate" in verdict(one)
    assert one.locator(".note").text_content() == ""


def test_an_accuracy_is_not_read_as_the_loss_until_you_say_so(box):
    one = box()
    paste(one, "epoch,f1,acc\n1,0.4,0.5\n2,0.5,0.6\n3,0.6,0.7\n4,0.6,0.7")
    asked = "No name is like loss: epoch, f1, acc. Say which column it is."
    one.get_by_role("alert").filter(has_text=asked).wait_for()
    one.get_by_label("the loss is").select_option("acc")
    assert verdict(one)


def test_a_column_that_was_guessed_can_be_changed_at_one_click(told):
    one = told({"names": ["step", "loss", "val_loss", "total_loss"], "others": ["val_loss", "total_loss"]})
    row = one.get_by_role("group", name="Read instead:")
    assert row.get_by_role("button").all_inner_texts() == ["val_loss", "total_loss"]
    row.get_by_role("button", name="total_loss").click()
    one.locator(".verdict:focus").wait_for()
    assert asked(one)["column"] == "total_loss"
    assert one.get_by_label("the loss is").input_value() == "total_loss"


def test_where_nothing_was_guessed_nothing_is_offered(told):
    one = told({"names": ["step", "loss", "lr"], "others": []})
    assert one.get_by_role("group", name="Read instead:").count() == 0
    assert one.get_by_label("the loss is").locator("option").count() == 3


def test_a_column_that_was_not_chosen_is_not_asked_for(box):
    one = box()
    paste(one, "loss,val_loss\n5,1\n4,2\n3,3")
    verdict(one)
    one.get_by_label("learning rate").fill("0.5")
    one.locator(".sure").filter(has_text="rate 0.5").wait_for()
    assert asked(one)["column"] is None


def test_of_many_columns_twelve_are_buttons_and_the_rest_is_counted(told):
    names = ["loss", *(f"loss_{n}" for n in range(300))]
    one = told({"names": names, "others": names[1:]})
    row = one.get_by_role("group", name="Read instead:")
    assert row.get_by_role("button").count() == 12 and row.inner_text().endswith("… and 288 more below")
    options = one.get_by_label("the loss is").locator("option")
    assert options.count() == 201 and options.last.inner_text() == "… and 101 more"


@pytest.mark.parametrize("last", ["loss", "x"])
def test_a_table_with_130_000_columns_is_answered_with_a_sentence(box, last):
    one = box()
    words = one.evaluate(
        """async (one, last) => {
            const names = Array.from({ length: 130000 }, (_, n) => `c${n}`);
            const rows = [1, 2, 4, 8].map(row => names.map(() => row).join(","));
            let seen = performance.now(), frozen = 0;
            const watch = setInterval(() => {
                frozen = Math.max(frozen, performance.now() - seen);
                seen = performance.now();
            }, 5);
            one.take([[...names.slice(1), last].join(","), ...rows].join("\\n"));
            while (one.live.dataset.busy) await new Promise(done => setTimeout(done, 20));
            clearInterval(watch);
            return [one.result.hidden ? one.note.textContent : one.querySelector(".sure").textContent, frozen];
        }""",
        last,
    )
    expected = "A line has 130000 columns. Paste the one with the loss, and the steps."
    assert words[0] == expected and words[1] < 2000
    assert one.locator("option").count() < 450 and one.locator("button").count() < 50


def test_a_name_without_end_is_shown_by_its_beginning(told):
    name = "loss_" + "x" * 10_000
    one = told({"names": ["loss", name], "others": [name]})
    assert (
        one.get_by_role("group", name="Read instead:").get_by_role("button").inner_text() == f"{name[:39]}…"
    )
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_another_table_brings_its_own_columns(box):
    one = box()
    paste(one, "loss,first\n5,1\n4,2\n3,3")
    verdict(one)
    paste(one, "loss,second\n5,1\n4,2\n3,3")
    one.get_by_label("one weight is").get_by_text("second").wait_for(state="attached")
    assert one.get_by_label("the loss is").locator("option").all_inner_texts() == ["loss", "second"]


def test_the_drawing_counts_the_steps_that_the_log_counts(box):
    one = box()
    paste(one, "step,loss\n1000,1\n1100,3\n1200,9\n1300,27\n1400,81\n1500,nan", learning_rate="0.1")
    verdict(one)
    assert one.locator("svg .title").text_content() == "The losses, first nan at step 1500"
    assert marks_below(one) == ["1000", "1100", "1200", "1300", "1400", "1500"]


def test_no_half_steps_stand_below_a_short_log(box):
    one = box()
    paste(one, "1\n100\n10000")
    verdict(one)
    assert marks_below(one) == ["0", "1", "2"]


def test_the_fit_of_a_parabola_ends_at_the_peak_and_runs_below_the_floor_s_curve(box):
    one = box()
    one.get_by_role("button", name="a parabola", exact=True).click()
    verdict(one)
    (left, low), (right, high) = pairs(one.locator("svg .inside > path.fit").get_attribute("d"))
    run = pairs(drawn(one))
    assert (right, high) == run[-1] and left == run[0][0] and low > run[0][1]  # downwards y grows


@pytest.mark.parametrize(
    "losses, kinds",
    [
        ("1\n1.2\n1.4\n1.7\n2\n2.4\n1e9\nnan", ["run", "fit", "limit"]),
        ("5\n4\n3\n2\n1", ["run"]),
        ("-5\n-3\n2\n30\n200\n1500\nnan", ["run"]),
    ],
    ids=["it explodes", "it falls", "it begins below zero"],
)
@pytest.mark.parametrize("width", [1280, 360])
def test_what_each_line_is_stands_below_the_axes_where_none_of_them_runs(box, losses, kinds, width):
    one = box(width=width)
    paste(one, losses)
    verdict(one)
    drawing, axes = (one.locator(name).bounding_box() for name in (".drawing", ".drawing svg"))
    keys = one.locator(".drawing .keys span")
    assert keys.evaluate_all("keys => keys.map(key => key.className)") == kinds
    for key in keys.all():
        place = key.bounding_box()
        assert place["y"] >= axes["y"] + axes["height"]
        assert drawing["x"] < place["x"] and place["x"] + place["width"] < drawing["x"] + drawing["width"]
        line, shown = key.evaluate(LINE_AND_KEY)
        assert line == shown, key.inner_text()
    lines = [one.locator(f'.inside > path[class="{kind}"]') for kind in ("run", "fit", "limit")]
    assert [line.get_attribute("class") for line in lines if line.get_attribute("d")] == kinds


def test_losses_below_zero_are_drawn_on_a_plain_axis_without_a_fit(box):
    one = box()
    paste(one, "-5\n-3\n2\n30\n200\n1500\nnan")
    verdict(one)
    assert len(pairs(drawn(one))) == 6
    assert one.locator("svg .inside > path.fit").get_attribute("d") == ""
    paste(one, "-1e308\n1e308\n-1e308\n1e308")
    one.locator(".sure").filter(has_text="4 losses").wait_for()
    assert len(pairs(drawn(one))) == 4 and "NaN" not in one.locator("svg").inner_html()


@pytest.mark.parametrize(
    "label, value, words",
    [
        ("learning rate", "a tenth", "learning rate α: a number above 0, please."),
        ("learning rate", "-0.1", "learning rate α: a number above 0, please."),
        ("momentum", "1", "momentum β: 0, or a number below 1, please."),
        ("batch size", "8.5", "batch size: a whole number from 1, please."),
        ("updates per line", "-8", "updates per line: a whole number from 1, please."),
        ("loss of guessing", "ten", "loss of guessing: a number above 0, or such as 10 classes, please."),
        ("loss of guessing", "1 class", "loss of guessing: a number above 0, or such as 10 classes, please."),
    ],
)
def test_a_bad_field_says_what_it_wants_and_the_rest_stays(box, label, value, words):
    one = box()
    paste(one, ARTICLE)
    field = one.get_by_label(label)
    field.fill(value)
    field.blur()
    one.get_by_role("alert").filter(has_text=words).wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    assert one.locator("textarea").input_value() == ARTICLE
    field.fill("")
    verdict(one)
    assert one.locator(".note").text_content() == "" and field.get_attribute("aria-invalid") == "false"


def test_nobody_is_corrected_half_way_through_a_number(box):
    one = box()
    paste(one, ARTICLE)
    verdict(one)
    field = one.get_by_label("learning rate")
    classes = one.get_by_label("loss of guessing")
    for one_field, text in [*((field, text) for text in ("0", "0.", "0.00", "1e-")), (classes, "10 cla")]:
        field.fill("")
        one_field.fill(text)
        one.page.wait_for_timeout(400)  # it reads after a quarter of a second
        assert one.locator(".note").text_content() == "" and one.locator(".verdict").is_visible()
    classes.press("Tab")
    one.get_by_role("alert").filter(has_text="a number above 0, or such as 10 classes").wait_for()


def test_a_decimal_comma_is_read_in_a_field(box):
    one = box()
    paste(one, ARTICLE, learning_rate="0,12")
    verdict(one)
    assert one.locator(".suggested strong").inner_text() == "0.0536"


@pytest.mark.parametrize(
    "text, words",
    [
        ("5.2", "One loss was read, 5.2."),
        ("help me", "No losses were found"),
        ("a b\n1 2\n5 4\n6 3", "No name is like"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_to_paste(box, text, words):
    one = box()
    paste(one, ARTICLE)
    verdict(one)
    paste(one, text)
    one.get_by_role("alert").filter(has_text=words).wait_for()
    assert not one.locator(".result").is_visible()


def test_an_emptied_box_takes_its_answer_back(box):
    one = box()
    paste(one, ARTICLE)
    verdict(one)
    paste(one, "")
    one.locator(".result").wait_for(state="hidden")


def test_a_file_can_be_chosen_in_utf_16_too(box):
    one = box()
    chosen = {"name": "run.csv", "mimeType": "text/csv", "buffer": ("loss\n" + ARTICLE).encode("utf-16")}
    one.locator("input[type=file]").set_input_files(chosen)
    assert verdict(one)
    assert "5 losses were read" in one.locator(".sure").inner_text()


def test_a_file_can_be_dropped(box):
    one = box()
    transfer = one.page.evaluate_handle(
        """text => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], "run.log"));
            return transfer;
        }""",
        ARTICLE,
    )
    one.dispatch_event("drop", {"dataTransfer": transfer})
    assert "5 losses were read" in (verdict(one), one.locator(".sure").inner_text())[1]
    assert "over" not in one.locator(".live").get_attribute("class")


def test_a_file_too_large_is_answered_with_what_to_take(box):
    """docs/assets/diagnose/files.js: “Take the part around the growth: at most … MB are read.”"""
    one = box()
    one.evaluate(
        """one => {
            const file = new File(["1\\n2"], "run.log");
            Object.defineProperty(file, "size", { value: 8.1e8 });
            const dropped = new Event("drop", { cancelable: true });
            one.dispatchEvent(Object.assign(dropped, { dataTransfer: { types: ["Files"], files: [file] } }));
        }"""
    )
    words = "run.log has 810 MB. Take the part around the growth: at most 50 MB are read."
    one.get_by_role("alert").filter(has_text=words).wait_for()


def test_what_is_loaded_resets_what_the_last_run_was_told(box):
    one = box()
    one.get_by_label("number format").select_option("float16")
    one.get_by_label("momentum").fill("0.9")
    one.get_by_role("button", name="a parabola", exact=True).click()
    verdict(one)
    assert one.get_by_label("number format").input_value() == ""
    assert one.get_by_label("momentum").input_value() == ""


def test_the_keyboard_alone_goes_from_the_losses_to_the_copied_rate(box):
    one = box()
    page = one.page
    one.locator("textarea").focus()
    page.keyboard.insert_text(ARTICLE)
    for _ in range(3):  # past the choice of a file and the button
        page.keyboard.press("Tab")
    page.keyboard.type("0.12")
    page.keyboard.press("Enter")
    one.locator(".verdict:focus").wait_for()
    one.locator(".suggested strong").get_by_text("0.0536").wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.ariaLabel") == "Copy the rate":
            break
    page.keyboard.press("Enter")
    one.get_by_text("Copied the rate.").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == "0.0536"


def test_the_button_reads_and_moves_to_the_answer_and_typing_moves_nobody(box):
    one = box()
    paste(one, ARTICLE)
    verdict(one)
    assert one.locator("textarea").evaluate("one => one === document.activeElement")
    one.get_by_role("button", name="Read", exact=True).press("Enter")
    one.locator(".verdict:focus").wait_for()
    one.locator("textarea").fill("5\n4\n3")
    one.locator(".sure").filter(has_text="3 losses were read").wait_for()
    assert one.locator("textarea").evaluate("one => one === document.activeElement")
    one.get_by_role("button", name="Read", exact=True).click()
    one.locator(".verdict:focus").wait_for()
    one.get_by_label("number format").focus()
    one.get_by_label("number format").select_option("float16")
    one.locator(".sure").filter(has_text="float16, given").wait_for()
    assert one.get_by_label("number format").evaluate("one => one === document.activeElement")


def test_the_button_says_so_where_there_is_nothing_to_read(box):
    one = box()
    one.get_by_role("button", name="Read", exact=True).click()
    one.get_by_role("alert").filter(has_text="Nothing was read").wait_for()
    one.get_by_label("batch size").fill("1.5")
    one.get_by_label("batch size").press("Enter")
    one.get_by_role("alert").filter(has_text="batch size: a whole number").wait_for()
    assert one.get_by_label("batch size").evaluate("one => one === document.activeElement")


@pytest.mark.parametrize("height", [500, 900])
def test_a_field_below_the_answer_stands_still_while_the_answer_changes(box, height):
    one = box(height=height)
    paste(one, "1\n100\n10000\n1000000")
    verdict(one)
    field = one.get_by_label("learning rate")
    field.focus()
    places = [top(field)]
    for text in ["0.1", "x", "0.2", ""]:
        field.fill(text)
        one.page.wait_for_timeout(500)
        places.append(top(field))
        field.blur()
        one.page.wait_for_timeout(200)
        field.focus()
    assert max(places) - min(places) < 4, places  # pixels: scrolling knows no parts of them


def test_the_answer_can_be_copied_as_text(box):
    one = box()
    losses = [*ARTICLE.split("\n"), "400", "600", "900", "1400", "2000", "3000", "nan"]
    paste(one, "\n".join(losses), learning_rate="0.12", momentum="0.5")
    verdict(one)
    one.get_by_role("button", name="Copy as text").click()
    one.get_by_text("Copied the answer.").wait_for(state="attached")
    copied = one.page.evaluate("navigator.clipboard.readText()").split("\n")
    assert copied[:2] == [
        "12 losses, named loss: 80.4866, 102.8105, 137.0916, 189.7342, 270.573 … 900, 1400, 2000, 3000, nan",
        "Known: rate 0.12, given; 1 update per line, assumed; momentum 0.5, given.",
    ]
    kind, headline = one.locator(".result").get_attribute("data-verdict"), verdict(one)
    assert copied[3].startswith(f"Verdict: {kind}. {headline} Confidence: ")
    why, then = (one.locator(f".result > {kind} li").all_inner_texts() for kind in ("ul", "ol"))
    assert copied[4 : 5 + len(why)] == ["Why:", *(f"- {sentence}" for sentence in why)]
    steps = [f"{n}. {sentence}" for n, sentence in enumerate(then, 1)]
    assert copied[5 + len(why) : 6 + len(why) + len(steps)] == ["What to do next:", *steps]
    assert copied[-2:] == ["", "Read by Overshoot, Read your own run."]


def test_a_report_of_a_few_losses_has_them_all_and_the_odds(told):
    one = told(odds="Such a rate trained in 9 of 10 runs.", verdict="unclear")
    assert one.evaluate("one => one.last.report").split("\n") == [
        "3 losses, named loss: 4, 3, 2",
        "Known: 1 update per line, assumed.",
        "",
        "Verdict: unclear. This log cannot tell. Confidence: low.",
        "Why:",
        "- It is so.",
        "What to do next:",
        "1. Do this.",
        "Odds: Such a rate trained in 9 of 10 runs.",
        "",
        "Read by Overshoot, Read your own run.",
    ]


def test_what_cannot_be_copied_is_shown_line_by_line(box):
    one = box()
    paste(one, ARTICLE)
    verdict(one)
    one.page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(Error('no')))")
    one.get_by_role("button", name="Copy as text").click()
    note = one.get_by_role("alert").filter(has_text="Select it and copy it by hand: 5 losses")
    note.wait_for()
    assert "\nWhy:\n" in note.inner_text()


def test_the_line_to_change_has_the_rate_the_momentum_and_the_optimiser(box):
    one = box()
    paste(one, ARTICLE, learning_rate="0.12", momentum="0.9")
    verdict(one)
    one.locator(".suggested strong").wait_for()
    rate = one.locator(".suggested strong").inner_text()
    one.get_by_text("The line to change").click()
    lines = one.locator(".line code").all_inner_texts()
    assert lines[0] == f"optimizer = torch.optim.SGD(model.parameters(), lr={rate}, momentum=0.9)"
    assert lines[1] == f"optimizer = keras.optimizers.SGD(learning_rate={rate}, momentum=0.9)"
    assert lines[2] == f"optimizer = optax.sgd(learning_rate={rate}, momentum=0.9)"
    assert lines[3] == f"v = 0.9 * v + g; w = w - {rate} * v"
    one.get_by_label("optimiser").select_option("AdamW")
    one.locator(".line code").get_by_text("AdamW(model").wait_for(state="attached")
    rate = one.locator(".suggested strong").inner_text()
    assert one.locator(".line code").all_text_contents() == [
        f"optimizer = torch.optim.AdamW(model.parameters(), lr={rate})",
        f"optimizer = keras.optimizers.AdamW(learning_rate={rate})",
        f"optimizer = optax.adamw(learning_rate={rate})",
        f"alpha = {rate}",
    ]
    one.get_by_label("optimiser").select_option("RMSprop")
    one.locator(".line code").get_by_text("RMSprop(model").wait_for(state="attached")
    assert one.locator(".line code").first.text_content().endswith(", momentum=0.9)")


def test_the_result_is_spoken_and_the_drawing_described(box):
    one = box()
    paste(one, ARTICLE + "\nnan", learning_rate="0.12")
    verdict(one)
    status = one.get_by_role("status")
    assert (
        status.inner_text()
        == "The rate is too high, or a sign is wrong. If it is the rate: set the rate to 0.0536. Confidence high."
    )
    label = one.get_by_role("img").get_attribute("aria-label")
    assert label.startswith(
        "5 losses, then nan at step 5: the first 80.49, the highest 270.6 at step 4, the last 270.6. The loss grew"
    )


def a_long_log() -> str:
    losses = [f"{1 + (n % 7) / 10}" for n in range(100_000)]
    losses[54_321] = "5000"
    return "\n".join(losses)


def test_a_long_log_is_read_by_a_worker_while_typing_goes_on_and_no_peak_is_lost(box):
    one = box()
    one.evaluate("(one, text) => one.take(text)", a_long_log())
    one.get_by_label("learning rate").press_sequentially("0.1")
    assert "100000 losses were read" in (verdict(one), one.locator(".sure").inner_text())[1]
    assert one.evaluate("one => one.reader.worker instanceof Worker")
    assert drawn(one).count("L") < 1500
    assert "the highest 5000 at step 54321" in one.get_by_role("img").get_attribute("aria-label")
    heights = [y for _, y in pairs(drawn(one))]
    assert min(heights) < 60 < max(heights)  # the peak is drawn


def test_of_a_long_log_the_field_shows_the_beginning_because_a_browser_lays_out_every_line(box):
    one = box()
    area = one.locator("textarea")
    area.evaluate(
        """(area, text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", text);
            area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
        }""",
        a_long_log(),
    )
    assert "100000 losses were read" in (verdict(one), one.locator(".sure").inner_text())[1]
    shown = area.input_value()
    assert shown.startswith("1.0\n1.1\n1.2") and len(shown) < 2200
    assert shown.endswith("400 kB in all: they are read, until you change what stands here.")
    area.fill("5\n4\n3")
    one.locator(".sure").filter(has_text="3 losses were read").wait_for()


def test_without_a_worker_the_page_reads_by_itself(box):
    one = box()
    one.page.evaluate("delete window.Worker")
    paste(one, ARTICLE)
    assert verdict(one)
    assert one.evaluate("one => one.reader.worker === null")


def test_a_worker_that_fails_leaves_the_question_to_the_page(box):
    one = box()
    one.page.evaluate(
        "void (window.Worker = class { postMessage() { setTimeout(() => this.onerror()); } terminate() {} })"
    )
    paste(one, ARTICLE, learning_rate="0.12")
    assert verdict(one) and one.locator(".suggested strong").inner_text() == "0.0536"


def test_of_the_questions_that_wait_only_the_last_is_read(box):
    one = box()
    posted = one.evaluate(
        """one => new Promise(resolve => {
            const seen = [];
            one.reader.hire();
            const post = one.reader.worker.postMessage.bind(one.reader.worker);
            one.reader.worker.postMessage = question => { seen.push(question.text); post(question); };
            const show = one.show.bind(one);
            one.show = said => { show(said); resolve([seen, said.said]); };
            for (const losses of ["1\\n2", "1\\n2\\n3", "1\\n2\\n3\\n4"]) one.take(losses);
        })"""
    )
    assert posted == [["1\n2", "1\n2\n3\n4"], "4 losses were read, named loss."]


# How a line is drawn, and how its key: colour, and whether it is dashed.
LINE_AND_KEY = """key => {
    const line = getComputedStyle(key.closest(".drawing").querySelector(`.inside > path.${key.className}`));
    const shown = getComputedStyle(key, "::before");
    return [
        [line.stroke, line.strokeDasharray !== "none"],
        [shown.borderTopColor, shown.borderTopStyle === "dashed"],
    ];
}"""

SILENT = """() => {
    const Real = window.Worker;
    window.made = [];
    window.Worker = class {
        constructor(...how) {
            if (!String(how[0]).includes("diagnose") || made.push(this) > 1) return new Real(...how);
        }
        postMessage() {}
        terminate() { this.ended = true; }
    };
}"""


@pytest.fixture
def silent(box):
    """A box whose first worker never answers."""
    one = box()
    one.page.evaluate(SILENT)
    return one


def test_a_worker_that_hangs_is_replaced_when_a_new_log_comes(silent):
    paste(silent, "1\n2\n3")
    silent.page.wait_for_timeout(600)
    assert silent.get_by_role("status").inner_text() == ""
    silent.get_by_role("status").filter(has_text="Reading …").wait_for()
    silent.page.wait_for_timeout(2500)
    assert silent.page.evaluate("made.length") == 1  # nobody else has asked
    paste(silent, ARTICLE)
    silent.locator(".sure").filter(has_text="5 losses were read").wait_for(timeout=1500)
    assert silent.page.evaluate("made[0].ended")
    assert silent.get_by_role("status").inner_text().startswith("The rate is too high")
    paste(silent, "5\n4\n3")
    silent.locator(".sure").filter(has_text="3 losses were read").wait_for()
    assert silent.page.evaluate("made.length") == 2  # the new one stays


def test_a_log_that_comes_early_waits_for_the_worker_but_not_for_ever(silent):
    paste(silent, "1\n2\n3")
    silent.page.wait_for_timeout(600)
    paste(silent, ARTICLE)
    silent.page.wait_for_timeout(800)
    assert not silent.page.evaluate("made[0].ended")
    silent.locator(".sure").filter(has_text="5 losses were read").wait_for(timeout=3000)


def test_a_log_that_the_reader_stumbles_over_is_owned_up_to(browser, address):
    page = browser.new_page()
    with_model(page.context, MODEL.replace("LOGS", "{}").replace("...FINDS", "...null.what"))
    page.goto(address + "diagnose/")
    one = page.locator("diagnose-box")
    one.locator("textarea").fill(ARTICLE)
    one.get_by_role("alert").filter(has_text="The reader stumbled over this log.").wait_for()
    assert one.locator(".live").get_attribute("data-busy") == ""
    page.context.close()


def test_what_is_not_the_rate_leads_to_the_list_of_what_it_may_be(box):
    one = box()
    one.get_by_role("button", name="nan from nowhere").click()
    verdict(one)
    links = one.locator(".result a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links[0] == "#tree" and links[1].endswith("/messages/") and len(links) == 2
    one.get_by_role("button", name="a parabola").click()
    one.locator(".verdict").filter(has_text="too high").wait_for()
    assert one.locator(".result a").count() == 0


def test_the_reader_comes_in_one_file(box):
    one, asked = box(), []
    one.page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    paste(one, ARTICLE)
    verdict(one)
    assert asked == ["worker.js"]


def test_nothing_is_sent_and_nothing_is_kept(box):
    """“Nothing leaves your machine.” docs/assets/diagnose/files.js: “They stay on this page: nothing is sent, nothing
    is kept.”"""
    one = box()
    page, asked = one.page, []
    paste(one, "5\n4\n3\n2")
    verdict(one)  # the worker has come
    page.on("request", lambda request: asked.append(request.url))
    before = page.url
    paste(one, ARTICLE, learning_rate="0.12")
    one.locator(".suggested strong").wait_for()
    page.wait_for_timeout(300)
    assert asked == [] and page.url == before
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    assert "80.4866" not in page.evaluate(kept)
    page.reload()
    one.locator("textarea").wait_for()
    assert one.locator("textarea").input_value() == ""


def test_without_scripts_the_command_stands_there(open_page):
    """“This needs scripts, which are off.”"""
    page = open_page("diagnose/", java_script_enabled=False)
    assert page.get_by_text("python diagnose.py run.csv --rate 0.001").first.is_visible()


def test_a_box_that_cannot_come_leaves_its_words_standing(browser, address):
    page = browser.new_page()
    page.route("**/diagnose/box.js", lambda route: route.abort())
    page.goto(address + "diagnose/")
    page.get_by_text("python diagnose.py run.csv").first.wait_for()
    page.close()


def test_a_reader_that_does_not_load_is_owned_up_to(browser, address):
    """docs/assets/diagnose/asking.js: “The reader did not load.”"""
    page = browser.new_page()
    page.route("**/diagnose/worker.js", lambda route: route.abort())
    page.goto(address + "diagnose/")
    one = page.locator("diagnose-box")
    one.locator("textarea").fill(ARTICLE)
    words = "The reader did not load. Copy your losses, go online and load the page again."
    one.get_by_role("alert").filter(has_text=words).wait_for()
    assert one.locator("textarea").input_value() == ARTICLE
    page.close()


def show_all_of(one, name) -> None:
    """Have an example read and all that is folded opened; where there is none, have the box ask for a column."""
    if name:
        one.get_by_role("button", name=name, exact=True).click()
        verdict(one)
        one.evaluate("one => one.querySelectorAll('details').forEach(one => one.open = true)")
    else:
        one.locator("textarea").fill("a b\n1 2\n4 1\n16 0.5\n64 0.2")
        one.get_by_role("group", name="Read:").wait_for()
        one.get_by_label("learning rate").fill("x")


@pytest.mark.parametrize("name", [None, "a parabola", "rate or sign", "nan at once", "AdamW"])
def test_axe_finds_no_violation_in_the_box(box, name):
    one = box()
    show_all_of(one, name)
    for scheme, turn in (("light", to_the_dark), ("dark", to_the_light)):
        assert axe.violations(one.page, scheme, "diagnose-box") == [], scheme
        turn(one.page)


def test_axe_finds_no_violation_where_columns_and_odds_are_told(told):
    names = ["loss", "val_loss", *(f"loss_{n}" for n in range(300))]
    one = told({"names": names, "others": names[1:]}, suggested_rate=0.1, odds="It trained in 9 of 10.")
    assert axe.violations(one.page, context="diagnose-box") == []


@pytest.mark.parametrize("width", [320, 360, 600])
def test_the_box_fits_a_phone_and_can_be_hit(box, width):
    one = box(width=width, height=740)
    one.get_by_role("button", name="a parabola").click()
    verdict(one)
    one.page.evaluate("document.querySelectorAll('diagnose-box details').forEach(one => one.open = true)")
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    for control in one.locator(":is(button, input, select, textarea, summary):visible").all():
        size = control.bounding_box()
        assert min(size["width"], size["height"]) >= 24, control.evaluate("one => one.outerHTML")


def test_paper_shows_the_answer_and_the_drawing_and_no_fields(box):
    one = box()
    to_the_dark(one.page)
    one.get_by_role("button", name="a parabola").click()
    verdict(one)
    one.page.emulate_media(media="print")
    assert one.locator(".verdict").is_visible() and one.locator("svg").is_visible()
    assert not one.locator("textarea").is_visible()
    assert not one.get_by_label("learning rate").is_visible()


def test_the_page_does_not_move_when_the_box_comes(browser, address):
    for width in (360, 1280):
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.add_init_script(COUNT_SHIFTS)
        page.goto(address + "diagnose/")
        page.locator("diagnose-box textarea").wait_for()
        settle(page)
        assert page.evaluate("window.moved") < 0.02
        page.close()


def test_what_a_visitor_loads_of_the_box_weighs_11_kb_and_the_reader_that_comes_with_a_log_19(site):
    """The reader is one file, fetched when somebody comes to the box: its tables of formats and words alone weigh
    6 kB. No other module lies beside it, for no page would load it.
    CHANGELOG.md: “Interactive figures and the box for losses come in fewer and smaller files: a figure in two or three, the box in two, and the reader of logs in one of 19 kB.”"""
    files = (site / "assets" / "diagnose").rglob("*")
    weight = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in files}
    assert weight.keys() == {"box.js", "box.css", "worker.js"}
    assert weight["box.js"] + weight["box.css"] <= 10_700 and round(weight["worker.js"] / 1000) == 19


def test_the_box_loads_on_its_own_page_only(open_page):
    page, asked = open_page("notation/"), []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    settle(page)
    assert not any("/diagnose/" in url and url.endswith(".js") for url in asked)


def test_on_paper_the_decision_tree_and_the_program_stay_where_they_are(open_page):
    page = open_page("diagnose/")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".answers").count() == 1
    assert page.locator(".answers details:is(.symptom, .program)").count() == 0
    leaf = page.get_by_text("Confirm it:").first
    assert leaf.is_visible() and leaf.evaluate("one => !one.closest('.answers')")
