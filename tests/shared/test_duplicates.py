"""Real pairs of papers from two libraries, of which people have said whether they are one."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.papers import Author, Paper
from digest.papers.duplicates import duplicate_keys, same_paper

pytestmark = pytest.mark.shared

LEAST = 0.95


def _paper(given: dict[str, Any]) -> Paper:
    def clean(text: str) -> str:
        return html.unescape(re.sub(r"\s*(&)\s*(#\d+)\s*;\s*", r"\1\2;", text))

    names = (name.strip() for name in clean(given["authors"]).split(" , "))
    return Paper(
        key=given["title"],
        title=clean(given["title"]),
        source="dblp",
        authors=tuple(Author(name=name) for name in names if name not in ("", "?")),
        published=datetime(int(given["year"]), 1, 1, tzinfo=UTC),
    )


def test_pairs_of_dblp_and_acm(shared: Path) -> None:
    found, wrong, missed, unmet = 0, 0, 0, 0
    for line in (shared / "eval/duplicates/dblp_acm_test.jsonl").read_text().splitlines():
        pair = json.loads(line)
        a, b = _paper(pair["a"]), _paper(pair["b"])
        if same_paper(a, b):
            found, wrong = found + pair["dup"], wrong + 1 - pair["dup"]
            one, other = duplicate_keys(a), duplicate_keys(b)
            assert one is not None
            assert other is not None
            unmet += one[0] != other[0] and one[1] != other[1]
        else:
            missed += pair["dup"]
    assert found
    assert 2 * found / (2 * found + wrong + missed) >= LEAST
    assert unmet <= 0.02 * found  # a store would not even have compared them
