"""Why a query matches a paper, or why not: term by term, where each stands and what stands there instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from digest.names import Grade, follows, grade, rule_keys, surname_keys
from digest.papers import Paper
from digest.rules import tree
from digest.rules.indexed_paper import TEXT, View, view
from digest.rules.phrases import Close, Hit, Near, Ways, Words, ways_of, words_of
from digest.rules.terms import Anywhere, Category, Dated, Exact, Fact, Identifier, Leaf, Person

_MOST_FORMS: Final = 8
GRADES: Final = {
    Grade.FULL: "the name in full",
    Grade.SWAPPED: "the name, surname first",
    Grade.COMPOUND: "one half of a double surname",
    Grade.INITIAL: "the name by initials",
    Grade.NONE: "the surname, and one of the two has no forename",
    Grade.CONFLICT: "another name",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One operator with its parts, or one term."""

    kind: Literal["and", "or", "not", "term"]
    text: str  # as the query is read aloud
    matches: bool
    hits: tuple[Hit, ...] = ()  # where a term stands
    forms: tuple[str, ...] = ()  # what was searched for, folded
    notes: tuple[str, ...] = ()  # what stands there instead, or why it counts
    parts: tuple[Part, ...] = ()

    @property
    def terms(self) -> Iterator[tuple[Part, bool]]:
        """All terms in order, and whether each stands under a NOT."""
        if self.kind == "term":
            yield self, False
        for part in self.parts:
            for term, negated in part.terms:
                yield term, negated != (self.kind == "not")


def explain(root: tree.Node, paper: Paper | View) -> Part:
    """Each operator and each term of a query, as this paper answers it."""
    seen = view(paper)
    matches = tree.matches(root, seen)
    text = tree.spoken(root)
    if isinstance(root, tree.Not):
        return Part(kind="not", text=text, matches=matches, parts=(explain(root.part, seen),))
    if isinstance(root, tree.And | tree.Or):
        kind: Literal["and", "or"] = "and" if isinstance(root, tree.And) else "or"
        return Part(kind=kind, text=text, matches=matches, parts=tuple(explain(part, seen) for part in root.parts))
    hits = tuple(dict.fromkeys(root.hits(seen))) if matches else ()
    notes = tuple(_for(root, seen) if matches else _instead(root, seen))
    return Part(kind="term", text=text, matches=matches, hits=hits, forms=_forms(root), notes=notes)


# -- what was searched for ---------------------------------------------------------


def _forms(leaf: Leaf) -> tuple[str, ...]:
    """The folded words of a term in every way that they may be written."""
    if isinstance(leaf, Words):
        return _written(leaf.ways)
    if isinstance(leaf, Near):
        return tuple(form for words in (*leaf.left, *leaf.right) for form in _written(words.ways))
    if isinstance(leaf, Close):
        return tuple(form for words in leaf.words for form in _written(words.ways))
    if isinstance(leaf, Exact):
        return (leaf.text,)
    if isinstance(leaf, Anywhere):
        return tuple(dict.fromkeys(form for place in leaf.places for form in _forms(place)))
    return ()


def _written(ways: Ways) -> tuple[str, ...]:
    if len(ways) == 1:
        slot = ways[0][0][0]
        return tuple(sorted(slot.keys)) or (slot.word,)
    lines: list[tuple[int, str]] = [(0, "")]
    done = list[str]()
    while lines and len(done) < _MOST_FORMS:
        index, text = lines.pop(0)
        for slot, following in ways[index]:
            longer = f"{text} {slot.word}".strip()
            done += [longer] if following == len(ways) else []
            lines += [(following, longer)] if following < len(ways) else []
    return tuple(done[:_MOST_FORMS])


# -- why it counts -----------------------------------------------------------------


def _for(leaf: Leaf, seen: View) -> Iterator[str]:
    if isinstance(leaf, Person):
        for author in seen.paper.authors:
            if follows(leaf.name, author.name, leaf.also):
                yield f"{author.name}: {GRADES[_best(leaf, author.name)]}"
    elif isinstance(leaf, Category | Fact | Dated):
        yield _fact(leaf, seen)


def _best(leaf: Person, printed: str) -> Grade:
    return max(grade(form, printed) for form in (leaf.name, *leaf.also))


def _fact(leaf: Category | Fact | Dated, seen: View) -> str:
    paper = seen.paper
    if isinstance(leaf, Category):
        return f"the paper is in {', '.join(paper.categories) or 'no category'}" + (
            f", first in {paper.primary}" if leaf.primary and paper.primary else ""
        )
    if isinstance(leaf, Dated):
        date = seen.dates[leaf.which]
        return f"{leaf.which} {date:%Y-%m-%d %H:%M} UTC" if date else f"the paper has no date for {leaf.prefix}"
    if leaf.kind == "src":
        return f"the paper came from {paper.source}"
    return f"the paper has {'a' if leaf.key in seen.facts else 'no'} {leaf.value}"


# -- what stands there instead -------------------------------------------------------


def _instead(leaf: Leaf, seen: View) -> Iterator[str]:
    if isinstance(leaf, Words):
        yield from _near_words(leaf, seen)
    elif isinstance(leaf, Exact):
        yield from _near_exact(leaf, seen)
    elif isinstance(leaf, Near | Close):
        words = leaf.words if isinstance(leaf, Close) else (*leaf.left, *leaf.right)
        found, missing = ([_written(each.ways)[0] for each in words if each.matches(seen) == there] for there in (1, 0))
        yield "all its words are there, but not so close" if not missing else f"not there: {', '.join(missing)}"
        if found and missing:
            yield f"there: {', '.join(found)}"
    elif isinstance(leaf, Person):
        yield from _other_people(leaf, seen)
    elif isinstance(leaf, Category | Fact | Dated):
        yield _fact(leaf, seen)
    elif isinstance(leaf, Identifier):
        same = sorted(key for key in seen.facts if key.startswith(f"{leaf.kind}:"))
        yield f"the paper has {', '.join(same)}" if same else f"the paper has no {leaf.kind}"


def _near_words(leaf: Words, seen: View) -> Iterator[str]:
    for name in TEXT:
        if name not in leaf.fields and replace(leaf, fields=(name,)).matches(seen):
            yield f"it stands in the {name}: write {_FIELD[name]}:{leaf.typed}"
    if others := _unquoted(leaf, seen):
        yield f"in quotes it is that form only; {', '.join(others)} stands there"
    if len(leaf.ways) > 1:
        singles = [Words((((slot, 1),),), leaf.fields, slot.word) for way in leaf.ways for slot, _ in way[:1]]
        there = [single.typed for single in singles if single.matches(seen)]
        if len(there) == len(singles):
            yield "its words are there, but not in a row: without quotes, or with NEAR/5, it would be found"
        elif there:
            yield f"of its words only {', '.join(there)} {'stand' if len(there) > 1 else 'stands'} there"
    if rule_keys(leaf.typed.strip('"')) and Person(leaf.typed.strip('"'), leaf.typed).matches(seen):
        yield f"it is an author's name: write au:{leaf.typed}"


_FIELD: Final = {"title": "ti", "abstract": "abs", "comment": "co", "journal": "jr"}


def _unquoted(leaf: Words, seen: View) -> Sequence[str]:
    """What a single quoted word would find without its quotes."""
    if len(leaf.ways) > 1 or not leaf.ways[0][0][0].form:
        return ()
    free = Words(ways_of(words_of(leaf.typed.strip('"')), quoted=False), leaf.fields, leaf.typed)
    return tuple(dict.fromkeys(hit.text for hit in free.hits(seen)))


def _near_exact(leaf: Exact, seen: View) -> Iterator[str]:
    terms = words_of(leaf.text)
    if terms:
        free = Words(ways_of(terms, quoted=False), leaf.fields, leaf.typed)
        if found := tuple(dict.fromkeys(hit.text for hit in free.hits(seen))):
            yield f"between braces capitals and signs count; {', '.join(found)} stands there"


def _other_people(leaf: Person, seen: View) -> Iterator[str]:
    surnames = {key.partition("|")[0] for key in leaf.keys}
    for author in seen.paper.authors:
        if surnames & {key.partition("|")[0] for key in surname_keys(author.name)}:
            best = _best(leaf, author.name)
            said = "the same surname, another forename" if best == Grade.CONFLICT else GRADES[best]
            yield f"{author.name}: {said}"
