"""The lexer of the rule language: text to lexemes with positions; QueryError and Hint with a correction."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from digest.errors import ConfigError

LexemeKind = Literal[
    "word", "phrase", "exact", "range", "field", "(", ")", "and", "or", "not", "andnot", "near", "skip", "end"
]

FIELDS: dict[str, str] = {
    **dict.fromkeys(("ti", "title", "intitle"), "ti"),
    **dict.fromkeys(("abs", "abstract"), "abs"),
    "tiab": "tiab",
    **dict.fromkeys(("au", "author"), "au"),
    **dict.fromkeys(("cat", "category"), "cat"),
    "pcat": "pcat",
    **dict.fromkeys(("co", "comment"), "co"),
    **dict.fromkeys(("jr", "journal", "venue"), "jr"),
    **dict.fromkeys(("id", "arxiv"), "id"),
    "doi": "doi",
    "pmid": "pmid",
    "orcid": "orcid",
    "all": "all",
    **dict.fromkeys(("date", "submitteddate"), "date"),
    "updated": "updated",
    "src": "src",
    "has": "has",
}
"""Field prefixes as typed, and their canonical names. A new field starts here."""

VALUE_FIELDS = ("cat", "pcat", "id", "doi", "pmid", "orcid", "src", "has")
"""Fields with a value up to the next space."""

_UNIFIED = str.maketrans("“”„‟«»‐‑‒–−—―", '""""""-----  ') | {0xFEE0 + sign: sign for sign in range(0x21, 0x7F)}
_OPERATORS: dict[str, LexemeKind] = {
    "AND": "and",
    "&&": "and",
    "OR": "or",
    "|": "or",
    "||": "or",
    "NOT": "not",
    "ANDNOT": "andnot",
}
_NEAR = re.compile(r"(NEAR|W|PRE)/(\d{1,4})|NEAR")
_FIELD = re.compile(r"([A-Za-z][A-Za-z_]*):(?!:)")
_WORD = re.compile(r"(?:\\.|[^\s\"()|&\\]|&(?!&))+")
_WITHIN = re.compile(r"~(\d{1,4})(?!\d)")
_NOT_OURS = re.compile(
    r"(?P<tag>.*\[[^\]]*\]?.*)|(?P<fuzzy>.+~\d*)|(?P<near>(?:NEAR|ONEAR|W|PRE|ADJ)/.*)|(?P<small>(?i:near|w|pre)/\d+)"
)


class QueryError(ConfigError):
    """An invalid query: position, reason and correction."""

    def __init__(self, text: str, position: int, what: str, mend: str) -> None:
        self.text, self.position, self.what, self.mend = text, min(position, len(text)), what, mend
        begin = max(0, self.position - 60)
        line = _visible(text)
        caret = f"  {line[begin : begin + 100]}\n  {' ' * _columns(line[begin : self.position])}^"
        super().__init__(_visible(f"{what}: {mend}" if mend else what) + "\n" + caret)


def _visible(text: str) -> str:
    """The text with a space for each unprintable character, so that the caret points at the right column."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _columns(text: str) -> int:
    """The width of the text in terminal columns."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return len(text) + wide - sum(unicodedata.combining(sign) > 0 for sign in text)


@dataclass(frozen=True, slots=True)
class Hint:
    """A warning: valid, but often not what was meant."""

    position: int  # of the code point in the text
    what: str


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One operator, bracket, field prefix or word. `text` is without quotes and braces, `typed` the source text."""

    kind: LexemeKind
    position: int
    typed: str
    text: str = ""
    number: int | None = None  # words between, of ~n and NEAR/n
    glued: bool = False  # no space before it


class Lexer:
    """Splits one text into lexemes; collects `hints`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = text.translate(_UNIFIED)
        self.hints: list[Hint] = []
        self._value = False  # the next lexeme is the value of cat:, doi: …
        self._groups: list[bool] = []  # per open bracket: whether it encloses such values

    def fail(self, position: int, what: str, mend: str = "") -> QueryError:
        return QueryError(self.text, position, what, mend)

    def read(self) -> list[Lexeme]:
        lexemes, at = [], 0
        while at < len(self.plain):
            if self.plain[at].isspace():
                at += 1
                continue
            for lexeme in self._next(at):
                lexemes.append(lexeme)
                at = lexeme.position + len(lexeme.typed)
        return [*lexemes, Lexeme("end", len(self.text), "")]

    def _next(self, at: int) -> Iterator[Lexeme]:
        glued = at > 0 and not self.plain[at - 1].isspace() and self.plain[at - 1] not in "():-!+|&"
        sign = self.plain[at]
        if (self._value or (self._groups and self._groups[-1])) and sign not in '()"-!+|&':
            yield self._value_or_word(at, glued)
        elif sign == "(":
            self._groups.append(self._value or bool(self._groups and self._groups[-1]))
            self._value = False
            yield Lexeme("(", at, self.text[at], glued=glued)
        elif sign == ")":
            del self._groups[-1:]
            self._value = False
            yield Lexeme(")", at, self.text[at])
        elif sign == '"':
            self._value = False
            yield self._phrase(at, glued)
        elif sign == "{":
            yield self._braces(at)
        elif sign == "|" or self.plain.startswith("&&", at):
            typed = sign * 2 if self.plain.startswith(sign * 2, at) else sign
            yield Lexeme(_OPERATORS[typed], at, typed)
        elif sign in "-!+":
            yield self._sign(at)
        else:
            yield self._word(at, glued)

    def _value_or_word(self, at: int, glued: bool) -> Lexeme:
        """The value of cat:, doi: …, up to the next space; inside a group also operators."""
        word = self._to_space(at)
        if self._value or not (word.text in _OPERATORS or _FIELD.match(word.text)):
            self._value = False
            return word
        return self._word(at, glued)

    def _to_space(self, at: int) -> Lexeme:
        """A value with its balanced brackets: 10.1016/S0140-6736(20)30183-5."""
        end, depth = at, 0
        while end < len(self.plain) and not self.plain[end].isspace():
            depth += {"(": 1, ")": -1}.get(self.plain[end], 0)
            if depth < 0 or self.plain[end] == "|":
                break
            end += 1
        return Lexeme("word", at, self.text[at:end], self.plain[at:end])

    def _phrase(self, at: int, glued: bool) -> Lexeme:
        end = self.plain.find('"', at + 1)
        if end < 0:
            raise self.fail(at, "this quote is never closed", 'write the other " behind the phrase')
        if glued:
            raise self.fail(at, "a quote inside a word", "put a space before it, or take it away")
        inner = self.plain[at + 1 : end]
        if not inner.strip():
            raise self.fail(at, "nothing between the quotes", "write a word, or take the quotes away")
        within = _WITHIN.match(self.plain, end + 1)
        stop = within.end() if within else end + 1
        if stop < len(self.plain) and not self.plain[stop].isspace() and self.plain[stop] not in ")|&":
            mend = {"~": 'write "hip pain"~2', "^": "terms have no weight; take it away"}.get(self.plain[stop])
            mend = mend or "put a space behind it"
            raise self.fail(stop, "a quoted phrase ends here", mend)
        number = int(within[1]) if within else None
        return Lexeme("phrase", at, self.text[at:stop], inner, number)

    def _braces(self, at: int) -> Lexeme:
        end = self.plain.find("}", at)
        if end < 0:
            raise self.fail(at, "this brace is never closed", "write } behind what must stand exactly so")
        if not self.plain[at + 1 : end].strip():
            raise self.fail(at, "nothing between the braces", "write what must stand exactly so, such as {WHO}")
        return Lexeme("exact", at, self.text[at : end + 1], self.text[at + 1 : end])

    def _sign(self, at: int) -> Lexeme:
        sign, after = self.plain[at], self.plain[at + 1 : at + 2]
        if not after.strip():
            self.hints.append(Hint(at, f"a {sign} that stands alone is passed over; write NOT to leave something out"))
            return Lexeme("skip", at, self.text[at])
        if after in "-!+":
            raise self.fail(at + 1, "one sign is enough", "write -word or NOT word")
        return Lexeme("skip" if sign == "+" else "not", at, self.text[at])

    def _word(self, at: int, glued: bool) -> Lexeme:
        field = _FIELD.match(self.plain, at)
        if field:
            return self._field(field)
        if self.plain[at] == "[":
            raise self.fail(at, "a range stands behind date: or updated:", "write date:[20260101 TO 20260131]")
        found = _WORD.match(self.plain, at)
        word, typed = (found[0], self.text[at : found.end()]) if found else (self.plain[at], self.text[at])
        if not any(sign.isalnum() or sign in "*?" for sign in word):
            self.hints.append(Hint(at, f"{typed} alone is passed over"))
            return Lexeme("skip", at, typed)
        if word in _OPERATORS:
            return Lexeme(_OPERATORS[word], at, typed)
        if near := _NEAR.fullmatch(word):
            return Lexeme("near", at, typed, near[1] or "NEAR", int(near[2]) if near[2] else 15)
        self._judge(at, word)
        return Lexeme("word", at, typed, word, glued=glued)

    def _judge(self, at: int, word: str) -> None:
        """Rejects or warns of the syntax of other search systems: tags, fuzzy words, weights, other operators."""
        found = _NOT_OURS.fullmatch(word)
        if found and found["tag"]:
            place = at + word.index("[")
            raise self.fail(place, "a bracket inside a word", "a field stands before it: ti:cancer, au:smith")
        if found and found["fuzzy"]:
            mend = f'write the spellings: {word.partition("~")[0]} OR …; near words are "hip pain"~2'
            raise self.fail(at + word.index("~"), "there is no fuzzy search for a word", mend)
        if found and found["near"]:
            raise self.fail(at, f"{word} is no operator", "write NEAR/3, W/3 or PRE/3")
        if found and found["small"]:
            self.hints.append(Hint(at, f"{word} is searched for as a word; the operator is {word.upper()}"))
        if boost := re.fullmatch(r"[^\W\d_]{3,}(\^[\d.]+)", word):
            self.hints.append(
                Hint(at + boost.start(1), f"terms have no weight: {boost[1]} is read as part of the word")
            )
        if word.count("{") != word.count("}"):
            place = at + re.search("[{}]", word).start()  # type: ignore[union-attr]  # one of them is there
            raise self.fail(place, "this brace has no partner", "write the other, or take it away")

    def _field(self, found: re.Match[str]) -> Lexeme:
        name = FIELDS.get(found[1].casefold())
        if name is None:
            near = difflib.get_close_matches(found[1].casefold(), FIELDS, n=1)
            mend = f"did you mean {near[0]}:? " if near else ""
            known = "ti, abs, au, cat, pcat, co, jr, id, doi, date, all"
            raise self.fail(
                found.start(), f"there is no field `{found[1]}:`", f"{mend}fields are {known}; or quote the text"
            )
        if name in ("date", "updated"):
            return self._range(found, name)
        self._value = name in VALUE_FIELDS
        return Lexeme("field", found.start(), self.text[found.start() : found.end()], name)

    def _range(self, found: re.Match[str], name: str) -> Lexeme:
        at = found.end()
        while self.plain[at : at + 1].isspace():
            at += 1
        bound = re.compile(r"[\[{]([^\]}\[{]*)[\]}]|[\w:.*+-]+").match(self.plain, at)
        if not bound:
            raise self.fail(at, "a date or a range is missing", "write date:[20260101 TO 20260131] or date:2026")
        return Lexeme("range", found.start(), self.text[found.start() : bound.end()], name)
