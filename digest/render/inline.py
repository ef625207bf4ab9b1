"""A stylesheet written into the style attributes of a template, once, before anything is rendered.

premailer reads HTML, and a template is none: `href="{{ url }}"` would become `%7B%7B`, a `<` in an expression `&lt;`.
So every tag of Jinja is swapped for a word of letters and digits, the stylesheet is inlined, and the tags come back.
It holds where tags stand in text or are whole attribute values, never within `class`, and each file's elements close.
"""

from __future__ import annotations

import re
from logging import CRITICAL

_TAG = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
_TOKEN = re.compile(r"zq(\d+)qz")
_START, _END = "zqstartqz", "zqendqz"
_STYLE = re.compile(r"style=(?:\"[^\"]*\"|'[^']*')")
_DOCUMENT = re.compile(r"<html[\s>]", re.I)


def inlined(template: str, stylesheet: str) -> str:
    """The source of a template, a whole page or a fragment, with the rules of the stylesheet as style attributes."""
    # takes a third of a second to import: only who makes letters waits
    from premailer import Premailer  # type: ignore[import-untyped]

    tags: list[str] = []
    html = _TAG.sub(lambda tag: _swap(tag[0], tags), template)
    fragment = not _DOCUMENT.search(html)
    page = Premailer(
        f"<html><body>{_START}{html}{_END}</body></html>" if fragment else html,
        css_text=stylesheet,
        strip_important=False,
        disable_validation=True,
        disable_leftover_css=True,
        disable_basic_attributes=["align", "valign", "bgcolor", "width", "height"],  # a span has no bgcolor
        allow_network=False,
        cssutils_logging_level=CRITICAL,
    ).transform(pretty_print=False)
    if fragment:
        page = page.partition(_START)[2].partition(_END)[0]
    page = _STYLE.sub(lambda style: style[0].replace("; ", ";").replace(", ", ","), page)  # each blank counts
    return _TOKEN.sub(lambda token: tags[int(token[1])], page)


def _swap(tag: str, tags: list[str]) -> str:
    tags.append(tag)
    return f"zq{len(tags) - 1}qz"
