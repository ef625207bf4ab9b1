"""Explains why a query matches a paper or not: per term the hits, the forms searched for, and near misses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from digest.names import NameMatch, compare_names, may_be_same_person, rule_keys, surname_keys
from digest.papers import Paper
from digest.rules import tree
from digest.rules.indexed_paper import TEXT_FIELDS, IndexedPaper, index_paper
from digest.rules.phrases import Hit, NearTerm, PhraseTerm, SlopTerm, TokenGraph, token_graph, tokenize_term
from digest.rules.terms import (
    AnyFieldTerm,
    AuthorTerm,
    CategoryTerm,
    DateTerm,
    ExactTerm,
    FactTerm,
    IdentifierTerm,
    Term,
)

_MOST_FORMS: Final = 8
MATCH_LABELS: Final = {
    NameMatch.FULL: "the name in full",
    NameMatch.SWAPPED: "the name, surname first",
    NameMatch.COMPOUND: "one half of a double surname",
    NameMatch.INITIAL: "the name by initials",
    NameMatch.NONE: "the surname, and one of the two has no forename",
    NameMatch.CONFLICT: "another name",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The explanation of one operator with its operands, or of one term."""

    kind: Literal["and", "or", "not", "term"]
    text: str  # as Query.canonical_text has it
    matches: bool
    hits: tuple[Hit, ...] = ()  # of a term
    forms: tuple[str, ...] = ()  # searched for, folded
    notes: tuple[str, ...] = ()  # near misses, or the reason for the match
    parts: tuple[Explanation, ...] = ()

    @property
    def terms(self) -> Iterator[tuple[Explanation, bool]]:
        """All terms in order, each with whether it is negated."""
        if self.kind == "term":
            yield self, False
        for part in self.parts:
            for term, negated in part.terms:
                yield term, negated != (self.kind == "not")


def explain(root: tree.Node, paper: Paper | IndexedPaper) -> Explanation:
    """Explains each operator and each term of a query for this paper."""
    indexed = index_paper(paper)
    matches = tree.matches(root, indexed)
    text = tree.canonical_text(root)
    if isinstance(root, tree.Not):
        return Explanation(kind="not", text=text, matches=matches, parts=(explain(root.part, indexed),))
    if isinstance(root, tree.And | tree.Or):
        kind: Literal["and", "or"] = "and" if isinstance(root, tree.And) else "or"
        return Explanation(
            kind=kind, text=text, matches=matches, parts=tuple(explain(part, indexed) for part in root.parts)
        )
    hits = tuple(dict.fromkeys(root.hits(indexed))) if matches else ()
    notes = tuple(_why(root, indexed) if matches else _why_not(root, indexed))
    return Explanation(kind="term", text=text, matches=matches, hits=hits, forms=_forms(root), notes=notes)


# -- forms searched for ---------------------------------------------------------


def _forms(term: Term) -> tuple[str, ...]:
    """The folded words of a term in every spelling."""
    if isinstance(term, PhraseTerm):
        return _spelled_out(term.graph)
    if isinstance(term, NearTerm):
        return tuple(form for words in (*term.left, *term.right) for form in _spelled_out(words.graph))
    if isinstance(term, SlopTerm):
        return tuple(form for words in term.words for form in _spelled_out(words.graph))
    if isinstance(term, ExactTerm):
        return (term.text,)
    if isinstance(term, AnyFieldTerm):
        return tuple(dict.fromkeys(form for place in term.places for form in _forms(place)))
    return ()


def _spelled_out(graph: TokenGraph) -> tuple[str, ...]:
    if len(graph) == 1:
        word = graph[0][0][0]
        return tuple(sorted(word.keys)) or (word.text,)
    lines: list[tuple[int, str]] = [(0, "")]
    done = list[str]()
    while lines and len(done) < _MOST_FORMS:
        index, text = lines.pop(0)
        for word, following in graph[index]:
            longer = f"{text} {word.text}".strip()
            done += [longer] if following == len(graph) else []
            lines += [(following, longer)] if following < len(graph) else []
    return tuple(done[:_MOST_FORMS])


# -- reasons for a match -----------------------------------------------------------------


def _why(term: Term, indexed: IndexedPaper) -> Iterator[str]:
    if isinstance(term, AuthorTerm):
        for author in indexed.paper.authors:
            if may_be_same_person(term.name, author.name, term.also):
                yield f"{author.name}: {MATCH_LABELS[_best(term, author.name)]}"
    elif isinstance(term, CategoryTerm | FactTerm | DateTerm):
        yield _fact(term, indexed)


def _best(term: AuthorTerm, printed: str) -> NameMatch:
    return max(compare_names(form, printed) for form in (term.name, *term.also))


def _fact(term: CategoryTerm | FactTerm | DateTerm, indexed: IndexedPaper) -> str:
    paper = indexed.paper
    if isinstance(term, CategoryTerm):
        return f"the paper is in {', '.join(paper.categories) or 'no category'}" + (
            f", first in {paper.primary}" if term.primary and paper.primary else ""
        )
    if isinstance(term, DateTerm):
        date = indexed.dates[term.which]
        return f"{term.which} {date:%Y-%m-%d %H:%M} UTC" if date else f"the paper has no date for {term.prefix}"
    if term.kind == "src":
        return f"the paper came from {paper.source}"
    return f"the paper has {'a' if term.key in indexed.facts else 'no'} {term.value}"


# -- near misses -------------------------------------------------------


def _why_not(term: Term, indexed: IndexedPaper) -> Iterator[str]:
    if isinstance(term, PhraseTerm):
        yield from _near_words(term, indexed)
    elif isinstance(term, ExactTerm):
        yield from _near_exact(term, indexed)
    elif isinstance(term, NearTerm | SlopTerm):
        words = term.words if isinstance(term, SlopTerm) else (*term.left, *term.right)
        found, missing = (
            [_spelled_out(each.graph)[0] for each in words if each.matches(indexed) == there] for there in (1, 0)
        )
        yield "all its words are there, but not so close" if not missing else f"not there: {', '.join(missing)}"
        if found and missing:
            yield f"there: {', '.join(found)}"
    elif isinstance(term, AuthorTerm):
        yield from _other_people(term, indexed)
    elif isinstance(term, CategoryTerm | FactTerm | DateTerm):
        yield _fact(term, indexed)
    elif isinstance(term, IdentifierTerm):
        same = sorted(key for key in indexed.facts if key.startswith(f"{term.kind}:"))
        yield f"the paper has {', '.join(same)}" if same else f"the paper has no {term.kind}"


def _near_words(term: PhraseTerm, indexed: IndexedPaper) -> Iterator[str]:
    for name in TEXT_FIELDS:
        if name not in term.fields and replace(term, fields=(name,)).matches(indexed):
            yield f"it stands in the {name}: write {_FIELD[name]}:{term.typed}"
    if others := _unquoted(term, indexed):
        yield f"in quotes it is that form only; {', '.join(others)} stands there"
    if len(term.graph) > 1:
        singles = [PhraseTerm((((word, 1),),), term.fields, word.text) for edges in term.graph for word, _ in edges[:1]]
        there = [single.typed for single in singles if single.matches(indexed)]
        if len(there) == len(singles):
            yield "its words are there, but not in a row: without quotes, or with NEAR/5, it would be found"
        elif there:
            yield f"of its words only {', '.join(there)} {'stand' if len(there) > 1 else 'stands'} there"
    if rule_keys(term.typed.strip('"')) and AuthorTerm(term.typed.strip('"'), term.typed).matches(indexed):
        yield f"it is an author's name: write au:{term.typed}"


_FIELD: Final = {"title": "ti", "abstract": "abs", "comment": "co", "journal": "jr"}


def _unquoted(term: PhraseTerm, indexed: IndexedPaper) -> Sequence[str]:
    """The texts that a single quoted word would match without its quotes."""
    if len(term.graph) > 1 or not term.graph[0][0][0].exact_form:
        return ()
    free = PhraseTerm(token_graph(tokenize_term(term.typed.strip('"')), quoted=False), term.fields, term.typed)
    return tuple(dict.fromkeys(hit.text for hit in free.hits(indexed)))


def _near_exact(term: ExactTerm, indexed: IndexedPaper) -> Iterator[str]:
    terms = tokenize_term(term.text)
    if terms:
        free = PhraseTerm(token_graph(terms, quoted=False), term.fields, term.typed)
        if found := tuple(dict.fromkeys(hit.text for hit in free.hits(indexed))):
            yield f"between braces capitals and signs count; {', '.join(found)} stands there"


def _other_people(term: AuthorTerm, indexed: IndexedPaper) -> Iterator[str]:
    surnames = {key.partition("|")[0] for key in term.keys}
    for author in indexed.paper.authors:
        if surnames & {key.partition("|")[0] for key in surname_keys(author.name)}:
            best = _best(term, author.name)
            said = "the same surname, another forename" if best == NameMatch.CONFLICT else MATCH_LABELS[best]
            yield f"{author.name}: {said}"
