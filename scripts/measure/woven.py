"""A hook that writes down what MkDocs is given to render: plain Markdown, and every file that stands beside it.

``measure.builders`` adds it to a copy of the sources; any builder that knows Markdown can take it from there.
"""

import re
from pathlib import Path

import yaml

WOVEN = "woven"
LAB = re.compile(r"(?<!docs/)\b(labs/\w+)\.py\b")  # a page is Markdown, whatever it was made of


def on_page_markdown(markdown, page, config, files):
    written = _place(config, Path(page.file.src_uri).with_suffix(".md"))
    text = f"---\n{yaml.safe_dump(dict(page.meta))}---\n\n{markdown}"
    written.write_text(LAB.sub(r"\1.md", text), encoding="utf-8")


def on_env(env, config, files):
    for file in files:
        of_the_theme = any(Path(file.abs_src_path).is_relative_to(folder) for folder in config.theme.dirs)
        if not (file.is_documentation_page() or file.inclusion.is_excluded() or of_the_theme):
            _place(config, file.src_uri).write_bytes(Path(file.abs_src_path).read_bytes())


def _place(config, name) -> Path:
    place = Path(config.config_file_path).parent / WOVEN / name
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
