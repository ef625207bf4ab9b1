"""What a reader's rules may cost: too many texts with ~n are a mistake, told with the place."""

from __future__ import annotations

from typing import Any

import pytest

from digest.config.subscriber_yaml import MAX_SLOPS_OF_READER, mistakes, subscriber_from
from digest.errors import ConfigError


def reader(*subscriptions: list[str]) -> dict[str, Any]:
    entries = [{"name": f"s{n}", "when": "daily 07:30", "rules": rules} for n, rules in enumerate(subscriptions)]
    return {"email": "ada@example.org", "subscriptions": entries}


def close(begin: int, stop: int, prefix: str = "") -> str:
    return " OR ".join(f'{prefix}"the of"~{number}' for number in range(begin, stop))


def test_a_reader_has_so_many_texts_with_a_distance_and_no_more() -> None:
    rules = [close(0, 30), close(30, 60, "all:"), close(60, 90)]
    assert mistakes(reader([*rules, close(90, MAX_SLOPS_OF_READER)])) == ()
    assert mistakes(reader(rules, rules, rules)) == ()  # equal ones are evaluated once
    for document in (reader(rules, [close(90, 101)]), reader([*rules, close(90, 101)])):
        (found,) = mistakes(document)
        assert found.loc == ("subscriptions",)
        assert found.what.startswith("the rules have 101 different texts with ~n, which are dear to find")
        with pytest.raises(ConfigError, match="a reader has at most 100: leave some out"):
            subscriber_from("ada", document, "en")


def test_those_to_exclude_count_too() -> None:
    document = reader([close(0, 30), close(30, 60), close(60, 90)])
    document["subscriptions"][0]["exclude"] = close(90, 101)
    assert [each.loc for each in mistakes(document)] == [("subscriptions",)]
