"""Rules: what a reader types, what it means, and where it stands in a paper.

The language in one screen::

    query  := or
    or     := and ((OR | '|' | '||') and)*
    and    := not ((AND | '&&' | ANDNOT | <adjacency>) not)*      adjacency is AND; in arXiv's syntax OR
    not    := (NOT | ANDNOT | '-' | '!' | '+')? near
    near   := atom ((NEAR[/n] | W/n | PRE/n) atom)?               two operands, no chains
    atom   := field ':' (word | phrase | exact | group | range) | group | phrase['~'n] | exact | word
    group  := '(' or ')'     phrase := '"'…'"'     exact := '{'…'}'
    range  := ('[' | '{') low TO high (']' | '}')                 only after date: and updated:
    field  := ti|title|intitle, abs|abstract, tiab (the default), au|author, cat|category, pcat (primary),
              co|comment, jr|journal|venue, id|arxiv, doi, pmid, orcid, all, date|submittedDate, updated, src, has

NOT and NEAR bind before AND and adjacency, and these before OR. Operators are in capitals. Case, accents,
hyphens, plurals and TeX do not matter; a single word in quotes is that form only, and {…} is that text exactly. `*`
stands for any letters, `?` for one. A word without a field is looked for in title and abstract.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from digest.names import rule_keys
from digest.papers import Paper
from digest.papers.arxiv_categories import canonical
from digest.rules import tree
from digest.rules.indexed_paper import View, view
from digest.rules.lexer import Hint, QueryError
from digest.rules.matcher import Batch, Matcher
from digest.rules.parser import Parser
from digest.rules.phrases import Hit
from digest.rules.terms import Category, Fact, Identifier, Person

MOST_MARKS = 500
"""Places that one query marks in one paper; what is marked all over is not read any better."""

__all__ = [
    "Batch",
    "Hint",
    "Hit",
    "Matcher",
    "Query",
    "QueryError",
    "View",
    "either",
    "following",
    "narrowed",
    "parse",
    "view",
]


@dataclass(frozen=True, slots=True)
class Query:
    """A rule that has been understood. Equal roots mean the same, whatever was typed."""

    text: str  # as typed
    root: tree.Node
    hints: tuple[Hint, ...] = field(default=(), compare=False)

    @property
    def spoken(self) -> str:
        """The query with every bracket that it means."""
        return tree.spoken(self.root)

    def matches(self, paper: Paper | View) -> bool:
        return tree.matches(self.root, view(paper))

    def hits(self, paper: Paper | View, *, matched: bool = False) -> tuple[Hit, ...]:
        """Where the terms stand that made it match (the first 500 places); empty where it does not match.

        Of a paper that is known to have `matched` it is not asked again.
        """
        seen = view(paper)
        found = tree.hits(self.root, seen) if matched or tree.matches(self.root, seen) else ()
        return tuple(dict.fromkeys(islice(found, MOST_MARKS)))


def parse(
    text: str,
    *,
    syntax: Literal["digest", "arxiv"] = "digest",
    expand: Mapping[str, Sequence[str]] | None = None,
    categories: Collection[str] = (),
    bounded: bool = False,
) -> Query:
    """The query that a text means. Raises QueryError with the place and the mend.

    `expand` gives a term's synonyms, `categories` are known besides arXiv's. `bounded`: categories of the subscription
    narrow the rule, so that it may be nothing but a NOT.
    """
    parser = Parser(text, syntax=syntax, expand=expand, categories=categories, narrowed=bounded)
    root = parser.parse()
    return Query(text, root, parser.hints)


def following(name: str, also: Sequence[str] = (), *, orcid: str | None = None) -> Query:
    """The query of a followed author, by these forms of the name or by ORCID. Raises QueryError for what is no name."""
    for form in (name, *also):
        if not rule_keys(form):
            raise QueryError(form, 0, "this is no name", "write it as it is printed, such as Yunhua Zhou")
    typed = name if not also else f"{name} ({', '.join(also)})"
    root: tree.Node = Person(name, name, also=tuple(also))
    if orcid:
        root = tree.Or((root, Identifier("orcid", orcid.casefold(), typed=orcid, prefix="orcid:")))
    return Query(f'au:"{typed}"', root)


def either(queries: Sequence[Query]) -> Query | None:
    """What matches any of these; None of none."""
    if len(queries) < 2:
        return next(iter(queries), None)
    return Query(" OR ".join(f"({query.text})" for query in queries), tree.Or(tuple(query.root for query in queries)))


def narrowed(
    query: Query, *, exclude: Query | None = None, categories: Sequence[str] = (), sources: Sequence[str] = ()
) -> Query:
    """A rule within the bounds of its subscription: nothing excluded, in these categories, from these sources."""
    parts: list[tree.Node] = [query.root]
    if categories:
        codes = [Category(canonical(code.removesuffix(".*")), False, f'"{code}"', "cat:") for code in categories]
        parts.append(codes[0] if len(codes) == 1 else tree.Or(tuple(codes)))
    if sources:
        kinds = [Fact("src", source, source, "src:") for source in sources]
        parts.append(kinds[0] if len(kinds) == 1 else tree.Or(tuple(kinds)))
    if exclude:
        parts.append(tree.Not(exclude.root))
    return query if len(parts) == 1 else Query(query.text, tree.And(tuple(parts)), query.hints)
