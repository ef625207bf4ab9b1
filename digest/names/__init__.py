"""Personal name matching: whether a printed author name may be the followed one, by strict grades.

A name is parsed in every way that its spelling allows ("Maria Garcia Lopez" has one surname or two); the best pair of
readings decides. Edit distance and forename prefixes are left out on purpose, since they are wrong more often than
right (Wei and Weize are two people). `rule_keys` and `surname_keys` are blocking keys, to find candidates by lookup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import lru_cache
from itertools import chain, combinations, dropwhile, product

from digest.names.spelling import PARTICLES, NamePart, NameReading, NameWord, ParsedName, parse_name


class NameMatch(IntEnum):
    """How well two names agree, in ascending order."""

    CONFLICT = 0  # another surname, or forenames or middle initials that disagree
    NONE = 1  # the surname agrees, and one side has no forename
    INITIAL = 2  # the surname and the initials agree
    COMPOUND = 3  # one half of a double surname, and a forename in full
    SWAPPED = 4  # the same words, surname first
    FULL = 5  # the surname and a forename agree


def compare_names(rule: str, printed: str) -> NameMatch:
    """How well a printed name agrees with a followed one; symmetric."""
    ours, theirs = parse_name(rule), parse_name(printed)
    if runs := ours.runs & theirs.words:
        ours = parse_name(rule, runs)
    if runs := theirs.runs & ours.words:
        theirs = parse_name(printed, runs)
    return _best_match(ours, theirs)


def may_be_same_person(rule: str, printed: str, also: Iterable[str] = ()) -> bool:
    """Whether an author rule matches a printed name: INITIAL or better, or a lone surname in the rule."""
    return any(_follows(form, printed) for form in (rule, *also))


def is_collective(name: str) -> bool:
    """Whether the name is a group's, without forename and surname: "ATLAS Collaboration"."""
    known = parse_name(name)
    return bool(known.whole) and not known.readings


@lru_cache(maxsize=1 << 15)
def rule_keys(rule: str) -> frozenset[str]:
    """Blocking keys of a followed name: every printed name that matches it has one of them among its `surname_keys`."""
    return frozenset(key for name in _parses(rule) for key in (*_keys(name, (".", ".-")), *_bare(name.lonely)))


@lru_cache(maxsize=1 << 15)
def surname_keys(printed: str) -> frozenset[str]:
    """Blocking keys of a printed name: "surname|forename", "surname|initial" with a mark, and "surname|"."""
    return frozenset(key for name in _parses(printed) for key in (*_keys(name, ("-", ".")), *_bare(name.alone)))


def _bare(surnames: Iterable[str]) -> Iterator[str]:
    return (f"{surname}|" for surname in surnames)


def _follows(rule: str, printed: str) -> bool:
    shared = rule_keys(rule) & surname_keys(printed)
    without_forename = any(key.endswith("|") for key in shared)
    return without_forename or (bool(shared) and compare_names(rule, printed) >= NameMatch.INITIAL)


def _best_match(ours: ParsedName, theirs: ParsedName) -> NameMatch:
    if ours.whole & theirs.whole:
        return NameMatch.FULL
    found = max((_agree(a, b) for a in ours.readings for b in theirs.readings), default=NameMatch.CONFLICT)
    if found < NameMatch.SWAPPED and _swapped(ours, theirs):
        return NameMatch.SWAPPED
    if found < NameMatch.NONE and (ours.lonely & theirs.alone or theirs.lonely & ours.alone):
        return NameMatch.NONE
    return found


def _swapped(ours: ParsedName, theirs: ParsedName) -> bool:
    turned = chain(product(ours.readings, theirs.swapped), product(ours.swapped, theirs.readings))
    return bool(ours.shuffled & theirs.shuffled) or any(
        a.surname & b.surname and a.together & b.together for a, b in turned
    )


def _agree(ours: NameReading, theirs: NameReading) -> NameMatch:
    if ours.surname & theirs.surname:
        return _forenames(ours, theirs) if ours.split and theirs.split else NameMatch.NONE
    if ours.halves & theirs.surname or ours.surname & theirs.halves:
        full = bool(ours.split and theirs.split) and _forenames(ours, theirs) == NameMatch.FULL
        return NameMatch.COMPOUND if full else NameMatch.CONFLICT
    return NameMatch.CONFLICT


def _forenames(ours: NameReading, theirs: NameReading) -> NameMatch:
    if ours.together & theirs.together or _leaves_out_first(ours, theirs) or _leaves_out_first(theirs, ours):
        return NameMatch.FULL
    by_parts = _aligned(ours.split, theirs.split)
    if _initials_of_hyphenated(ours, theirs) or _initials_of_hyphenated(theirs, ours):
        return by_parts
    found = _aligned(ours.joined, theirs.joined)
    return max(found, by_parts) if len(ours.split) == len(theirs.split) else found


def _leaves_out_first(ours: NameReading, theirs: NameReading) -> bool:
    """Cheng-Hsien for Alvin Cheng-Hsien: a hyphenated forename is rare enough to identify without the first one."""
    hyphenated = len(ours.joined) == 1 and len(ours.split) > 1 and not ours.joined[0].short
    return hyphenated and any(not ours.together.isdisjoint(part.forms) for part in theirs.joined[1:])


def _initials_of_hyphenated(short: NameReading, full: NameReading) -> bool:
    """J. H. for Jing-Hao: one initial per part."""
    return full.joined != full.split and len(short.split) > 1 and all(part.short for part in short.split)


def _aligned(ours: NameWord, theirs: NameWord) -> NameMatch:
    """The best match of both as written, and without leading initials for one who uses a middle name (W. Detmar)."""
    found = _in_order(ours, theirs)
    if not theirs[0].short and (called := _from_first_full(ours)):
        found = max(found, _in_order(called, theirs))
    if not ours[0].short and (called := _from_first_full(theirs)):
        found = max(found, _in_order(ours, called))
    return found


def _from_first_full(forenames: NameWord) -> NameWord:
    return tuple(dropwhile(lambda part: part.short, forenames))


def _in_order(ours: NameWord, theirs: NameWord) -> NameMatch:
    """The first forenames must agree, and the others in order; either side may omit some of these."""
    few, many = sorted((ours, theirs), key=len)
    left = iter(many)
    found = [_compared(few[0], next(left))]
    for part in few[1:]:
        agreed = next((agreed for other in left if (agreed := _compared(part, other))), NameMatch.CONFLICT)
        # L. Van Gool and Luc Van Gool agree by an initial, however the particle is read.
        found.append(min(agreed, NameMatch.INITIAL) if part.forms[0] in PARTICLES else agreed)
    if NameMatch.CONFLICT in found or _goes_by_another(ours, theirs) or _goes_by_another(theirs, ours):
        return NameMatch.CONFLICT
    return max(found)


def _goes_by_another(ours: NameWord, theirs: NameWord) -> bool:
    """M. Teresa is not Marco: a full forename that the other name lacks outweighs an equal initial."""
    if not ours[0].short or theirs[0].short:
        return False
    full = [part for part in ours if not part.short]
    return any(all(_compared(part, other) == NameMatch.CONFLICT for other in theirs) for part in full)


def _compared(ours: NamePart, theirs: NamePart) -> NameMatch:
    if ours.short and theirs.short:
        one, other = ours.forms[0], theirs.forms[0]
        return NameMatch.INITIAL if one.startswith(other) or other.startswith(one) else NameMatch.CONFLICT
    if ours.short or theirs.short:
        short, full = (ours, theirs) if ours.short else (theirs, ours)
        fits = any(_stands_for(short.forms[0], form) for form in full.forms)
        return NameMatch.INITIAL if fits else NameMatch.CONFLICT
    return NameMatch.FULL if not ours.called.isdisjoint(theirs.forms) else NameMatch.CONFLICT


def _stands_for(short: str, full: str) -> bool:
    """J.-H. for Jinghao: the first initial begins the word, each other one a later syllable of two letters or more."""
    place = 0
    for initial in short.split("-"):
        place = full.find(initial, place + 1) if place else len(initial) * full.startswith(initial)
        if place < 1:
            return False
    return True


def _parses(text: str) -> list[ParsedName]:
    """The parsed name, for each choice of capital runs (JH, LI) as words instead of initials."""
    name = parse_name(text)
    chosen = chain.from_iterable(combinations(name.runs, count) for count in range(1, len(name.runs) + 1))
    return [name, *(parse_name(text, frozenset(words)) for words in chosen)]


def _keys(name: ParsedName, initials: tuple[str, str]) -> Iterator[str]:
    """Blocking keys of a name; `initials` are the marks for a full and for an abbreviated forename.

    Two full forenames agree by a form, an abbreviated one with either by its initial. So the key of a followed full
    forename finds abbreviated ones only, the key of a followed abbreviated one finds both.
    """
    yield from (f"={letters}" for letters in name.whole | name.shuffled)
    for reading in (*name.readings, *name.swapped):
        ends = {f"|{form}" for form in reading.together}
        for part in (*reading.joined, *reading.split):
            ends |= {f"|{form[0]}{mark}" for form in part.called if form for mark in initials[part.short]}
            ends |= {f"|{form}" for form in (() if part.short else part.called.union(part.forms))}
        yield from (surname + end for surname in reading.surname | reading.halves for end in ends)
