"""Remember what the theme made of a page, until the page, the navigation, the settings or the theme changes."""

import os
from pathlib import Path

from jinja2 import FileSystemBytecodeCache

from pages.rendered import name_of
from weave.memo import remembered


def remember(env, compiled: Path, memo: Path, settings: list) -> None:
    """Let the templates of ``env``, which each build makes anew, look in ``memo`` before they fill in a page.

    The theme is compiled to ``compiled`` once. ``settings`` are those that stand beside the file of settings.
    """
    compiled.mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(compiled)

    class Template(env.template_class):
        def render(self, context):
            page = context["page"]
            fill = super().render
            if page is None:  # such as the sitemap, which is made of all pages
                return fill(context)
            return remembered(
                memo,
                name_of(page),
                [Path(context["config"].config_file_path)],
                lambda: fill(context),
                ("pages",),
                repr((self.name, settings, *_seen_by(page, context["nav"]))),
            )

    env.template_class = Template


def _seen_by(page, nav) -> tuple:
    """All of a page, and of its neighbours in the navigation, that a template can show."""
    own = page.url, page.title, page.meta, str(page.toc), page.edit_url, page.content
    return own, str(nav), [other.meta for other in nav.pages], os.environ.get("SOURCE_DATE_EPOCH")
