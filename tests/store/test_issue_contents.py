"""What an issue holds: it comes back from its packed form as it went in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import DigestError
from digest.store.issue_contents import IssueEntry, facts_of, pack_contents, records_of, unpack_contents

EVENTS = st.sampled_from(["new", "published", "withdrawn"]) | st.integers(1, 99).map("revised v{}".format)
RECORDS = st.integers(1, 40) | st.integers(1, 2**40)
SHOWN = st.builds(IssueEntry, RECORDS, EVENTS, st.text(max_size=20))
BEHIND = st.builds(IssueEntry, RECORDS, EVENTS, st.none(), st.booleans())


@given(st.lists(SHOWN, max_size=30), st.lists(BEHIND, max_size=60))
def test_contents_round_trip(shown: list[IssueEntry], behind: list[IssueEntry]) -> None:
    packed = pack_contents([*shown, *behind])
    assert unpack_contents(packed) == [*shown, *behind]
    assert records_of(packed) == [entry.record for entry in (*shown, *behind)]
    assert list(facts_of(packed)) == [(entry.record, entry.event) for entry in (*shown, *behind)]


def test_many_sections_and_many_papers_are_kept() -> None:
    entries = [IssueEntry(number, "new", f"rule {number % 700}") for number in range(70_000)]
    assert unpack_contents(pack_contents(entries)) == entries


def test_a_usual_issue_takes_some_two_hundred_bytes() -> None:
    shown = [IssueEntry(900_000 + 37 * number, "new", f"rule {number % 3}") for number in range(16)]
    behind = [IssueEntry(900_000 + 11 * number, "new") for number in range(28)]
    assert len(pack_contents([*shown, *behind])) < 300


def test_an_issue_of_a_newer_version_is_refused() -> None:
    packed = pack_contents([IssueEntry(1, "new", "rule")])
    with pytest.raises(DigestError, match="newer version"):
        unpack_contents(b"\x02" + packed[1:])
    assert unpack_contents(None) == []


def test_the_cards_come_first() -> None:
    with pytest.raises(ValueError, match="come first"):
        pack_contents([IssueEntry(1, "new"), IssueEntry(2, "new", "rule")])
