"""A paper as queries look at it: its fields folded, each once, when a rule first asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from digest.categories import canonical
from digest.fold import Folded, Token, fold
from digest.paper import Paper

TEXT = ("title", "abstract", "comment", "journal")
"""The fields that hold running text."""


@dataclass
class View:
    """The folded fields of one paper; many queries share it."""

    paper: Paper
    _folded: dict[str, Folded] = field(default_factory=dict)
    _index: dict[str, dict[str, list[Token]]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The original of a text field; empty where the paper has none."""
        return getattr(self.paper, name) or ""

    def words(self, name: str) -> Folded:
        if name not in self._folded:
            self._folded[name] = fold(self.text(name))
        return self._folded[name]

    def index(self, name: str) -> dict[str, list[Token]]:
        """Every key of a field with the tokens that have it."""
        if name not in self._index:
            found: dict[str, list[Token]] = {}
            for tokens in self.words(name).at:
                for token in tokens:
                    for key in token.keys:
                        found.setdefault(key, []).append(token)
            self._index[name] = found
        return self._index[name]

    @cached_property
    def categories(self) -> tuple[str, ...]:
        return tuple(map(canonical, self.paper.categories))

    @cached_property
    def primary(self) -> str | None:
        primary = self.paper.primary or next(iter(self.paper.categories), None)
        return canonical(primary) if primary else None
