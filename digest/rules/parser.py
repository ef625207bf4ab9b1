"""The parser of the rule language: recursive descent, one method per line of the grammar (see digest.rules)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, Literal

from digest.rules.lexer import Hint, Lexeme, Lexer, QueryError
from digest.rules.phrases import NearTerm, PhraseTerm
from digest.rules.term_parser import FieldPrefix, StopWord, TermParser
from digest.rules.tree import And, Node, Not, Or, canonical_text, is_positive, terms

MAX_RULE_BYTES: Final = 4096  # bytes
MAX_TERMS: Final = 200
MAX_DEPTH: Final = 20
MAX_SLOPS: Final = 30
"""Texts with ~n in a rule. Each costs some 25 ms for 5,000 papers, if its words stand everywhere."""

_STARTS = ("word", "phrase", "exact", "range", "field", "(", "not", "andnot")


class Parser:
    """Parses one text to one tree. Raises QueryError."""

    def __init__(
        self,
        text: str,
        *,
        syntax: Literal["digest", "arxiv"] = "digest",
        expand: Mapping[str, Sequence[str]] | None = None,
        categories: Collection[str] = (),
        narrowed: bool = False,
    ) -> None:
        self.lexer = Lexer(text)
        self._terms = TermParser(self.lexer, expand or {}, categories)
        self._syntax = syntax
        self._narrowed = narrowed
        self._mixed: int | None = None  # position of the first AND beside OR without brackets
        self._count = 0
        self._slops = 0
        self._depth = 0
        self._at = 0
        self._lexemes: list[Lexeme] = []

    @property
    def hints(self) -> tuple[Hint, ...]:
        return tuple(sorted(dict.fromkeys(self.lexer.hints), key=lambda hint: hint.position))

    def parse(self) -> Node:
        text = self.lexer.text
        if len(text.encode("utf-8", "surrogatepass")) > MAX_RULE_BYTES:
            raise self.lexer.fail(0, f"a rule has at most {MAX_RULE_BYTES} bytes", "make two rules of it")
        self._lexemes = [lexeme for lexeme in self.lexer.read() if lexeme.kind != "skip"]
        if len(self._lexemes) == 1:  # the end
            raise self.lexer.fail(0, "there is nothing to search for", "write a word")
        self._note_groups()
        typed = self._or(FieldPrefix())
        if self._here.kind != "end":
            raise self._unexpected()
        tree = self._without_stops(typed)
        if sum(1 for _ in terms(tree)) > MAX_TERMS:
            raise self.lexer.fail(0, f"a rule has at most {MAX_TERMS} terms", "make two rules of it")
        if self._mixed is not None and "(" in (reading := canonical_text(tree)):
            what = f"AND binds before OR, so this is read as: {reading}; write the brackets that you mean"
            self.lexer.hints.append(Hint(self._mixed, what))
        return tree

    # -- the grammar ----------------------------------------------------------

    def _or(self, field: FieldPrefix) -> Node:
        """or := and ((OR | <adjacency in arXiv's syntax>) and)*"""
        begin, alternatives, mixed = self._at, [], False
        while True:
            place, start = self._here.position, self._at
            part = self._and(field)
            mixed = mixed or (isinstance(part, And) and not self._is_group(start, self._at))
            alternatives.append((place, part))
            if self._here.kind == "or":
                self._at += 1
            elif not (self._syntax == "arxiv" and self._here.kind in _STARTS):
                break
        if len(alternatives) == 1:
            return alternatives[0][1]
        if mixed and self._mixed is None:
            self._mixed = self._lexemes[begin].position
        for place, part in alternatives:
            if not self._narrowed and not is_positive(part):
                mend = "write what must be there as well: (alpha NOT beta) OR gamma"
                raise self.lexer.fail(place, "this side of OR would match almost everything", mend)
        return Or(tuple(part for _, part in alternatives))

    def _and(self, field: FieldPrefix) -> Node:
        """and := not ((AND | ANDNOT | <adjacency>) not)*"""
        parts = [self._not(field)]
        while True:
            kind = self._here.kind
            if kind == "and":
                self._at += 1
            elif not (kind in ("not", "andnot") or (kind in _STARTS and self._syntax == "digest")):
                break
            parts.append(self._not(field))
        return And(tuple(parts)) if len(parts) > 1 else parts[0]

    def _not(self, field: FieldPrefix) -> Node:
        """not := (NOT | ANDNOT | - | ! | +)? near"""
        if self._here.kind not in ("not", "andnot"):
            return self._near(field)
        self._at += 1
        if self._here.kind in ("not", "andnot"):
            raise self.lexer.fail(self._here.position, "one NOT is enough", "take the other away")
        return Not(self._near(field))

    def _near(self, field: FieldPrefix) -> Node:
        """near := atom ((NEAR/n | W/n | PRE/n) atom)?"""
        first = self._here
        governs = FieldPrefix(first.text, first.typed) if first.kind == "field" else field
        left = self._atom(field)
        operator = self._here
        if operator.kind != "near":
            return left
        self._at += 1
        second = self._here
        right = self._atom(governs)
        if self._here.kind == "near":
            raise self.lexer.fail(self._here.position, "NEAR takes two words or phrases", "write one NEAR at a time")
        sides = self._operand(left, first.position), self._operand(right, second.position)
        fields = {words.fields for side in sides for words in side}
        if len(fields) > 1:
            mend = "write one field before the first: ti:salmon NEAR virus"
            raise self.lexer.fail(second.position, "the words of a NEAR stand in one field", mend)
        return NearTerm(
            *sides,
            distance=operator.number or 0,
            ordered=operator.text == "PRE",
            fields=fields.pop(),
            typed=self.lexer.text[first.position : self._end],
            prefix="" if first.kind == "field" else field.typed,
        )

    def _operand(self, node: Node | StopWord, place: int) -> tuple[PhraseTerm, ...]:
        """An operand of NEAR: a word, a phrase, or an OR of them; stop words are kept."""
        parts = node.parts if isinstance(node, Or) else (node,)
        words = tuple(part.words if isinstance(part, StopWord) else part for part in parts)
        sure = tuple(part for part in words if isinstance(part, PhraseTerm))
        if len(sure) < len(words):
            mend = "write (alpha OR beta) NEAR/3 gamma"
            raise self.lexer.fail(place, "NEAR takes words, phrases, or an OR of them", mend)
        return sure

    def _atom(self, field: FieldPrefix) -> Node:
        """atom := field ':' (word | phrase | exact | group | range) | group | phrase | exact | word"""
        lexeme = self._here
        if lexeme.kind == "field":
            return self._fielded(lexeme)
        if lexeme.kind == "(":
            return self._group(field)
        if lexeme.kind not in ("word", "phrase", "exact", "range"):
            raise self._unexpected()
        self._at += 1
        self._count += 1
        if self._count > MAX_TERMS:
            raise self.lexer.fail(lexeme.position, f"a rule has at most {MAX_TERMS} terms", "make two rules of it")
        self._slops += lexeme.number is not None
        if self._slops > MAX_SLOPS:
            what = f"a rule has at most {MAX_SLOPS} texts with ~n, which are dear to find"
            raise self.lexer.fail(lexeme.position, what, "leave some out, or write one with a larger ~n for several")
        # A StopWord is no Node: it counts as a term while parsing and is pruned from the tree afterwards.
        return self._terms.parse(lexeme, field)  # type: ignore[return-value]

    def _fielded(self, lexeme: Lexeme) -> Node:
        self._at += 1
        after = self._here
        if after.kind in ("field", "range"):
            mend = "write one field for one term; or quote the text"
            raise self.lexer.fail(after.position, "a field stands behind a field", mend)
        if after.kind not in ("word", "phrase", "exact", "("):
            raise self.lexer.fail(lexeme.position, f"`{lexeme.typed}` governs nothing", "write a word behind it")
        node = self._atom(FieldPrefix(lexeme.text, lexeme.typed))
        follower = self._here
        if after.kind == "word" and follower.kind == "word" and lexeme.text in ("ti", "abs", "au", "co", "jr"):
            both = f"{after.typed} {follower.typed}"
            both = f'"{both}"' if lexeme.text == "au" else f"({both})"
            what = f"`{lexeme.typed}` governs {after.typed} alone; for both write {lexeme.typed}{both}"
            self.lexer.hints.append(Hint(follower.position, what))
        return node

    def _group(self, field: FieldPrefix) -> Node:
        opened = self._here
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.lexer.fail(opened.position, f"more than {MAX_DEPTH} brackets deep", "make two rules of it")
        self._at += 1
        if self._here.kind == ")":
            raise self.lexer.fail(opened.position, "nothing between the brackets", "write a word, or take them away")
        node = self._or(field)
        closing: str = self._here.kind
        if closing == "end":
            raise self.lexer.fail(opened.position, "this bracket is never closed", "write the other ) behind the group")
        if closing != ")":
            raise self._unexpected()
        self._at += 1
        self._depth -= 1
        return node

    # -- stop words and hints ---------------------------------

    def _without_stops(self, typed: Node) -> Node:
        """The tree without stop words. The rule must be positive as typed, and again without them."""
        if not (self._narrowed or is_positive(typed)):
            raise self.lexer.fail(0, "this would match almost everything", "write something that must be there")
        tree = self._pruned(typed)
        if tree is None:
            raise self.lexer.fail(0, "only words that stand everywhere", 'quote them if you mean them: "to be"')
        if not (self._narrowed or is_positive(tree)):
            what = "without the words that stand everywhere, this would match almost everything"
            raise self.lexer.fail(0, what, "write something that must be there, or quote a word that you mean")
        return tree

    def _pruned(self, node: Node | StopWord) -> Node | None:
        if isinstance(node, StopWord):
            what = f"{node.typed} says nothing alone and is passed over; if it matters, quote the phrase around it"
            self.lexer.hints.append(Hint(node.position, what))
            return None
        if isinstance(node, Not):
            inner = self._pruned(node.part)
            return Not(inner) if inner is not None else None
        if isinstance(node, And | Or):
            parts = tuple(part for each in node.parts if (part := self._pruned(each)) is not None)
            return replace(node, parts=parts) if len(parts) > 1 else parts[0] if parts else None
        return node

    def _note_groups(self) -> None:
        for before, after in pairwise(self._lexemes):
            if after.kind == "(" and after.glued and before.kind == "word":
                what = (
                    f"a bracket opens a group: this is read as {before.typed} AND (…); if it is one term, quote it: "
                    f'"{before.typed}(…)"; a field is written with a colon: ti:(…)'
                )
                self.lexer.hints.append(Hint(after.position, what))

    # -- position ---------------------------------------------------------

    @property
    def _here(self) -> Lexeme:
        return self._lexemes[self._at]

    @property
    def _end(self) -> int:
        last = self._lexemes[self._at - 1]
        return last.position + len(last.typed)

    def _is_group(self, begin: int, stop: int) -> bool:
        """Whether the lexemes [begin, stop) are one bracketed group."""
        if self._lexemes[begin].kind == "field":
            begin += 1
        depth = 0
        for index in range(begin, stop):
            depth += {"(": 1, ")": -1}.get(self._lexemes[index].kind, 0)
            if not depth:
                return index == stop - 1
        return False

    def _unexpected(self) -> QueryError:
        lexeme = self._here
        if lexeme.kind == "end":
            mend = "write a word, or take the last operator away"
            return self.lexer.fail(lexeme.position, "the rule ends too early", mend)
        if lexeme.kind == ")":
            opened = any(each.kind == "(" for each in self._lexemes[: self._at]) and self._depth
            mend = "write a word before it" if opened else "write the other ( or take it away"
            what = "a word is missing before this bracket" if opened else "this bracket was never opened"
            return self.lexer.fail(lexeme.position, what, mend)
        mend = f'an operator stands between two words; if it is a word, quote it: "{lexeme.typed}"'
        return self.lexer.fail(lexeme.position, f"{lexeme.typed} stands at a wrong place", mend)
