"""Change what the theme's scripts do where it costs or misleads a reader."""

import re
import shutil
from pathlib import Path

from weave.source import SiteError

BUNDLE, SEARCH = "bundle.*.min.js", "workers/search.*.min.js"

# Over a network the theme loads the index at once, from disk (``file:``) when the search is first opened.
AT_ONCE = re.compile(r'\$\(location\.protocol!=="file:"\)')
WHEN_OPENED = "$(!1)"

# So that two pages share what they link to, the theme gives each link its whole address, which loads a style sheet
# anew. The place that a style sheet was loaded from serves as well.
WHOLE_ADDRESS = re.compile(
    r'\.set\((\w)\.outerHTML,\1\)(;return \w\}function \w+\(\w\)\{for\(let \w of \w+\("\[href\])'
)
PLACE = r'.set(\1.rel==="stylesheet"?(\1.sheet||\1).href:\1.outerHTML,\1)\2:not([rel=stylesheet])'

# At its start it marks the page as one that changes its colours, and declares their scheme in a tag: each of both makes
# a browser find the style of every element anew. The mark is needed where colours change, and the tag nowhere, for a
# style sheet says it.
SWITCHING = re.compile(r'(\w)=>\{if\((document\.body\.)setAttribute\("data-md-color-switching",""\)')
IF_IT_CHANGES = (
    r'\1=>{if(\2getAttribute("data-md-color-scheme")!==\1.color.scheme&&'
    r'\2setAttribute("data-md-color-switching","")'
)
TAG = re.compile(r'(\w+\("meta",\{name:"color-scheme"\}\));document\.head\.appendChild\(\w\)')

# All that it starts, it starts in one task, in which a phone answers nobody. Now what follows links and what brings the
# parts of the page to life are tasks of their own; until then a link is one, and a part what it is without scripts.
LINKS = re.compile(r'(\("navigation\.instant"\)&&)([^;]+\.subscribe\(\w+\));')
ALL = re.compile(r"\b(\w+\.subscribe\(\));(?=window\.document\$=)")

# The theme takes each word for the beginning of one: *is* finds *isotropic*, and 0 finds every 0.12.
BEGINNING = re.compile(r"/\(\^\[\+-\]\|\[~\^\]\\d\+\$\)/\.test\((\w)\)")
WHOLE = r"(/(^[+-]|[~^]\\d+$|^.$|^[\\d.]+$)/.test(\1)||!lunr.stopWordFilter(\1))"

# It takes what stands before a colon for the name of a field, and drops the word if a space follows: *loss: nan*.
FIELD = re.compile(r'/"\|\(\?:\^\|\\s\+\)\[')
WORD = r'/"|:(?=\\s|$)|(?:^|\\s+)['


def change_theme(site: Path) -> None:
    """Change the theme's scripts: the search index waits until the search is opened, a letter, a number and a word
    such as *is* stand for themselves, a word before a colon is looked for, no style sheet is loaded twice, and what
    the theme starts with holds nobody up.

    Raises SiteError if the theme's scripts are no longer as they were.
    """
    scripts = site / "assets/javascripts"
    _change(scripts, BUNDLE, AT_ONCE, WHEN_OPENED)
    _change(scripts, BUNDLE, WHOLE_ADDRESS, PLACE)
    _change(scripts, BUNDLE, SWITCHING, IF_IT_CHANGES)
    _change(scripts, BUNDLE, TAG, r"\1")
    _change(scripts, BUNDLE, LINKS, r"\1setTimeout(()=>\2);")
    _change(scripts, BUNDLE, ALL, r"setTimeout(()=>\1);")
    _change(scripts, SEARCH, BEGINNING, WHOLE)
    _change(scripts, SEARCH, FIELD, WORD)
    shutil.rmtree(
        scripts / "lunr", ignore_errors=True
    )  # the search in languages that the site is not written in


def _change(scripts: Path, name: str, old: re.Pattern, new: str) -> None:
    for script in scripts.glob(name):
        text, changes = old.subn(new, script.read_text(encoding="utf-8"))
        if changes != 1:
            problem = f"{script.name} no longer has {old.pattern}."
            raise SiteError(
                f"{problem}\n  Cure: look for its place, or leave it out of scripts/publish/theme_scripts.py."
            )
        script.write_text(text, encoding="utf-8")
