"""Compiles many rules from text: rules of one form differ in their terms alone, so each form is parsed once.

``"sparse routing" AND (llm OR moe)`` has the form ``_ AND (_ OR _)``. The pattern `_TERM` accepts only texts that the
parser reads as one term in any context; a rule with any other text is parsed whole.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from digest.rules.lexer import FIELDS, Lexeme, Lexer, QueryError
from digest.rules.matcher.compiled import CompiledRules
from digest.rules.matcher.shapes import Shape
from digest.rules.parser import MAX_RULE_BYTES, Parser
from digest.rules.phrases import PhraseTerm
from digest.rules.term_parser import FieldPrefix, TermParser
from digest.rules.terms import AuthorTerm, CategoryTerm

_WORD = r"(?!(?:AND|OR|NOT|ANDNOT|NEAR)(?![^\s)]))[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
_PHRASE = r'"[A-Za-z0-9][A-Za-z0-9 -]*"'
_TERM: Final = re.compile(
    rf'(?<![^\s(])((?:(?:ti|abs|tiab):)?(?:{_WORD}|{_PHRASE})|p?cat:[a-z-]+(?:\.[A-Za-z-]+)?|au:"[A-Za-z][A-Za-z .-]*")'
    r"(?![^\s)])"
)
_MAX_CHARACTERS: Final = MAX_RULE_BYTES // 4  # a character has at most four bytes
_NO_TERM: Final = -1


class RuleForms:
    """Adds rules to `compiled`, in order."""

    def __init__(self, compiled: CompiledRules) -> None:
        self._compiled = compiled
        self._shapes: dict[str, Shape] = {}
        self._terms = _TermNumbers(compiled)

    def add(self, text: str) -> None:
        """Adds the next rule. Raises QueryError, and then adds nothing."""
        parts = _TERM.split(text)
        form, typed = "_".join(parts[::2]), parts[1::2]
        terms = [self._terms[term] for term in typed]
        shape = self._shapes.get(form)
        if shape is not None and _NO_TERM not in terms and len(text) <= _MAX_CHARACTERS:
            self._compiled.add_shaped(shape, terms)
            return
        shape, found = self._compiled.add(Parser(text).parse())
        if found == terms:
            self._shapes[form] = shape


class _TermNumbers(dict[str, int]):
    """The number of each term; _NONE for what is no term of its own."""

    def __init__(self, compiled: CompiledRules) -> None:
        self._compiled = compiled
        self._parser = TermParser(Lexer(""), {}, ())

    def __missing__(self, typed: str) -> int:
        prefix, colon, rest = typed.rpartition(":")
        lexeme = Lexeme("phrase" if rest[0] == '"' else "word", 0, rest, rest.strip('"'))
        field = FieldPrefix(FIELDS[prefix], prefix + colon) if colon else FieldPrefix()
        self[typed] = _NO_TERM
        with suppress(QueryError):  # the parser reports the position
            term = self._parser.parse(lexeme, field)
            if isinstance(term, PhraseTerm | CategoryTerm | AuthorTerm):
                self[typed] = self._compiled.number(term)
        self._parser.lexer.hints.clear()
        return self[typed]
