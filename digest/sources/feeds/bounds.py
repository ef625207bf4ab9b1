"""Bounds of a feed: what feedparser gets of a document, so that no document of 10 MB costs more than a second.

feedparser compares each category of an entry with all before it, looks for an address of mail in each word of an
author, and tries a dozen formats on each date; its tolerant parser takes what is not well-formed apart piece by piece.
So the markup is read here first, in one pass: elements that repeat beyond any use, long texts and attributes are left
out. What is kept is charged by what reading it costs; where that is too much, the entries before are read, or none.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from digest.text.lengths import CATEGORIES, RAW_BLOCK

BUDGET: Final = 10_000_000
"""What reading a feed may cost, in units of some 0.1 µs. An entry of arXiv's feeds costs some 9,000."""

_ENTRY, _TAG, _CATEGORY, _DATE, _PERSON, _PROSE_TAG = 1_500, 80, 600, 1_000, 900, 250  # units of an element
_SIGN = 60  # units of a sign that begins markup or TeX
_LETTER = {
    "prose": 1,
    "title": 5,
    "people": 20,
    "words": 40,
    "": 5,
}  # units of a code point, by kind

_MOST_MARKUP = 150_000  # tags, comments and the like that are looked at
_MOST_PIECES = 50_000  # tags and references of a document that is not well-formed
_MOST_DEEP = 250
_MOST_ALIKE = 100  # elements of one name in an entry
_MOST_PEOPLE = 10_000
_MOST_NAMESPACES = 100
_MOST_ATTRIBUTES = 64  # of an element
_LONGEST_VALUE = 2_000  # code points of an attribute
_LONGEST_BASE = 200  # of xml:base, which feedparser takes apart anew for each element
_LONGEST_FIELD = 8_000  # of an element that is neither prose nor a list of names
_LONGEST_DATE = 100
_LONGEST_WORDS = 200  # of keywords in one element, each of which becomes a category

_PROSE = frozenset("description summary content encoded abstract body fullitem".split())
_PEOPLE = frozenset(
    "author creator contributor managingeditor webmaster publisher owner "
    "name email uri url homepage affiliation".split()
)
_DATES = frozenset("published issued pubdate updated modified lastbuilddate created date expirationdate valid".split())
_CATEGORIES = frozenset(("category", "subject"))
_COSTS = dict.fromkeys(_PEOPLE, _PERSON) | dict.fromkeys(_DATES, _DATE) | dict.fromkeys(_CATEGORIES, _CATEGORY)
_ENTRIES = ("item", "entry")
_VOID = frozenset("area br col embed hr img input meta param source track wbr".split())  # in prose without an end tag

_MARKUP = re.compile(
    r"""<(?:(?P<end>/)?(?P<name>[^\W\d][\w:.-]{0,100})(?P<attributes>(?:[^<>"'\w:.-](?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)?)>
    | (?P<cdata>!\[CDATA\[) | (?P<comment>!--) | (?P<doctype>!DOCTYPE) | (?P<other>[?!]))""",
    re.VERBOSE | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([^\s=<>"'/]+)\s*+=\s*+("[^"<]*+"|'[^'<]*+'|[^\s<>"']++)""")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[<>]{0,500}(?:\[[^\[\]]{0,5000}\]\s{0,100})?>", re.IGNORECASE)
_LONG_ENTITY = re.compile(r"<!ENTITY[^<>]{100,}>", re.IGNORECASE)
_SIGNS = re.compile(r"[&<\\{$]")
_LONG_WORD = re.compile(r"(?<![^\s<>,;])[^\s<>,;]{64,}+")
_TORN = re.compile(r"&[#\w]{0,20}$")
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (b"\0<\0?", "utf-16-be"),
    (b"<\0?\0", "utf-16-le"),
)
_LINEAR_CODECS = re.compile(
    r"utf-(?:8|16|32)(?:-[bl]e)?|ascii|latin_?1|iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|big5\w*|gb\w+|euc_\w+|shift_jis\w*"
)


def decoded(body: bytes, content_type: str) -> str:
    """The text of a document, by its byte order mark, else as its server or its own declaration says, else a guess.

    Codecs that are no encodings of documents (punycode, UTF-7, …), some of which are quadratic, are not used.
    """
    marked = [name for mark, name in _BYTE_ORDER_MARKS if body.startswith(mark)]
    served = [found[1] for found in _CHARSET.finditer(content_type[:1000])]
    declared = [found[1].decode() for found in (_DECLARED.match(body[:1000]),) if found]
    for name in (*marked[:1], *served[:1], *declared, "utf-8", "windows-1252"):
        try:
            codec = codecs.lookup("gb18030" if name.lower() == "gb2312" else name).name
            if _LINEAR_CODECS.fullmatch(codec):
                return body.decode(codec).removeprefix("\ufeff")
        except (LookupError, ValueError):
            continue
    return body.decode("latin-1")


def bounded(document: str) -> tuple[str, int | None]:
    """(what feedparser gets, without an XML declaration; how many entries that are, if not all). Raises ValueError."""
    reader = _MarkupReader(document)
    shortened = reader.read()
    found = "".join(reader.kept)
    pieces = found.count("&") + found.count("<")
    if pieces > _MOST_PIECES and not _is_well_formed(found):
        raise ValueError(f"not well-formed, with more than {_MOST_PIECES:,} tags and references")
    return found, reader.entries if shortened else None


class _BudgetSpentError(Exception):
    """What is read of a document costs too much."""


def _is_well_formed(document: str) -> bool:
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(document.encode("utf-8", "replace"), True)
    except expat.ExpatError:
        return False
    return True


@dataclass(slots=True)
class _Open:
    """An open element: its name, what of its text may still be kept, and the class of that text."""

    written: str
    name: str
    left: list[int]  # code points, shared with the elements within prose
    kind: str  # a key of _LETTER


@dataclass(slots=True)
class _MarkupReader:
    """Reads the markup of a document once, from left to right, and keeps what is within the bounds."""

    document: str
    kept: list[str] = field(default_factory=list)
    entries: int = 0  # that are kept
    _open: list[_Open] = field(default_factory=list)
    _names: Counter[str] = field(default_factory=Counter)  # of the open elements
    _alike: Counter[str] = field(default_factory=Counter)  # elements of the entry by name
    _of_feed: Counter[str] = field(default_factory=Counter)  # the same outside of entries
    _namespaces: set[str] = field(default_factory=set)
    _spent: int = 0
    _entry: tuple[int, int] | None = None  # where the last entry begins: in `kept`, and in the open elements
    _left_out: tuple[str, int] | None = None  # name of the element that is left out, and how many are open in it

    def read(self) -> bool:
        """Reads the document; True if it ends before an entry that is too dear, False if it is whole."""
        at, looked = 0, 0
        try:
            while (begin := self.document.find("<", at)) >= 0:
                looked += 1
                if looked > _MOST_MARKUP:
                    raise _BudgetSpentError
                self._text(self.document[at:begin])
                at = self._markup(begin)
            self._text(self.document[at:])
        except _BudgetSpentError:
            if self._entry is None or self.entries < 2:
                raise ValueError("more markup and text than a feed can have") from None
            self._shorten(*self._entry)
            return True
        return False

    def _charge(self, units: int) -> None:
        self._spent += units
        if self._spent > BUDGET:
            raise _BudgetSpentError

    def _markup(self, begin: int) -> int:
        """Reads a piece of markup; returns its end."""
        found = _MARKUP.match(self.document, begin)
        if found is None:
            self._text("<")
            return begin + 1
        if found["name"]:
            if found["end"]:
                self._end(found["name"])
            else:
                self._start(found["name"], found["attributes"])
            return found.end()
        if found["cdata"]:
            return self._marked(found.end())
        if found["doctype"]:
            return self._doctype(begin)
        return self._past("-->" if found["comment"] else ">", found.end())

    def _past(self, sign: str, begin: int) -> int:
        end = self.document.find(sign, begin)
        return len(self.document) if end < 0 else end + len(sign)

    def _marked(self, begin: int) -> int:
        end = self.document.find("]]>", begin)
        end = len(self.document) if end < 0 else end
        if kept := self._within(self.document[begin:end]):
            self.kept.append(f"<![CDATA[{kept}]]>")
        return end + 3

    def _doctype(self, begin: int) -> int:
        found = _DOCTYPE.match(self.document, begin)
        if found is None:
            return self._past(">", begin)
        if not self._open:
            self.kept.append(_LONG_ENTITY.sub("", found[0]))
        return found.end()

    def _text(self, text: str) -> None:
        if not self._open:
            text = " ".join(text[:1000].split())
            self.kept.append(f"{text}\n" if text else "")
        elif kept := self._within(text):
            self.kept.append(kept)

    def _within(self, text: str) -> str:
        """The part of a text that its element may still have."""
        if self._left_out or not text or not self._open:
            return ""
        inner = self._open[-1]
        if len(text) > inner.left[0]:
            text = _TORN.sub("", text[: inner.left[0]])
            inner.left[0] = 0
        else:
            inner.left[0] -= len(text)
        if inner.kind == "people" and len(text) >= 64:
            text = _LONG_WORD.sub(lambda word: word[0][:64], text)
        self._charge(_LETTER[inner.kind] * len(text) + _SIGN * len(_SIGNS.findall(text)))
        return text

    def _start(self, written: str, attributes: str) -> None:
        name, empty = written.rpartition(":")[2].lower(), attributes.endswith("/")
        outer = self._open[-1] if self._open else None
        in_prose = outer is not None and outer.kind in ("prose", "title")
        if name in _ENTRIES and not in_prose:
            self._left_out = None
            self._alike.clear()
            self.entries += 1
            self._entry = len(self.kept), len(self._open)
            self._charge(_ENTRY)
        elif self._left_out:
            if name == self._left_out[0] and not empty:
                self._left_out = name, self._left_out[1] + 1
            return
        elif not in_prose and self._too_many(name):
            self._left_out = None if empty else (name, 1)
            return
        cost = _PROSE_TAG if in_prose else _COSTS.get(name, _TAG)
        self._charge(cost + _SIGN * attributes.count("="))
        if len(self._open) >= _MOST_DEEP:
            raise ValueError(f"elements more than {_MOST_DEEP} deep")
        self.kept.append(f"<{written}{self._fewer(attributes)}>")
        if not (empty or (in_prose and name in _VOID)):
            self._open.append(self._opened(written, name, outer))
            self._names[name] += 1

    def _opened(self, written: str, name: str, outer: _Open | None) -> _Open:
        if outer and outer.kind in ("prose", "title"):
            return _Open(written, name, outer.left, outer.kind)
        if name in _PROSE:
            return _Open(written, name, [RAW_BLOCK], "prose")
        if name in _PEOPLE:
            return _Open(written, name, [RAW_BLOCK], "people")
        if name in ("keywords", "tags"):
            return _Open(written, name, [_LONGEST_WORDS], "words")
        longest = _LONGEST_DATE if name in _DATES else _LONGEST_FIELD
        return _Open(written, name, [longest], "title" if name == "title" else "")

    def _too_many(self, name: str) -> bool:
        """Counts an element; whether its entry has too many of its name."""
        within = self._alike if any(each.name in _ENTRIES for each in self._open[:4]) else self._of_feed
        within[name] += 1
        most = 1 if name in ("keywords", "tags") else CATEGORIES if name in _CATEGORIES else _MOST_ALIKE
        return within[name] > (_MOST_PEOPLE if name in _PEOPLE else most)

    def _fewer(self, attributes: str) -> str:
        """The attributes without long ones, and not more than an element can need."""
        if len(attributes) <= _LONGEST_BASE and "xmlns" not in attributes:
            return attributes
        kept: list[str] = []
        for found in _ATTRIBUTE.finditer(attributes):
            name, value = found[1], found[2]
            longest = _LONGEST_BASE if name.lower() in ("xml:base", "base") else _LONGEST_VALUE
            if len(value) <= longest and len(kept) < _MOST_ATTRIBUTES:
                kept.append(f" {found[0]}")
                self._namespaces.update((name,) if name.startswith("xmlns") else ())
        if len(self._namespaces) > _MOST_NAMESPACES:
            raise ValueError(f"a document with more than {_MOST_NAMESPACES} namespaces")
        return "".join(kept) + ("/" if attributes.endswith("/") else "")

    def _end(self, written: str) -> None:
        name = written.rpartition(":")[2].lower()
        if self._left_out and name not in _ENTRIES:
            if name == self._left_out[0]:
                self._left_out = (name, self._left_out[1] - 1) if self._left_out[1] > 1 else None
            return
        self._left_out = None
        self.kept.append(f"</{written}>")
        while self._names[name]:
            closed = self._open.pop().name
            self._names[closed] -= 1
            if closed == name:
                break

    def _shorten(self, kept: int, depth: int) -> None:
        """Ends the document before its last entry."""
        self.entries -= 1
        del self.kept[kept:]
        self.kept += (f"</{each.written}>" for each in reversed(self._open[:depth]))
