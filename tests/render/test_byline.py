"""The line of authors, around the one that is followed."""

from __future__ import annotations

import pytest

from digest.render.byline import byline
from tests.support.issues import item, paper


@pytest.mark.parametrize(
    ("count", "matched", "shown", "others"),
    [
        (5, None, "A0 A1 A2 A3 A4", 0),
        (5, 4, "A0 A1 A2 A3 *A4*", 0),
        (6, None, "A0 A1 A2", 3),
        (13, 3, "A0 A1 A2 *A3*", 9),
        (13, 0, "*A0* A1 A2", 10),
        (3_000, 2_999, "A0 A1 A2 *A2999*", 2_996),
        (0, None, "", 0),
    ],
)
def test_the_first_authors_and_the_one_that_matched_are_named(
    count: int, matched: int | None, shown: str, others: int
) -> None:
    of = item(paper(names=[f"A{n}" for n in range(count)]), author=matched)
    names, more = byline(of.paper.authors, of.hits)
    assert " ".join(f"*{name.text}*" if name.hit else name.text for name in names) == shown
    assert more == others
