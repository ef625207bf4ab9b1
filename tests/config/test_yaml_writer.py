"""Documents written as files: what is read again is what was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from digest.app import load
from digest.config.subscriber_yaml import subscriber_from
from digest.config.yaml_file import read_yaml
from digest.config.yaml_writer import to_yaml
from tests.support.config_files import DIGEST_YAML, folder

ADA: dict[str, Any] = {
    "email": "ada@example.org",
    "name": "no",
    "timezone": "Europe/London",
    "language": None,
    "format": "text",
    "pause": {"until": "2026-12-01"},
    "subscriptions": [
        {
            "name": "Sparse: models # 1",
            "when": "weekdays 07:30",
            "rules": [
                '"mixture of experts" AND rout*',
                "it's -dense",
                {"query": "MoE\nAND routing", "syntax": "digest", "expand": {"MoE": ["mixture of experts"]}},
                {"author": "Yunhua Zhou", "known": ["arxiv:2507.05190"], "strict": True, "categories": ["cs.LG"]},
            ],
            "exclude": "ti:survey",
            "limit": 30,
        }
    ],
}
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30)


def test_a_reader_is_read_again_as_they_were(tmp_path: Path) -> None:
    config = load(
        folder(tmp_path, DIGEST_YAML, ada=to_yaml(ADA, ["What they said:", "- muted: dense\nemail: x"])), env={}
    )
    assert config.subscribers == (subscriber_from("ada", ADA, "en"),)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, max_size=4), TEXTS)
def test_no_text_is_too_odd(tmp_path: Path, texts: list[str], remark: str) -> None:
    file = tmp_path / "odd.yaml"
    text = to_yaml({"name": "x", "rules": texts}, [remark])
    file.write_text(text, "utf-8", newline="")
    found = read_yaml(file)
    assert not found.problems
    assert found.data == {"name": "x", "rules": texts}
    assert YAML(typ="safe").load(text) == found.data


@pytest.mark.parametrize(
    "word", ["no", "Yes", "on", "null", "~", "1e3", "2611.00001", "0x1f", "12:30", "2026-11-20", "="]
)
def test_what_other_programs_take_for_something_else_is_quoted(word: str) -> None:
    assert to_yaml({"name": word}) == f"name: '{word}'\n"


def test_a_remark_stays_a_remark() -> None:
    assert (
        to_yaml({"a": "b"}, ["x\nemail: evil", "  deeper\r\u2028y", ""]) == "a: b\n# x email: evil\n#   deeper y\n#\n"
    )
