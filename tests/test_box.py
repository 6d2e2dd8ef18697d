"""The box on the page Read your own run, as people use it: paste, drop, choose, type, copy, print."""

import gzip
import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

import golden
from conftest import AXE, COUNT_SHIFTS, ROOT, described, names_of

SOURCES = ROOT / "docs" / "assets" / "diagnose"
EXAMPLES = [
    one["name"] for one in json.loads(re.sub(r"^.*?= |;\s*$", "", golden.EXAMPLES.read_text(), flags=re.S))
]
ARTICLE = "80.4866\n102.8105\n137.0916\n189.7342\n270.5730"


@pytest.fixture
def box(open_page):
    """A function that opens the page and waits for the box."""

    def open_it(**options):
        page = open_page("diagnose/", **options)
        one = page.locator("diagnose-box")
        one.locator("textarea").wait_for()
        return one

    return open_it


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
        one.locator(".facts").inner_text()
        == "Limit 0.1072, curvature λ 18.66, growth 1.536 per update at 0.12."
    )
    ends = " ".join(one.locator("dl").inner_text().split())
    assert ends == "float16 16 bfloat16 197 float32 197 float64 1645"


def test_without_a_rate_it_says_what_to_divide_by_and_asks_for_the_rate(box):
    one = box()
    paste(one, "1\n100\n10000\n1000000")
    assert verdict(one) == "The rate is too high."
    assert " ".join(one.locator(".suggested").inner_text().split()) == "Divide the rate by 11"
    assert one.locator(".facts").inner_text() == "Give the learning rate above, and read here what to set."
    assert "Divide the rate by 11. Confidence" in one.get_by_role("status").inner_text()


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
    if name == "nan at once":
        assert not one.locator(".drawing").is_visible()  # nothing can be drawn
    else:
        assert len(pairs(drawn(one))) > 4
    assert one.locator(".note").text_content() == ""


def test_the_examples_show_every_verdict_but_the_unclear(box):
    one, seen = box(), set()
    for name in EXAMPLES:
        one.get_by_role("button", name=name, exact=True).click()
        one.page.wait_for_timeout(150)
        verdict(one)
        seen.add(one.locator(".result").get_attribute("data-verdict"))
    assert seen == {"rate-too-high", "growth", "nan-at-start", "not-the-rate", "recovers", "healthy"}


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
    one.locator(".verdict").filter(has_text="It trains.").wait_for()


def test_a_table_without_a_loss_lets_you_say_which_column_it_is(box):
    one = box()
    paste(one, "a b\n1 2\n4 1\n16 0.5\n64 0.2")
    one.get_by_role("alert").filter(has_text="No name is like loss: 1, 2. Say which column it is.").wait_for()
    one.get_by_label("the loss is").select_option("1")
    assert "rate" in verdict(one)
    assert one.locator(".note").text_content() == ""


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
    assert one.locator("svg .title").text_content() == "The losses, nan from step 1500"
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
    ],
)
def test_a_bad_field_says_what_it_wants_and_the_rest_stays(box, label, value, words):
    one = box()
    paste(one, ARTICLE)
    field = one.get_by_label(label)
    field.fill(value)
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
    for text in ["0", "0.", "0.00", "1e-"]:
        field.fill(text)
        one.page.wait_for_timeout(400)  # it reads after a quarter of a second
        assert one.locator(".note").text_content() == "" and one.locator(".verdict").is_visible()
    field.press("Tab")
    one.get_by_role("alert").filter(has_text="a number above 0").wait_for()


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
    one = box()
    one.evaluate(
        """one => {
            const file = new File(["1\\n2"], "run.log");
            Object.defineProperty(file, "size", { value: 8.1e8 });
            one.open(file);
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
    assert one.get_by_label("number format").input_value() == "float32"
    assert one.get_by_label("momentum").input_value() == ""


def test_the_keyboard_alone_goes_from_the_losses_to_the_copied_rate(box):
    one = box(permissions=["clipboard-read", "clipboard-write"])
    page = one.page
    one.locator("textarea").focus()
    page.keyboard.insert_text(ARTICLE)
    for _ in range(2):  # past the choice of a file
        page.keyboard.press("Tab")
    page.keyboard.type("0.12")
    verdict(one)
    one.locator(".suggested strong").get_by_text("0.0536").wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.ariaLabel") == "Copy the rate":
            break
    page.keyboard.press("Enter")
    one.get_by_text("Copied the rate.").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == "0.0536"


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
    one.get_by_label("optimiser").select_option("Adam")
    one.locator(".line code").get_by_text("Adam(model").wait_for(state="attached")
    assert one.locator(".suggested strong").inner_text() == "0.012"


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
    assert label.startswith("The losses of 6 steps, from 80.49 to 270.6 at step 4, then nan. The loss grew")


def a_long_log() -> str:
    losses = [f"{1 + (n % 7) / 10}" for n in range(100_000)]
    losses[54_321] = "5000"
    return "\n".join(losses)


def test_a_long_log_is_read_by_a_worker_while_typing_goes_on_and_no_peak_is_lost(box):
    one = box()
    one.evaluate("(one, text) => one.take(text)", a_long_log())
    one.get_by_label("learning rate").press_sequentially("0.1")
    assert "100000 losses were read" in (verdict(one), one.locator(".sure").inner_text())[1]
    assert one.evaluate("one => one.worker instanceof Worker")
    assert drawn(one).count("L") < 1500
    assert "to 5000 at step 54321" in one.get_by_role("img").get_attribute("aria-label")
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


def test_without_a_worker_the_page_reads_by_itself(open_page):
    page = open_page("notation/")
    page.add_init_script("delete window.Worker")
    page.goto(page.url.replace("notation", "diagnose"))
    one = page.locator("diagnose-box")
    one.locator("textarea").wait_for()
    paste(one, ARTICLE)
    assert verdict(one)
    assert one.evaluate("one => one.worker === null")


def test_a_worker_that_fails_leaves_the_question_to_the_page(open_page):
    page = open_page("notation/")
    page.add_init_script(
        "window.Worker = class { postMessage() { setTimeout(() => this.onerror()); } terminate() {} }"
    )
    page.goto(page.url.replace("notation", "diagnose"))
    one = page.locator("diagnose-box")
    one.locator("textarea").wait_for()
    paste(one, ARTICLE, learning_rate="0.12")
    assert verdict(one) and one.locator(".suggested strong").inner_text() == "0.0536"


def test_of_the_questions_that_wait_only_the_last_is_read(box):
    one = box()
    posted = one.evaluate(
        """one => new Promise(resolve => {
            const seen = [];
            one.hire();
            const post = one.worker.postMessage.bind(one.worker);
            one.worker.postMessage = question => { seen.push(question.text); post(question); };
            const show = one.show.bind(one);
            one.show = said => { show(said); resolve([seen, said.said]); };
            for (const losses of ["1\\n2", "1\\n2\\n3", "1\\n2\\n3\\n4"]) one.take(losses);
        })"""
    )
    assert posted == [["1\n2", "1\n2\n3\n4"], "4 losses were read, named loss."]


def test_what_is_not_the_rate_leads_to_the_list_of_what_it_may_be(box):
    one = box()
    one.get_by_role("button", name="nan from nowhere").click()
    verdict(one)
    assert one.locator(".result a").get_attribute("href") == "#tree"
    one.get_by_role("button", name="a parabola").click()
    one.locator(".verdict").filter(has_text="too high").wait_for()
    assert one.locator(".result a").count() == 0


def test_nothing_is_sent_and_nothing_is_kept(box):
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
    page = open_page("diagnose/", java_script_enabled=False)
    assert page.get_by_text("python snippets/diagnose.py run.csv --rate 0.001").first.is_visible()


def test_a_box_that_cannot_come_leaves_its_words_standing(browser, address):
    page = browser.new_page()
    page.route("**/diagnose/box.js", lambda route: route.abort())
    page.goto(address + "diagnose/")
    page.get_by_text("python snippets/diagnose.py run.csv").first.wait_for()
    page.close()


def test_a_reader_that_does_not_load_is_owned_up_to(browser, address):
    page = browser.new_page()
    for name in ["worker", "answer"]:
        page.route(f"**/diagnose/{name}.js", lambda route: route.abort())
    page.goto(address + "diagnose/")
    one = page.locator("diagnose-box")
    one.locator("textarea").fill(ARTICLE)
    one.get_by_role("alert").filter(has_text="go online and load the page again").wait_for()
    assert one.locator("textarea").input_value() == ARTICLE
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [None, "a parabola", "rate or sign", "nan at once"])
def test_axe_finds_no_violation_in_the_box(box, name, scheme):
    one = box(color_scheme=scheme)
    if name:
        one.get_by_role("button", name=name, exact=True).click()
        verdict(one)
        one.page.evaluate("document.querySelectorAll('diagnose-box details').forEach(one => one.open = true)")
    else:
        one.get_by_label("learning rate").fill("x")
        one.get_by_role("alert").filter(has_text="a number").wait_for()
    found = Axe().run(one.page, context="diagnose-box", options=AXE).response["violations"]
    assert described(found) == []


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
    one = box(color_scheme="dark")
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
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.moved") < 0.02
        page.close()


def test_the_box_weighs_at_most_16_kb_compressed(site):
    files = [path for path in (site / "assets" / "diagnose").rglob("*") if path.is_file()]
    assert len(files) == len([path for path in SOURCES.rglob("*") if path.is_file()])
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) <= 16_000


def test_the_box_loads_on_its_own_page_only(open_page):
    page, asked = open_page("notation/"), []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert not any("/diagnose/" in url and url.endswith(".js") for url in asked)


def test_no_module_nests_a_template_in_a_template_which_the_minifier_would_spoil():
    for path in (*SOURCES.glob("*.js"), *(SOURCES.parent / "interactive").glob("*.js")):
        assert not re.search(r"\$\{[^}`]*`", path.read_text(encoding="utf-8")), path.name


def test_on_paper_the_decision_tree_and_the_program_stay_where_they_are(box):
    page = box().page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".answers").count() == 1
    assert page.locator(".answers details:is(.symptom, .program)").count() == 0
    leaf = page.get_by_text("Confirm it:").first
    assert leaf.is_visible() and leaf.evaluate("one => !one.closest('.answers')")
