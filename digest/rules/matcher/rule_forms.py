"""Reads many rules as text: those of one form differ in their terms alone, so a form is parsed once.

``"sparse routing" AND (llm OR moe)`` has the form ``_ AND (_ OR _)``. What is taken for a term here is one to the
parser too, whatever stands around it; a rule with anything else in it is parsed as it stands.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from digest.rules.lexer import FIELDS, Lexeme, Lexer, QueryError
from digest.rules.matcher.compiled import Compiled
from digest.rules.matcher.shapes import Shape
from digest.rules.parser import LONGEST, Parser
from digest.rules.phrases import Words
from digest.rules.term_parser import Field, Leaves
from digest.rules.terms import Category, Person

_WORD = r"(?!(?:AND|OR|NOT|ANDNOT|NEAR)(?![^\s)]))[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
_PHRASE = r'"[A-Za-z0-9][A-Za-z0-9 -]*"'
_TERM: Final = re.compile(
    rf'(?<![^\s(])((?:(?:ti|abs|tiab):)?(?:{_WORD}|{_PHRASE})|p?cat:[a-z-]+(?:\.[A-Za-z-]+)?|au:"[A-Za-z][A-Za-z .-]*")'
    r"(?![^\s)])"
)
_LONGEST: Final = LONGEST // 4  # characters; of at most four bytes each
_NONE: Final = -1


class Forms:
    """Adds rules to `compiled`, one after the other."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._shapes: dict[str, Shape] = {}
        self._terms = _Terms(compiled)

    def add(self, text: str) -> None:
        """The next rule. Raises QueryError, and then adds nothing."""
        parts = _TERM.split(text)
        form, typed = "_".join(parts[::2]), parts[1::2]
        terms = [self._terms[term] for term in typed]
        shape = self._shapes.get(form)
        if shape is not None and _NONE not in terms and len(text) <= _LONGEST:
            self._compiled.add_alike(shape, terms)
            return
        shape, found = self._compiled.add(Parser(text).parse())
        if found == terms:
            self._shapes[form] = shape


class _Terms(dict[str, int]):
    """The number of each term; _NONE for what is no leaf of its own."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._leaves = Leaves(Lexer(""), {}, ())

    def __missing__(self, typed: str) -> int:
        prefix, colon, rest = typed.rpartition(":")
        lexeme = Lexeme("phrase" if rest[0] == '"' else "word", 0, rest, rest.strip('"'))
        field = Field(FIELDS[prefix], prefix + colon) if colon else Field()
        self[typed] = _NONE
        with suppress(QueryError):  # the parser will say where
            leaf = self._leaves.leaf(lexeme, field)
            if isinstance(leaf, Words | Category | Person):
                self[typed] = self._compiled.number(leaf)
        self._leaves.lexer.hints.clear()
        return self[typed]
