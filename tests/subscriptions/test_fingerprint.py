"""The fingerprint of a subscription: other rules change it, other options do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.authors import FollowedAuthor
from digest.rules import author_query, parse
from digest.subscriptions import Rule, Schedule, Subscription


def daily(hour: int, minute: int = 0) -> Schedule:
    return Schedule(days=frozenset(range(7)), hour=hour, minute=minute)


ONE = Rule(title="Sparse", query=parse("sparse"))
TWO = Rule(title="Yunhua Zhou", query=author_query("Yunhua Zhou"), person=FollowedAuthor(name="Yunhua Zhou"))
PLAIN = Subscription(name="Mine", when=daily(7), rules=(ONE, TWO))


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAIN, rules=(ONE,)),
        replace(PLAIN, rules=(ONE, replace(TWO, query=author_query("Yunhua Zhou", ["Y.-H. Zhou"])))),
        replace(PLAIN, rules=(ONE, replace(TWO, query=parse("Yunhua Zhou")))),
        replace(PLAIN, rules=(ONE, replace(TWO, person=FollowedAuthor(name="Yunhua Zhou", categories=("cs.CL",))))),
        replace(PLAIN, rules=(ONE, replace(TWO, query=parse("Yunhua Zhou", syntax="arxiv")))),
        replace(PLAIN, rules=(replace(ONE, query=parse("dense")), TWO)),
        replace(PLAIN, exclude=parse("ti:survey")),
        replace(PLAIN, categories=("cs.LG",)),
        replace(PLAIN, sources=("arxiv",)),
    ],
)
def test_other_rules_leave_another_fingerprint(changed: Subscription) -> None:
    assert changed.fingerprint != PLAIN.fingerprint


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAIN, name="Ours"),
        replace(PLAIN, when=daily(9)),
        replace(PLAIN, rules=(TWO, replace(ONE, title="Thin"))),
        replace(PLAIN, limit=3, quiet="send", updates="all"),
    ],
)
def test_what_matches_no_other_papers_leaves_the_fingerprint(changed: Subscription) -> None:
    assert changed.fingerprint == PLAIN.fingerprint
    assert PLAIN.fingerprint == "2aceb0c9a7883404a712d398a4f0f048da67ae9c12dd38f4766c2a609caf7bb0"
