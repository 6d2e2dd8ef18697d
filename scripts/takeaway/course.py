"""The whole course as one page of HTML, to be printed: the contents of all pages, in order."""

from pathlib import Path
from urllib.parse import urljoin, urlsplit

from jinja2 import Environment, FileSystemLoader
from lxml import html

TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
UNPRINTED = './/img[contains(@class, "only-dark")] | .//a[@class="headerlink"]'


def course(config, pages: list, site: Path, date: str) -> str:
    """One page of HTML, to lie at the root of the site, with the contents of all pages in order.

    Every name gets the name of its page before it, and a link to a page of the course leads to its place.
    """
    slugs = {f"/{page.url}": page.url.strip("/").replace("/", "-") or "home" for page in pages}
    styles = [f"assets/stylesheets/{file.name}" for file in sorted(site.glob("assets/stylesheets/*.css"))]
    return TEMPLATES.get_template("course.html").render(
        config=config,
        pages=[(slugs[f"/{page.url}"], page.title, _content(page, slugs, config.site_url)) for page in pages],
        styles=[*styles, *config.extra_css],
        date=date,
    )


def _content(page, slugs: dict[str, str], site_url: str) -> str:
    """What a page shows on paper, with its names and links as they are within the course."""
    here = f"/{page.url}"

    def place(link):
        parts = urlsplit(link)
        if parts.scheme:
            return link
        path = urljoin(here, parts.path)
        if path not in slugs or parts.fragment == "download":
            return f"{site_url}{path[1:]}"
        return f"#{slugs[path]}{'--' * bool(parts.fragment)}{parts.fragment}"

    body = html.fragment_fromstring(page.content, create_parent="div")
    for element in body.xpath(UNPRINTED):
        element.drop_tree()
    for element in body.iter():
        for attribute in {"id", "for", "name"} & set(element.attrib):
            element.set(attribute, f"{slugs[here]}--{element.get(attribute)}")
        if "href" in element.attrib:
            element.set("href", place(element.get("href")))
        for attribute in {"src", "srcset"} & set(element.attrib):
            element.set(attribute, urljoin(here, element.get(attribute))[1:])
            element.attrib.pop("loading", None)
    return html.tostring(body, encoding="unicode")
