"""Points 10 and 43 to 53: line lengths, parts, encodings, sizes, and the same content in text and HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from digest.mail.lint.letter import BodyPart, ParsedMessage, parameter
from digest.mail.lint.point import LintCheck, NotVisible

_LARGEST = 500_000  # bytes of a letter
_LARGEST_PAGE = 100_000  # bytes of HTML; Gmail clips at about 102 kB
_LARGEST_STYLE = 16 * 1024
_LONG_LINE = 76


def _endings(letter: ParsedMessage) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n", letter.raw):
        yield "a line ends in LF alone"
    if re.search(rb"\r(?!\n)", letter.raw):
        yield "a CR stands alone"
    if letter.raw and not letter.raw.endswith(b"\n"):
        yield "the last line has no end"


def _order(letter: ParsedMessage) -> Iterator[str]:
    kinds = [part.kind for part in letter.parts if not part.is_attached]
    outer = [kind for kind, _ in letter.structure]
    attached = any(part.is_attached for part in letter.parts)
    if kinds == ["text/plain"] and outer in ([], ["multipart/mixed"]):
        return
    if kinds != ["text/plain", "text/html"]:
        yield f"its parts are {', '.join(kinds) or 'none'}, not text/plain and then text/html"
    wanted = ["multipart/mixed", "multipart/alternative"] if attached else ["multipart/alternative"]
    if outer != wanted:
        yield f"they lie in {', '.join(outer) or 'nothing'}, not in {', '.join(wanted)}"


def _boundary(letter: ParsedMessage) -> Iterator[str]:
    for kind, boundary in letter.structure:
        if not 1 <= len(boundary) <= 70:
            yield f"the boundary of {kind} has {len(boundary)} characters"
        if any(f"--{boundary}".encode() in part.content for part in letter.parts):
            yield f"the boundary of {kind} stands in a part"


def _texts(letter: ParsedMessage) -> list[BodyPart]:
    return [part for part in (letter.plain, letter.page) if part]


def _charset(letter: ParsedMessage) -> Iterator[str]:
    if not _texts(letter):
        yield "no text"
    for part in _texts(letter):
        if parameter(part.value("content-type"), "charset").lower() != "utf-8":
            yield f"{part.kind} does not say charset=utf-8"
        try:
            text = part.content.decode("utf-8")
        except UnicodeDecodeError:
            yield f"{part.kind} is no UTF-8"
            continue
        if not unicodedata.is_normalized("NFC", text):
            yield f"{part.kind} is not composed (NFC)"


def _encoding(letter: ParsedMessage) -> Iterator[str]:
    for part in _texts(letter):
        if part.value("content-transfer-encoding").lower() != "quoted-printable":
            yield f"{part.kind} is not quoted-printable"
            continue
        lines = re.split(rb"\r?\n", part.body)
        if (longest := max(map(len, lines))) > _LONG_LINE:
            yield f"{part.kind} has an encoded line of {longest}"
        if any(line.endswith((b" ", b"\t")) for line in lines):
            yield f"{part.kind} has a blank at the end of a line"
        if any(re.search(rb"=(?![0-9A-F]{2})", line[:-1] if line.endswith(b"=") else line) for line in lines):
            yield f"{part.kind} has a = that stands for nothing"
        if not part.body.isascii():
            yield f"{part.kind} has bytes beyond ASCII"


def _guarded(letter: ParsedMessage) -> Iterator[str]:
    for part in _texts(letter):
        lines = re.split(rb"\r?\n", part.body)
        if any(line.startswith(b"From ") for line in lines):
            yield f"{part.kind} has a line that begins with From"
        if any(line.startswith(b".") for line in lines):
            yield f"{part.kind} has a line that begins with a dot"


def _same(letter: ParsedMessage) -> Iterator[str]:
    if letter.plain is None:
        yield "no text part"
        return
    if letter.tree is None:
        raise NotVisible("no HTML part to compare with")
    text = "".join(letter.plain.text.split())
    for link in letter.links:
        if "".join(link.split()) not in text:
            yield f"the text part lacks {link[:60]}"
    missing = {url for url in letter.urls if url not in letter.links and not _is_shown(letter, url)}
    yield from (f"the page lacks {url[:60]}" for url in sorted(missing))
    for title in letter.tree.xpath("//h1|//h2|//h3"):
        words = "".join(title.text_content().split()).casefold()
        if words not in text.casefold():
            yield f"the text part lacks {' '.join(title.text_content().split())[:60]!r}"


def _is_shown(letter: ParsedMessage, url: str) -> bool:
    return letter.tree is not None and url in letter.tree.text_content()


def _wrapped(letter: ParsedMessage) -> Iterator[str]:
    if letter.plain is None:
        raise NotVisible("no text part")
    for line in letter.plain.text.split("\n"):
        longest = max(map(_length, line.split()), default=0) + len(line) - len(line.lstrip())
        if _length(line) > _LONG_LINE and longest < _LONG_LINE - 12:
            yield f"a line of {_length(line)} characters: {line.strip()[:40]!r}"


def _length(text: str) -> int:
    """The number of characters without combining marks."""
    return sum(not unicodedata.combining(character) for character in text)


def _attachments(letter: ParsedMessage) -> Iterator[str]:
    attached = [part for part in letter.parts if part.is_attached]
    if not attached:
        raise NotVisible("nothing is attached")
    for part in attached:
        value = part.value("content-disposition")
        plain, extended = parameter(value, "filename"), parameter(value, "filename*")
        if not plain and not extended:
            yield f"{part.kind} has no file name"
        if not plain.isascii() or (extended and not re.fullmatch(r"[\w-]+'[\w-]*'[!-~]+", extended)):
            yield f"{part.kind} has a file name that is not in the form of RFC 2231"
        if extended and not plain:
            yield f"{part.kind} has no plain file name beside the extended one"


def _remote(letter: ParsedMessage) -> Iterator[str]:
    if letter.tree is None:
        raise NotVisible("no HTML part")
    for name in letter.tree.xpath("//img/@src|//*/@background|//link/@href|//iframe/@src|//video/@src|//audio/@src"):
        if str(name).startswith("data:"):
            yield "a data: address, which many programs drop"
        elif not str(name).startswith("cid:"):
            yield f"it wants {str(name)[:60]}"
    styles = " ".join([*letter.tree.xpath("//style/text()"), *letter.tree.xpath("//@style")])
    if re.search(r"url\(|@import", styles):
        yield "a style wants something from elsewhere"


def _sizes(letter: ParsedMessage) -> Iterator[str]:
    if len(letter.raw) >= _LARGEST:
        yield f"the letter has {len(letter.raw):,} bytes"
    if letter.page and len(letter.page.content) >= _LARGEST_PAGE:
        yield f"the HTML has {len(letter.page.content):,} bytes: Gmail clips it"


def _styles(letter: ParsedMessage) -> Iterator[str]:
    if letter.tree is None:
        raise NotVisible("no HTML part")
    styles = [str(style) for style in letter.tree.xpath("//style/text()")]
    if (size := sum(map(len, styles))) >= _LARGEST_STYLE:
        yield f"the style elements have {size:,} characters"
    for style in styles:
        depth = 0
        for sign in re.findall(r"[{}@]", style):
            depth += {"{": 1, "}": -1}.get(sign, 0)
            if sign == "@" and depth:
                yield "an @ inside of an @ rule: Gmail drops the whole element"


POINTS = (
    LintCheck(10, "lines end in CRLF, all of them", _endings),
    LintCheck(43, "the text first, then the page", _order),
    LintCheck(44, "a boundary that no part holds", _boundary),
    LintCheck(45, "UTF-8, composed", _charset),
    LintCheck(46, "quoted-printable lines of at most 76", _encoding),
    LintCheck(47, "no line that begins with From or a dot", _guarded),
    LintCheck(48, "both parts say the same", _same),
    LintCheck(49, "the text is wrapped, its links whole", _wrapped),
    LintCheck(50, "attachments have names that all can read", _attachments),
    LintCheck(51, "nothing from elsewhere is needed", _remote),
    LintCheck(52, "below 500 kB, the page below 100,000 bytes", _sizes),
    LintCheck(53, "a small style element without nested @ rules", _styles),
)
