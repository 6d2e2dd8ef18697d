"""What every built page carries: its description, its policy, its mathematics in glyphs that exist."""

import base64
import hashlib
import re
import unicodedata
import xml.etree.ElementTree as etree

import pytest
from fontTools.ttLib import TTFont

from conftest import ROOT
from rules import pages_of

pytestmark = pytest.mark.xdist_group("pages")  # one worker takes them apart


@pytest.fixture(scope="session")
def pages(site):
    """Every built page, parsed, by its address below the site."""
    return {str(path.relative_to(site)): page for path, page in pages_of(site).items()}


def content(page, selector):
    return page.select_one(selector)["content"]


def test_each_page_has_a_description_and_a_social_title_of_its_own(pages):
    own = {name: page for name, page in pages.items() if name != "404.html"}
    for selector in (
        "meta[name=description]",
        "meta[property='og:title']",
        "meta[property='og:description']",
    ):
        texts = [content(page, selector) for page in own.values()]
        assert len(set(texts)) == len(own), selector
    for name, page in own.items():
        assert 50 <= len(content(page, "meta[name=description]")) <= 180, name
        assert page.title.string.endswith("Overshoot") and "None" not in page.title.string


def test_the_social_picture_and_the_icons_are_files_of_the_site(site, pages):
    for page in pages.values():
        assert content(page, "meta[property='og:image']").endswith("/assets/social.png")
    for name in ("social.png", "favicon.svg", "favicon.png", "logo.svg"):
        assert (site / "assets" / name).stat().st_size > 200


def test_the_sitemap_names_every_page(site, pages):
    namespace = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    addresses = [entry.text for entry in etree.parse(site / "sitemap.xml").findall(".//s:loc", namespace)]
    wanted = {name.removesuffix("index.html") for name in pages if name != "404.html"}
    assert {re.sub(r"https?://[^/]+/", "", address) for address in addresses} == wanted


def test_each_page_allows_only_the_site_itself_and_its_own_inline_scripts_by_hash(pages):
    for name, page in pages.items():
        policy = page.select_one("meta[http-equiv=Content-Security-Policy]")["content"]
        directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert directives.pop("default-src") == "'self'"
        assert directives.pop("img-src") == "'self' data:"  # the theme's icons
        scripts = [tag.string for tag in page.select("script:not([src])") if tag.get("type") is None]
        digests = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts}
        assert set(directives.pop("script-src").split()) == {
            "'self'",
            *(f"'sha256-{one}'" for one in digests),
        }
        assert set(directives.values()) == {"'none'"}, name


def test_no_page_carries_a_style_attribute_or_an_event_handler_that_the_policy_would_refuse(pages):
    for name, page in pages.items():
        assert page.select("[style], style") == [], name
        handlers = [tag for tag in page.find_all(True) if any(key.startswith("on") for key in tag.attrs)]
        assert handlers == [], name


def test_each_character_of_the_mathematics_has_a_glyph(pages):
    """The font is STIX Two Math, reduced to ASCII, the italic Latin and Greek alphabets (U+210E, U+1D434-1D467,
    U+1D6FC-1D71B), the bold one (U+1D7CF) and signs, with √ ( ) [ ] { } | ‖ ∑ ∏ ∫ whatever the pages use, whose
    larger sizes are in its tables. To add a character, make it anew:

    uv run pyftsubset STIXTwoMath-Regular.woff2 --unicodes="U+20-7E,U+2211,…" --layout-features='' \\
        --flavor=woff2 --no-hinting --notdef-outline --output-file=docs/assets/fonts/stix-two-math.woff2
    """
    font = TTFont(ROOT / "docs/assets/fonts/stix-two-math.woff2")
    drawn, italic = font.getBestCmap(), {}
    for code in drawn:  # a lone letter in <mi> is shown as its mathematical italic
        name = unicodedata.name(chr(code), "")
        if name.startswith("MATHEMATICAL ITALIC") or code == 0x210E:
            italic[unicodedata.normalize("NFKC", chr(code))] = code
    assert "MATH" in font and len(italic) > 70
    missing = set()
    for name, page in pages.items():
        for element in page.select("math mi, math mo, math mn, math mtext"):
            text = element.get_text()
            for character in text:
                slanted = element.name == "mi" and len(text) == 1 and character.isalpha()
                if element.get("mathvariant") == "normal":
                    slanted = False
                known = (
                    character in italic
                    if slanted and character.isascii() | ("α" <= character <= "ω")
                    else False
                )
                invisible = character.isspace() or unicodedata.category(character) in ("Cf", "Mn")
                if not (known or invisible or ord(character) in drawn):
                    missing.add((name, character))
    assert missing == set()


def test_stretchy_signs_keep_their_larger_sizes():
    font = TTFont(ROOT / "docs/assets/fonts/stix-two-math.woff2")
    variants = font["MATH"].table.MathVariants
    vertical = set(variants.VertGlyphCoverage.glyphs)
    cmap = font.getBestCmap()
    assert {cmap[ord(sign)] for sign in "()[]{}|‖√∑∏∫"} <= vertical


def test_every_formula_is_mathml(pages):
    assert sum(len(page.select("math")) for page in pages.values()) > 100
    for name, page in pages.items():
        assert page.select(".arithmatex:not(:has(math))") == [], name
        prose = " ".join(
            text
            for text in page.body.find_all(string=True)
            if text.parent.name not in ("script", "code", "span")
        )
        assert not re.search(r"\\(?:alpha|lambda|frac|\(|\[)", prose), name


def test_on_the_screen_no_style_asks_what_an_element_has():
    """With one :has() a browser asks again at every element that comes: three seconds on the longest page, not one.

    Of the children of the root, which are its head and its body, it asks once.
    """
    style = (ROOT / "docs" / "assets" / "overshoot.css").read_text(encoding="utf-8")
    screen = re.sub(r"^@media print \{.*?^\}", "", style, flags=re.MULTILINE | re.DOTALL)
    screen = screen.replace(':root:has(> [data-md-color-scheme="slate"]) {', "")
    assert ":has(" in style and ":has(" not in screen and screen.count("{") > 150
