"""The list of faults, and that each has a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

LIST = [
    *(f"f{number:02}" for number in range(1, 34) if number != 4),  # F04 is about servers of recipients: we have a relay
    *(f"k{number}" for number in range(1, 14)),
    *(f"d{number}" for number in range(1, 12)),
    *(f"t{number}" for number in range(1, 6)),
    *(f"s{number}" for number in range(1, 10)),
    *(f"r{number}" for number in range(1, 5)),
    *(f"b{number}" for number in range(1, 5)),
    *(f"i{number}" for number in range(1, 14)),
    *(f"o{number}" for number in range(1, 4)),
    *(f"v{number}" for number in range(1, 6)),
    *(f"p{number}" for number in range(1, 5)),
]


def test_every_fault_has_a_test() -> None:
    named: set[str] = set()
    for file in Path(__file__).parent.glob("test_*.py"):
        for name in re.findall(r"^def test((?:_[a-z]\d{1,2})+)_", file.read_text("utf-8"), re.MULTILINE):
            named |= set(name.strip("_").split("_"))
    assert set(LIST) - named == set()
    assert named - set(LIST) == set()
