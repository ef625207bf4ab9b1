"""Points 55 to 72: HTML and CSS that mail programs support, and accessibility."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from lxml import html

from digest.mail.lint.head import uris
from digest.mail.lint.letter import ParsedMessage
from digest.mail.lint.point import LintCheck, NotVisible

_ELEMENTS = frozenset(
    "html head meta title style body div span p a b i em strong u s sub sup br hr h1 h2 h3 h4 table caption thead "
    "tbody tfoot tr td th ul ol li img blockquote pre code small center".split()
)
_SIDES = ("", "-top", "-right", "-bottom", "-left")
_PROPERTIES = frozenset(
    [
        *"background background-color border-collapse border-radius border-spacing clear color color-scheme".split(),
        *"direction display font font-family font-size font-style font-weight height letter-spacing".split(),
        *"line-height list-style list-style-type max-width min-width mso-line-height-rule outline".split(),
        *"mso-table-lspace mso-table-rspace".split(),
        *"overflow-wrap supported-color-schemes table-layout text-align text-decoration text-decoration-color".split(),
        *"text-indent text-transform unicode-bidi vertical-align white-space width word-break word-wrap".split(),
        *"-webkit-text-size-adjust -ms-text-size-adjust text-size-adjust".split(),
        *(f"{name}{side}" for name in ("margin", "padding", "border") for side in _SIDES),
        *(f"border{side}-{what}" for side in _SIDES for what in ("color", "style", "width")),
    ]
)
"""CSS properties that most mail programs support (https://www.caniemail.com); no flex, grid, position or float."""

_SHORTENERS = frozenset("bit.ly t.co goo.gl tinyurl.com ow.ly is.gd buff.ly cutt.ly rebrand.ly lnkd.in".split())
_EMPTY_WORDS = frozenset({"", "here", "click here", "click", "link", "read more", "more", "this"})
_PURE = re.compile(r"#(?:000(?:000)?|fff(?:fff)?)\b|\b(?:black|white)\b", re.IGNORECASE)
_DECLARATION = re.compile(r"(?:^|[;{])\s*([a-z-]+)\s*:\s*([^;}]*)", re.IGNORECASE)
_LONGEST_FIRST = 90


def _tree(letter: ParsedMessage) -> html.HtmlElement:
    if letter.tree is None:
        raise NotVisible("no HTML part")
    return letter.tree


def _document(letter: ParsedMessage) -> Iterator[str]:
    tree = _tree(letter)
    text = letter.page.text if letter.page else ""
    if not re.match(r"\s*<!doctype html>", text, re.IGNORECASE):
        yield "no <!DOCTYPE html>"
    for name in ("lang", "dir"):
        if not tree.get(name):
            yield f"<html> has no {name}"
    if not re.search(r"<html[^>]*\sxmlns=", text, re.IGNORECASE):
        yield "<html> has no xmlns"
    if not tree.xpath("//meta[@charset]"):
        yield "no <meta charset>"
    if not "".join(tree.xpath("//head/title//text()")).strip():
        yield "no title"
    if not tree.xpath("//meta[@name='viewport']"):
        yield "no viewport"


def _tables(letter: ParsedMessage) -> Iterator[str]:
    for table in _tree(letter).xpath("//table"):
        is_data = bool(table.xpath("./caption|./*/tr/th|./tr/th"))
        if (table.get("role") == "presentation") == is_data:
            yield "a table of data has role=presentation" if is_data else "a table for layout lacks role=presentation"


def _wrapper(letter: ParsedMessage) -> Iterator[str]:
    first = next(iter(_tree(letter).xpath("//body/*[not(self::style)]")), None)
    for name in ("lang", "dir"):
        if first is None or not first.get(name):
            yield f"the first element of the body has no {name}"


def _headings(letter: ParsedMessage) -> Iterator[str]:
    tree = _tree(letter)
    if (count := len(tree.xpath("//h1"))) != 1:
        yield f"{count} h1"
    levels = [int(heading.tag[1]) for heading in tree.xpath("//h1|//h2|//h3|//h4")]
    if any(after > before + 1 for before, after in pairwise(levels)):
        yield "a level of headings is left out"
    if not tree.xpath("//p"):
        yield "no paragraph"


def _images(letter: ParsedMessage) -> Iterator[str]:
    images = _tree(letter).xpath("//img")
    for image in images:
        for name in ("alt", "width", "height"):
            if image.get(name) is None:
                yield f"an image has no {name}"
        if "display:block" not in (image.get("style") or "").replace(" ", ""):
            yield "an image is not display: block"


def _links(letter: ParsedMessage) -> Iterator[str]:
    for link in _tree(letter).xpath("//a[@href]"):
        words = " ".join(link.text_content().split())
        if words.casefold() in _EMPTY_WORDS and not link.xpath(".//img[@alt != '']"):
            yield f"a link says {words!r}"


def _schemes(letter: ParsedMessage) -> Iterator[str]:
    tree = _tree(letter)
    meta = tree.xpath("//meta[@name='color-scheme']/@content")
    styles = " ".join(tree.xpath("//style/text()"))
    if not meta or not {"light", "dark"} <= set(str(meta[0]).split()):
        yield "no <meta name=color-scheme content='light dark'>"
    if "color-scheme" not in styles:
        yield "no color-scheme in the style"
    for style in (styles, *tree.xpath("//@style")):
        if any(
            _PURE.search(value)
            for name, value in _DECLARATION.findall(str(style))
            if "color" in name or name == "background"
        ):
            yield "pure black or pure white"


def _bare(letter: ParsedMessage) -> Iterator[str]:
    tree = _tree(letter)
    if not tree.xpath("//body//*[@style]"):
        yield "nothing is styled but by the style element, which some programs drop"
    if re.search(r"content\s*:\s*[\"']", " ".join(tree.xpath("//style/text()"))):
        yield "words stand in the style element"
    for element in tree.xpath("//body//*[@style]"):
        hides = re.search(
            r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px)?\s*(?:;|$)", element.get("style")
        )
        if hides and element.text_content().strip():
            yield "something is hidden, which looks like spam"


def _allowed(letter: ParsedMessage) -> Iterator[str]:
    tree = _tree(letter)
    sheets = [re.sub(r"/\*.*?\*/", "", str(style), flags=re.S) for style in tree.xpath("//style/text()")]
    names = {
        name.lower()
        for style in (*sheets, *map(str, tree.xpath("//@style")))
        for name, _ in _DECLARATION.findall(style)
    }
    for name in sorted(names - _PROPERTIES):
        yield f"the property {name}"
    if any(
        re.search(r"display\s*:\s*(?:flex|grid|inline-flex)", style)
        for style in (*sheets, *map(str, tree.xpath("//@style")))
    ):
        yield "flex or grid"


def _harmless(letter: ParsedMessage) -> Iterator[str]:
    tree = _tree(letter)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag.lower() not in _ELEMENTS:
            yield f"<{element.tag}>"
        for name, value in element.attrib.items():
            if str(name).lower().startswith("on"):
                yield f"the handler {name}"
            if re.match(r"\s*(?:javascript|vbscript|data):", str(value), re.IGNORECASE):
                yield f"an address that runs: {str(value).split(':')[0]}:"


def _addresses(letter: ParsedMessage) -> Iterator[str]:
    for link in _tree(letter).xpath("//a[@href]"):
        url = str(link.get("href"))
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").casefold()
        except ValueError:
            yield f"{url[:60]} is no address"
            continue
        if parts.scheme not in ("https", "mailto"):
            yield f"{url[:60]} is not https"
        if not re.fullmatch(r"[!#-;=?-Z\[\]_a-z~]+", url):
            yield f"{url[:60]} is not percent-encoded"
        if host.removeprefix("www.") in _SHORTENERS:
            yield f"{host} hides where it leads"
        shown = " ".join(link.text_content().split())
        told = re.match(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:/|$)", shown) if parts.scheme == "https" else None
        if told and told[1].casefold().removeprefix("www.") != host.removeprefix("www."):
            yield f"it says {told[1]} and leads to {host}"


def _first(letter: ParsedMessage) -> Iterator[str]:
    body = next(iter(_tree(letter).xpath("//body")), None)
    words = [] if body is None else [text for text in body.itertext() if text.strip()]
    if not words:
        yield "no words"
    elif len(" ".join(words[0].split())) > _LONGEST_FIRST:
        yield f"the first line has {len(' '.join(words[0].split()))} characters"


def _footer(letter: ParsedMessage) -> Iterator[str]:
    leave = uris(letter, "List-Unsubscribe")
    text = letter.plain.text if letter.plain else ""
    if not leave:
        yield "no way to leave"
        return
    if not any(uri in text for uri in leave):
        yield "the text part has no way to leave"
    if letter.tree is not None and not set(leave) & set(letter.links):
        yield "the page has no way to leave"


def _pixels(letter: ParsedMessage) -> Iterator[str]:
    for image in _tree(letter).xpath("//img"):
        if image.get("width") in ("0", "1") or image.get("height") in ("0", "1"):
            yield "an image of one pixel"


def _directions(letter: ParsedMessage) -> Iterator[str]:
    for title in _tree(letter).xpath("//h2|//h3"):
        if title.get("dir") not in ("auto", "ltr", "rtl"):
            yield f"{' '.join(title.text_content().split())[:40]!r} has no dir"


POINTS = (
    LintCheck(55, "a whole document", _document),
    LintCheck(56, "tables for layout say so", _tables),
    LintCheck(57, "language and direction on a wrapper too", _wrapper),
    LintCheck(58, "one h1, headings in order, real paragraphs", _headings),
    LintCheck(59, "images with alt and size", _images),
    LintCheck(60, "links that say where they lead", _links),
    LintCheck(62, "made for light and dark", _schemes),
    LintCheck(63, "whole without the style element", _bare),
    LintCheck(64, "properties that mail programs heed", _allowed),
    LintCheck(66, "nothing that runs", _harmless),
    LintCheck(68, "https, percent-encoded, not shortened", _addresses),
    LintCheck(69, "a first line that sums up", _first),
    LintCheck(70, "a footer with the way out", _footer),
    LintCheck(71, "no pixel that watches", _pixels),
    LintCheck(72, "titles of any direction", _directions),
)
