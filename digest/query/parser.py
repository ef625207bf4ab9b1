"""From signs and words to a tree: recursive descent, one method a line of the grammar."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from digest.categories import ALIASES, ARCHIVES, ARXIV, GROUPS, canonical, nearest
from digest.query.dates import period
from digest.query.lexer import Hint, Lexeme, Lexer, QueryError
from digest.query.names import rule_keys
from digest.query.terms import Category, Dated, Exact, Fact, Identifier, Near, Person, Words, slots_of
from digest.query.tree import And, Node, Not, Or, is_positive, leaves, spoken

LONGEST = 4096  # bytes
MOST_LEAVES = 200
DEEPEST = 20
_MOST_CLOSE = 20  # words of a phrase with ~n

STOP_WORDS = frozenset(
    "a an the of and or in on for with to by from as at is are be was were been this that these those it its we our "
    "their which into".split()
)
"""Words that outside of quotes and NEAR say nothing, typed in lower case; never `not`."""

_ORDINARY = frozenset(
    "WHO IT US CAN MET REST ACT AIDS SHH WAS HAS ALL ARM ART BAT CAT CLIP DAN DREAM FAST FIT GAP GAS HIP IMPACT LAMP "
    "LIME MAP MAY MICE NICE ONE RAG RAT SAM SET SHAP SPOT STAR STEP TRAIL WIN".split()
)
_TEXT_FIELDS = {
    "ti": ("title",),
    "abs": ("abstract",),
    "tiab": ("title", "abstract"),
    "co": ("comment",),
    "jr": ("journal",),
    "all": ("title", "abstract", "comment", "journal"),
}
_STARTS = ("word", "phrase", "exact", "range", "field", "(", "not", "andnot")
_ARXIV_ID = re.compile(r"(?:arxiv:)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v(\d+))?", re.IGNORECASE)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class _Field:
    name: str = "tiab"
    typed: str = ""  # as it stands before the atom; empty where none does


_NO_FIELD = _Field()


@dataclass(frozen=True)
class _Stop:
    """A word that counts for the form of a rule and not for its meaning."""

    typed: str
    prefix: str = ""


class Parser:
    """One text, one tree. Raises QueryError."""

    def __init__(
        self, text: str, *, syntax: Literal["digest", "arxiv"], expand: Mapping[str, Sequence[str]] | None
    ) -> None:
        self.lexer = Lexer(text)
        self._syntax = syntax
        self._expand = {_folded(term): tuple(others) for term, others in (expand or {}).items()}
        self._stops: list[Lexeme] = []
        self._keep = False  # inside an operand of NEAR stop words count
        self._joined = False  # the last `and` had several parts and no bracket
        self._mixed = False
        self._leaves = 0
        self._depth = 0
        self._at = 0
        self._lexemes: list[Lexeme] = []

    @property
    def hints(self) -> tuple[Hint, ...]:
        return tuple(sorted(dict.fromkeys(self.lexer.hints), key=lambda hint: hint.position))

    def parse(self) -> Node:
        text = self.lexer.text
        if len(text.encode("utf-8", "replace")) > LONGEST:
            raise self.lexer.fail(0, f"a rule has at most {LONGEST} bytes", "make two rules of it")
        if not text.strip():
            raise self.lexer.fail(0, "there is nothing to search for", "write a word")
        self._lexemes = [lexeme for lexeme in self.lexer.read() if lexeme.kind != "skip"]
        self._note_groups()
        tree = self._or(_NO_FIELD)
        if self._here.kind != "end":
            raise self._unexpected()
        if not is_positive(tree):
            raise self.lexer.fail(0, "this would match almost everything", "write something that must be there")
        pruned = _pruned(tree)
        if pruned is None:
            raise self.lexer.fail(0, "only words that stand everywhere", 'quote them if you mean them: "to be"')
        if sum(1 for _ in leaves(pruned)) > MOST_LEAVES:
            raise self.lexer.fail(0, f"a rule has at most {MOST_LEAVES} terms", "make two rules of it")
        self._note_stops()
        if self._mixed:
            self.lexer.hints.append(Hint(0, f"AND binds before OR; this is read as: {spoken(pruned)}"))
        return pruned

    # -- the grammar ----------------------------------------------------------

    def _or(self, field: _Field) -> Node:
        """or := and ((OR | <adjacency in arXiv's syntax>) and)*"""
        places = [self._here.position]
        parts = [self._and(field)]
        mixed = self._joined
        while self._here.kind == "or" or (self._syntax == "arxiv" and self._here.kind in _STARTS):
            if self._here.kind == "or":
                self._at += 1
            places.append(self._here.position)
            parts.append(self._and(field))
            mixed = mixed or self._joined
        self._joined = False
        if len(parts) == 1:
            self._joined = mixed and self._depth == 0
            return parts[0]
        self._mixed = self._mixed or mixed
        for place, part in zip(places, parts, strict=True):
            if not is_positive(part):
                raise self.lexer.fail(
                    place, "this side of OR would match almost everything", "write what must be there as well"
                )
        return Or(tuple(parts))

    def _and(self, field: _Field) -> Node:
        """and := not ((AND | ANDNOT | <adjacency>) not)*"""
        parts = [self._not(field)]
        while True:
            kind = self._here.kind
            if kind == "and":
                self._at += 1
                if self._here.kind in ("and", "or", "end", ")"):
                    raise self._unexpected()
            elif not (kind == "andnot" or (kind in _STARTS and self._syntax == "digest")):
                break
            parts.append(self._not(field))
        self._joined = len(parts) > 1
        return And(tuple(parts)) if self._joined else parts[0]

    def _not(self, field: _Field) -> Node:
        """not := (NOT | ANDNOT | - | !)? near"""
        if self._here.kind not in ("not", "andnot"):
            return self._near(field)
        self._at += 1
        if self._here.kind in ("not", "andnot"):
            raise self.lexer.fail(self._here.position, "one NOT is enough", "take the other away")
        return Not(self._near(field))

    def _near(self, field: _Field) -> Node:
        """near := atom ((NEAR/n | W/n | PRE/n) atom)?"""
        begin = self._at
        leaves_before = self._leaves
        left = self._atom(field)
        operator = self._here
        if operator.kind != "near":
            return left
        self._operand(left, begin)
        middle = self._at + 1
        self._leaves = leaves_before
        left = self._again(begin, field)
        right = self._again(middle, self._field_of(begin, field))
        if self._here.kind == "near":
            raise self.lexer.fail(self._here.position, "NEAR takes two words or phrases", "write one NEAR at a time")
        sides = (self._operand(left, begin), self._operand(right, middle))
        assert operator.number is not None
        typed = self.lexer.text[self._lexemes[begin].position : self._end_before(self._at)]
        return Near(
            left=sides[0],
            right=sides[1],
            most=operator.number,
            ordered=operator.text == "PRE",
            fields=sides[0][0].fields,
            typed=typed,
        )

    def _atom(self, field: _Field, *, keep_stops: bool = False) -> Node:
        """atom := field ':' (word | phrase | exact | group | range) | group | phrase | exact | word"""
        lexeme = self._here
        if lexeme.kind == "range":
            self._at += 1
            return self._dated(lexeme)
        if lexeme.kind == "field":
            return self._fielded(lexeme, keep_stops=keep_stops)
        if lexeme.kind == "(":
            return self._group(field, keep_stops=keep_stops)
        if lexeme.kind in ("word", "phrase", "exact"):
            self._at += 1
            return self._leaf(lexeme, field, keep_stops=keep_stops)
        raise self._unexpected()

    def _fielded(self, lexeme: Lexeme, *, keep_stops: bool) -> Node:
        self._at += 1
        after = self._here
        if after.kind == "field":
            mend = "one field for one term; or quote the text"
            raise self.lexer.fail(after.position, "a field stands behind a field", mend)
        if after.kind not in ("word", "phrase", "exact", "("):
            raise self.lexer.fail(lexeme.position, f"`{lexeme.typed}` governs nothing", "write a word behind it")
        node = self._atom(_Field(lexeme.text, lexeme.typed), keep_stops=keep_stops)
        follower = self._here
        if after.kind == "word" and follower.kind == "word" and lexeme.text in ("ti", "abs", "au", "co", "jr"):
            what = (
                f"`{lexeme.typed}` governs {after.typed} alone; for both write "
                f"{lexeme.typed}({after.typed} {follower.typed})"
            )
            self.lexer.hints.append(Hint(follower.position, what))
        return node

    def _group(self, field: _Field, *, keep_stops: bool) -> Node:
        opened = self._here
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.lexer.fail(opened.position, f"more than {DEEPEST} brackets deep", "make two rules of it")
        self._at += 1
        if self._here.kind == ")":
            raise self.lexer.fail(opened.position, "nothing between the brackets", "write a word, or take them away")
        before, self._keep = self._keep, keep_stops
        node = self._or(field)
        self._joined = False
        self._keep = before
        if self._here.kind not in (")",):
            raise self.lexer.fail(opened.position, "this bracket is never closed", "write the other ) behind the group")
        self._at += 1
        self._depth -= 1
        return node

    # -- leaves ---------------------------------------------------------------

    def _leaf(self, lexeme: Lexeme, field: _Field, *, keep_stops: bool) -> Node:
        self._leaves += 1
        if self._leaves > MOST_LEAVES:
            raise self.lexer.fail(lexeme.position, f"a rule has at most {MOST_LEAVES} terms", "make two rules of it")
        name = field.name
        if name == "au":
            return self._person(lexeme, field)
        if name in ("cat", "pcat"):
            return self._category(lexeme, field)
        if name in ("id", "doi", "pmid", "orcid"):
            return self._identifier(lexeme, field)
        if name in ("has", "src"):
            return self._fact(lexeme, field)
        if lexeme.kind == "word" and lexeme.text in STOP_WORDS and not (keep_stops or self._keep):
            self._stops.append(lexeme)
            return _Stop(lexeme.typed)  # type: ignore[return-value]  # it is pruned before the tree is handed out
        if lexeme.kind == "word" and not re.search(r"[^\W_]", lexeme.text) and not set("*?") & set(lexeme.text):
            self._stops.append(lexeme)
            return _Stop(lexeme.typed)  # type: ignore[return-value]  # as above
        self._note_word(lexeme)
        words = self._words(lexeme, field)
        if name == "all":
            return Or((words, *self._elsewhere(lexeme, field)))
        others = self._expand.get(_folded(lexeme.text), ())
        return Or((words, *(self._words(_quoted(other, lexeme), field) for other in others))) if others else words

    def _words(self, lexeme: Lexeme, field: _Field) -> Words | Exact:
        fields = _TEXT_FIELDS[field.name]
        if lexeme.kind == "exact":
            text = unicodedata.normalize("NFC", lexeme.text)
            return Exact(text, fields, lexeme.typed, field.typed)
        self._judge_wildcards(lexeme)
        slots, compound = slots_of(lexeme.text, quoted=lexeme.kind == "phrase")
        if not slots:
            raise self.lexer.fail(lexeme.position, f"{lexeme.typed} holds no letter and no digit", "write a word")
        if lexeme.number is not None and not 1 < len(slots) <= _MOST_CLOSE:
            raise self.lexer.fail(lexeme.position, f"~ takes two to {_MOST_CLOSE} words", 'write "hip pain"~2')
        return Words(slots, fields, lexeme.typed, field.typed, whole=compound, within=lexeme.number)

    def _judge_wildcards(self, lexeme: Lexeme) -> None:
        for found in re.finditer(r"[^\s-]*[*?][^\s-]*", lexeme.text):
            word = found[0]
            place = lexeme.position + found.start() + (lexeme.kind == "phrase")
            if word[0] in "*?":
                raise self.lexer.fail(
                    place, "a wildcard may not begin a word", "write at least three letters before it"
                )
            if len(re.findall(r"[^\W_]", word.split("*")[0])) < 3 and "*" in word:
                raise self.lexer.fail(place, "* needs at least three letters before it", "write more of the word")
            if word.endswith("?") and lexeme.kind == "word":
                what = f"? stands for one letter: {word} does not find {word[:-1]}; in a title, quote it"
                self.lexer.hints.append(Hint(place, what))

    def _elsewhere(self, lexeme: Lexeme, field: _Field) -> list[Node]:
        """Where `all:` looks besides the text."""
        found: list[Node] = []
        if lexeme.kind != "exact" and lexeme.number is None and not set("*?") & set(lexeme.text):
            found.append(Person(_name(lexeme.text), lexeme.typed, prefix=field.typed))
            for kind, pattern in (("arxiv", _ARXIV_ID), ("doi", _DOI)):
                if pattern.fullmatch(lexeme.text):
                    found.append(self._identifier(lexeme, _Field("id" if kind == "arxiv" else "doi", field.typed)))
        return found

    def _person(self, lexeme: Lexeme, field: _Field) -> Person:
        if set("*?") & set(lexeme.text):
            raise self.lexer.fail(lexeme.position, "a name takes no wildcard", "write the surname alone: au:zhou")
        name = _name(lexeme.text)
        if lexeme.kind == "exact" or not rule_keys(name):
            raise self.lexer.fail(lexeme.position, f"{lexeme.typed} is no name", 'write au:zhou or au:"Zhou Y"')
        return Person(name, lexeme.typed, prefix=field.typed)

    def _category(self, lexeme: Lexeme, field: _Field) -> Category:
        code = lexeme.text.strip().removesuffix(".*")
        known = {each.casefold(): each for each in (*ARXIV, *ALIASES, *ARCHIVES, *GROUPS)}
        found = known.get(code.casefold())
        if found is None:
            likely = nearest(code)
            mend = f"did you mean {', '.join(likely)}?" if likely else "see https://arxiv.org/category_taxonomy"
            raise self.lexer.fail(lexeme.position, f"there is no category {code!r}", mend)
        return Category(canonical(found), field.name == "pcat", lexeme.typed, field.typed)

    def _identifier(self, lexeme: Lexeme, field: _Field) -> Identifier:
        value, typed = lexeme.text.strip(), lexeme.typed
        if field.name == "id":
            if not (found := _ARXIV_ID.fullmatch(value)):
                raise self.lexer.fail(lexeme.position, f"{value!r} is no arXiv id", "write id:2507.05197")
            bare = re.sub(r"\.[A-Za-z]{2}/", "/", found[1].lower())
            return Identifier("arxiv", bare, typed, int(found[2]) if found[2] else None, field.typed)
        if field.name == "doi":
            if not (found := _DOI.fullmatch(value)):
                raise self.lexer.fail(lexeme.position, f"{value!r} is no DOI", "write doi:10.1234/abc")
            return Identifier("doi", found[1].casefold(), typed, prefix=field.typed)
        bare = value.casefold().removeprefix("https://orcid.org/")
        shape, mend = (
            (r"\d{1,9}", "write pmid:34929406")
            if field.name == "pmid"
            else (r"(\d{4}-){3}\d{3}[\dx]", "write orcid:0000-0002-1825-0097")
        )
        if not re.fullmatch(shape, bare):
            raise self.lexer.fail(lexeme.position, f"{value!r} is none", mend)
        return Identifier("pmid" if field.name == "pmid" else "orcid", bare, typed, prefix=field.typed)

    def _fact(self, lexeme: Lexeme, field: _Field) -> Fact:
        value = lexeme.text.casefold()
        if field.name == "has":
            if value not in ("code", "pdf", "doi"):
                raise self.lexer.fail(
                    lexeme.position, f"nothing is known of has:{value}", "write has:code, has:pdf or has:doi"
                )
            return Fact("has", value, lexeme.typed, field.typed)
        return Fact("src", value, lexeme.typed, field.typed)

    def _dated(self, lexeme: Lexeme) -> Dated:
        self._leaves += 1
        prefix, _, bound = lexeme.typed.partition(":")
        try:
            low, high = period(bound)
        except ValueError as error:
            raise self.lexer.fail(lexeme.position + len(prefix) + 1, str(error)) from None
        return Dated("published" if lexeme.text == "date" else "updated", low, high, bound, f"{prefix}:")

    # -- NEAR -----------------------------------------------------------------

    def _again(self, begin: int, field: _Field) -> Node:
        """An operand of NEAR, in which stop words count."""
        self._at = begin
        self._stops = [stop for stop in self._stops if stop.position < self._lexemes[begin].position]
        return self._atom(field, keep_stops=True)

    def _field_of(self, begin: int, field: _Field) -> _Field:
        first = self._lexemes[begin]
        return _Field(first.text, first.typed) if first.kind == "field" else field

    def _operand(self, node: Node, begin: int) -> tuple[Words, ...]:
        parts = node.parts if isinstance(node, Or) else (node,)
        words = tuple(part for part in parts if isinstance(part, Words))
        if not all(isinstance(part, Words | _Stop) for part in parts):
            place = self._lexemes[begin].position
            raise self.lexer.fail(
                place, "NEAR takes words, phrases, or an OR of them", "write (alpha OR beta) NEAR/3 gamma"
            )
        return words

    # -- what is doubtful -----------------------------------------------------

    def _note_word(self, lexeme: Lexeme) -> None:
        text, place = lexeme.text.strip(), lexeme.position
        if text in _ORDINARY and lexeme.kind == "word":
            what = f"{text} is found as {text.lower()} too; for the capitals alone write {{{text}}}"
            self.lexer.hints.append(Hint(place, what))
        if lexeme.kind == "phrase" and text in ("AND", "OR", "NOT", "NEAR", "ANDNOT"):
            self.lexer.hints.append(Hint(place, f"in quotes {text} is a word and no operator"))
        if lexeme.kind == "word" and text == "not":
            self.lexer.hints.append(Hint(place, "not is searched for as a word; to leave something out write NOT"))

    def _note_stops(self) -> None:
        for stop in self._stops:
            what = f"{stop.typed} says nothing alone and is passed over; if it matters, quote the phrase around it"
            self.lexer.hints.append(Hint(stop.position, what))

    def _note_groups(self) -> None:
        for before, after in pairwise(self._lexemes):
            if after.kind == "(" and after.glued and before.kind == "word":
                what = (
                    f'a bracket opens a group: this is read as {before.typed} AND (…); or quote it: "{before.typed}(…)"'
                )
                self.lexer.hints.append(Hint(after.position, what))

    # -- where we are ---------------------------------------------------------

    @property
    def _here(self) -> Lexeme:
        return self._lexemes[self._at]

    def _end_before(self, index: int) -> int:
        last = self._lexemes[index - 1]
        return last.position + len(last.typed)

    def _unexpected(self) -> QueryError:
        lexeme = self._here
        if lexeme.kind == "end":
            return self.lexer.fail(
                lexeme.position, "the rule ends too early", "write a word, or take the last operator away"
            )
        if lexeme.kind == ")":
            return self.lexer.fail(
                lexeme.position, "this bracket was never opened", "write the other ( or take it away"
            )
        return self.lexer.fail(
            lexeme.position, f"{lexeme.typed} stands at a wrong place", "an operator stands between two words"
        )


def _pruned(node: Node | _Stop) -> Node | None:
    """The tree without stop words."""
    if isinstance(node, _Stop):
        return None
    if isinstance(node, Not):
        inner = _pruned(node.part)
        return Not(inner) if inner is not None else None
    if isinstance(node, And | Or):
        parts = tuple(part for each in node.parts if (part := _pruned(each)) is not None)
        return replace(node, parts=parts) if len(parts) > 1 else parts[0] if parts else None
    return node


def _quoted(text: str, lexeme: Lexeme) -> Lexeme:
    kind: Literal["phrase", "word"] = "phrase" if " " in text.strip() else "word"
    return Lexeme(kind, lexeme.position, f'"{text}"' if kind == "phrase" else text, text)


def _name(text: str) -> str:
    return " ".join(text.replace("_", " ").split())


def _folded(text: str) -> str:
    slots, _ = slots_of(text, quoted=True)
    return " ".join(slot.word for slot in slots)
