"""Classifies a paper against a followed author: decisive evidence first, then a weighted sum (log-odds).

The weights of name, co-authors and journal are near those fitted on PubMed (Song et al. 2015); those of categories and
text are set for arXiv's categories and this project's tf-idf, so that a full name in the known field is more likely
theirs than not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from digest.authors.features import categories, field_distance, other_authors
from digest.authors.model import AuthorOutcome, AuthorVerdict
from digest.authors.profile import AuthorProfile, TextVector, bare_orcid, institution_words, journal_key
from digest.names import NameMatch, compare_names, is_collective, may_be_same_person
from digest.papers import Paper

_NAMES: Final = {
    NameMatch.FULL: (0.3, "name in full"),
    NameMatch.SWAPPED: (0.1, "name with the surname first"),
    NameMatch.COMPOUND: (-0.2, "one half of a double surname"),
    NameMatch.INITIAL: (-1.3, "name by initials"),
    NameMatch.NONE: (-2.0, "surname alone"),
}
_FOLLOW: Final = 0.55  # minimal likelihood, together with positive evidence beside the name
_NO: Final = 0.08  # maximal likelihood, together with more than one piece of negative evidence
_SHOWN: Final = 3  # names in the evidence


@dataclass(frozen=True, slots=True)
class _Evidence:
    """One piece of evidence, with its log-odds."""

    weight: float
    words: str


def classify(profile: AuthorProfile, paper: Paper) -> AuthorVerdict:
    """Classifies a paper; of several authors with a matching name the best one counts. A pure function."""
    verdicts = [_of_author(profile, paper, place) for place in _places(profile, paper)]
    if decided := _excepted(profile, paper):
        return AuthorVerdict(outcome="no", author=verdicts[0].author if verdicts else None, evidence=(decided,))
    order = ("no", "name only", "possibly", "follow")
    none = AuthorVerdict(outcome="no", evidence=("no author of that name",))
    return max(verdicts, key=lambda verdict: (order.index(verdict.outcome), verdict.p), default=none)


def _places(profile: AuthorProfile, paper: Paper) -> Iterator[int]:
    """Indices of the authors who may be the person, by ORCID or by name."""
    followed = profile.followed
    for place, author in enumerate(paper.authors):
        if bare_orcid(author.orcid) in profile.orcids or may_be_same_person(followed.name, author.name, followed.also):
            yield place


def _excepted(profile: AuthorProfile, paper: Paper) -> str | None:
    """The exclusion by the reader that applies to the paper, in words."""
    excepted = profile.followed.excepted
    if paper_keys(paper) & {key.casefold() for key in excepted.papers}:
        return "you said: not this paper"
    ids = {bare_orcid(value) for kind, value in excepted.ids if kind == "orcid"}
    if any(bare_orcid(author.orcid) in ids for author in paper.authors if author.orcid):
        return "an ORCID that you excepted"
    for author in paper.authors:
        if profile.excepted and profile.excepted.like(author.name) >= NameMatch.INITIAL:
            return f"a co-author that you excepted: {author.name}"
    if found := sorted(categories(paper) & _covering(excepted.categories, categories(paper))):
        return f"a category that you excepted: {', '.join(found)}"
    return None


def _covering(given: tuple[str, ...], theirs: frozenset[str]) -> frozenset[str]:
    """The paper's categories that are given, themselves or by their archive."""
    return frozenset(code for code in theirs if code in given or code.partition(".")[0] in given)


def _of_author(profile: AuthorProfile, paper: Paper, place: int) -> AuthorVerdict:
    followed, author = profile.followed, paper.authors[place]
    theirs = bare_orcid(author.orcid)
    if profile.orcids and theirs:
        if theirs in profile.orcids:
            return AuthorVerdict(outcome="follow", author=place, evidence=(f"the same ORCID: {theirs}",), p=1.0)
        return AuthorVerdict(outcome="no", author=place, evidence=(f"another ORCID: {theirs}",))
    if paper_keys(paper) & {key.casefold() for key in followed.known}:
        return AuthorVerdict(outcome="follow", author=place, evidence=("you said: this paper is theirs",), p=1.0)
    field = categories(paper)
    if followed.strict and followed.categories and not _covering(followed.categories, field):
        return AuthorVerdict(outcome="no", author=place, evidence=(f"not in {', '.join(followed.categories)}",))
    best = max(compare_names(form, author.name) for form in followed.forms)
    name = _Evidence(*_NAMES.get(best, _NAMES[NameMatch.NONE]))
    if any(is_collective(form) for form in followed.forms):
        return AuthorVerdict(outcome="follow", author=place, evidence=("the name of a collaboration",), p=1.0)
    if followed.is_bare:
        as_given = best >= min(NameMatch.SWAPPED, *(compare_names(form, form) for form in followed.forms))
        said = ("by name only", name.words)
        return AuthorVerdict(
            outcome="name only" if as_given else "possibly", author=place, evidence=said, p=_likely(name.weight)
        )
    signs = sorted(_signs(profile, paper, place), key=lambda sign: -abs(sign.weight))
    p = _likely(name.weight + sum(sign.weight for sign in signs))
    speaks_for = any(sign.weight > 0 for sign in signs)
    against = sum(sign.weight < 0 for sign in signs)
    outcome: AuthorOutcome = (
        "follow" if speaks_for and p >= _FOLLOW else "no" if against > 1 and p <= _NO else "possibly"
    )
    words = [sign.words for sign in signs] + [name.words] + (["no ORCID"] if profile.orcids else [])
    return AuthorVerdict(outcome=outcome, author=place, evidence=tuple(words), p=p)


def _signs(profile: AuthorProfile, paper: Paper, place: int) -> Iterator[_Evidence]:
    """All evidence beside the name."""
    sure = min(1.0, 0.4 + profile.papers / 5)  # a lack in few known papers is weak evidence
    yield from _by_coauthors(profile, paper, place, sure)
    yield from _by_field(profile, paper, sure)
    yield from _by_text(profile, paper, sure)
    printed = institution_words(paper.authors[place].affiliation or "")
    if shared := max((known & printed for known in profile.affiliations), key=len, default=frozenset()):
        yield _Evidence(3.0, f"same affiliation: {' '.join(sorted(shared))}")
    elif printed and profile.affiliations:
        yield _Evidence(-0.5, "another affiliation")
    if journal_key(paper) and journal_key(paper) in profile.journals:
        yield _Evidence(1.5, f"same journal: {(paper.journal or '').partition(',')[0]}")
    if paper.dated and profile.year is not None and abs(paper.dated.year - profile.year) > 15:
        yield _Evidence(-0.7, f"{abs(paper.dated.year - profile.year):.0f} years apart")


def _by_coauthors(profile: AuthorProfile, paper: Paper, place: int, sure: float) -> Iterator[_Evidence]:
    names = list(other_authors(paper, place))
    found = [(name, profile.coauthors.like(name)) for name in names]
    shared = [(name, best) for name, best in found if best >= NameMatch.INITIAL]
    if shared:
        count = sum(1.0 if best > NameMatch.INITIAL else 0.4 for _, best in shared)
        listed = ", ".join(name for name, _ in shared[:_SHOWN]) + (", …" if len(shared) > _SHOWN else "")
        several = f"{len(shared)} shared co-authors" if len(shared) > 1 else "a shared co-author"
        yield _Evidence(0.7 * min(1.0, count) + 2.3 * math.log1p(count), f"{several}: {listed}")
        return
    refused = [name for name in names if profile.refused.like(name) > NameMatch.INITIAL]
    if refused:
        yield _Evidence(-2.0, f"a co-author of papers that are not theirs: {refused[0]}")
    elif profile.coauthors:
        yield _Evidence(-0.3 * sure, "no shared co-author")


def _by_field(profile: AuthorProfile, paper: Paper, sure: float) -> Iterator[_Evidence]:
    match field_distance(profile.categories, categories(paper)):
        case "same", category:
            yield _Evidence(1.4, f"same field: {category}")
        case "near", category:
            yield _Evidence(0.8, f"a field nearby: {category}")
        case "far", category:
            yield _Evidence(-2.6 * sure, f"another field: {category}")


def _by_text(profile: AuthorProfile, paper: Paper, sure: float) -> Iterator[_Evidence]:
    if not profile.texts or not paper.abstract:
        return
    text = TextVector.of(paper, profile.background)
    likeness = max(text.likeness(known) for known in profile.texts)
    if likeness >= 0.10:
        yield _Evidence(min(3.5, 12 * (likeness - 0.06)), "near text")
    elif likeness < 0.04:
        yield _Evidence(-0.8 * sure, "far text")


def _likely(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def paper_keys(paper: Paper) -> frozenset[str]:
    """Every key by which a rule or a reader's answer may refer to the paper."""
    keys = {paper.key, *(f"{kind}:{value}" for kind in ("arxiv", "doi", "pmid") if (value := getattr(paper.ids, kind)))}
    return frozenset(key.casefold() for key in (*keys, *((f"doi:{paper.doi}",) if paper.doi else ())))
