"""The rule language (search queries): parses rules, matches papers, and locates the matches in the text.

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

NOT and NEAR bind tighter than AND and adjacency, AND tighter than OR. Operators are in capitals. Case, accents,
hyphens, plurals and TeX do not matter; a single word in quotes matches that form only, and {…} that exact text. `*`
stands for any letters, `?` for one. A word without a field is searched in title and abstract.

::

    lexer          text to lexemes             indexed_paper  a paper's fields, folded for search
    parser         lexemes to a tree           phrases        text terms: words, phrases, NEAR, "…"~n
    term_parser    one lexeme to one term      terms          other terms: authors, categories, ids, dates …
    tree           AND, OR, NOT                explanation    why a rule matches a paper, or why not
    matcher/       many rules against many papers at once
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
from digest.rules.indexed_paper import IndexedPaper, index_paper
from digest.rules.lexer import Hint, QueryError
from digest.rules.matcher import Batch, Matcher
from digest.rules.parser import Parser
from digest.rules.phrases import Hit, SlopTerm
from digest.rules.terms import AnyFieldTerm, AuthorTerm, CategoryTerm, FactTerm, IdentifierTerm

MAX_HITS = 500
"""Hits of one query in one paper; more would not help a reader of the highlighted text."""

__all__ = [
    "Batch",
    "Hint",
    "Hit",
    "IndexedPaper",
    "Matcher",
    "Query",
    "QueryError",
    "any_of",
    "author_query",
    "index_paper",
    "parse",
    "restricted",
]


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed rule. Queries with equal roots have the same meaning, however they were typed."""

    text: str  # as typed
    root: tree.Node
    hints: tuple[Hint, ...] = field(default=(), compare=False)

    @property
    def canonical_text(self) -> str:
        """The query as text with all brackets; it parses to the same root."""
        return tree.canonical_text(self.root)

    @property
    def slops(self) -> frozenset[SlopTerm]:
        """The texts with ~n, the dearest terms."""
        leaves = [
            place
            for leaf in tree.terms(self.root)
            for place in (leaf.places if isinstance(leaf, AnyFieldTerm) else (leaf,))
        ]
        return frozenset(leaf for leaf in leaves if isinstance(leaf, SlopTerm))

    def matches(self, paper: Paper | IndexedPaper) -> bool:
        return tree.matches(self.root, index_paper(paper))

    def hits(self, paper: Paper | IndexedPaper, *, matched: bool = False) -> tuple[Hit, ...]:
        """The places in the paper of the matching terms (the first 500); empty without a match.

        `matched` skips the match for a paper that is known to match.
        """
        indexed = index_paper(paper)
        found = tree.hits(self.root, indexed) if matched or tree.matches(self.root, indexed) else ()
        return tuple(dict.fromkeys(islice(found, MAX_HITS)))


def parse(
    text: str,
    *,
    syntax: Literal["digest", "arxiv"] = "digest",
    expand: Mapping[str, Sequence[str]] | None = None,
    categories: Collection[str] = (),
    bounded: bool = False,
) -> Query:
    """Parses a rule. Raises QueryError with position and correction.

    `expand` has synonyms by term, `categories` those known besides arXiv's. `bounded`: the subscription's categories
    restrict the rule, so a rule of only NOT is allowed.
    """
    parser = Parser(text, syntax=syntax, expand=expand, categories=categories, narrowed=bounded)
    root = parser.parse()
    return Query(text, root, parser.hints)


def author_query(name: str, also: Sequence[str] = (), *, orcid: str | None = None) -> Query:
    """The query for a followed author, by spellings of the name or by ORCID. Raises QueryError for an invalid name."""
    for form in (name, *also):
        if not rule_keys(form):
            raise QueryError(form, 0, "this is no name", "write it as it is printed, such as Yunhua Zhou")
    typed = name if not also else f"{name} ({', '.join(also)})"
    root: tree.Node = AuthorTerm(name, name, also=tuple(also))
    if orcid:
        root = tree.Or((root, IdentifierTerm("orcid", orcid.casefold(), typed=orcid, prefix="orcid:")))
    return Query(f'au:"{typed}"', root)


def any_of(queries: Sequence[Query]) -> Query | None:
    """The OR of these queries; None for none."""
    if len(queries) < 2:
        return next(iter(queries), None)
    return Query(" OR ".join(f"({query.text})" for query in queries), tree.Or(tuple(query.root for query in queries)))


def restricted(
    query: Query, *, exclude: Query | None = None, categories: Sequence[str] = (), sources: Sequence[str] = ()
) -> Query:
    """The rule AND its subscription's restrictions: NOT `exclude`, in one of `categories`, from one of `sources`."""
    parts: list[tree.Node] = [query.root]
    if categories:
        codes = [CategoryTerm(canonical(code.removesuffix(".*")), False, f'"{code}"', "cat:") for code in categories]
        parts.append(codes[0] if len(codes) == 1 else tree.Or(tuple(codes)))
    if sources:
        kinds = [FactTerm("src", source, source, "src:") for source in sources]
        parts.append(kinds[0] if len(kinds) == 1 else tree.Or(tuple(kinds)))
    if exclude:
        parts.append(tree.Not(exclude.root))
    return query if len(parts) == 1 else Query(query.text, tree.And(tuple(parts)), query.hints)
