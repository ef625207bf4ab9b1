"""Whatever a file holds, it is a config or it is told why not, at a place that the file has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.app import load
from digest.errors import ConfigError, Problem
from tests.support.config_files import DIGEST_YAML, READER

KEYS = st.sampled_from(
    [
        *("sender", "owner", "postal", "contact", "smtp", "url", "user", "password", "site", "secret", "env", "file"),
        *("database", "templates", "language", "sources", "arxiv", "feeds", "categories", "oai_url", "allow_private"),
        *("email", "name", "timezone", "format", "pause", "until", "subscriptions", "when", "rules", "query", "syntax"),
        *("author", "also", "exclude", "limit", "quiet", "updates"),
    ]
)
WORDS = st.sampled_from(
    [
        *("ada@example.org", "smtp://localhost", "smtps://a:b@c:d", "maildir:x", "https://x.org", "Europe/London"),
        *("at once", "weekdays 07:30", "daily", "ti:flow", '"a', "(", "a NEAR b", "2026-12-01", "html", "cs.CL"),
        *("\x00", "\ud800", "\u202e"),
    ]
)
SCALARS = st.one_of(WORDS, st.text(max_size=20), st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False))
JUNK: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)
PIECES = st.sampled_from(
    [
        *("\t", "\n", "\r", "\x85", ": ", "- ", "&a ", "*a", "!x ", "'", '"', "{", "}", "[", "]", "? ", "| ", ">-\n"),
        *("%", "---", "...", "#"),
    ]
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config")
    (path / "subscribers").mkdir()
    return path


def judge(place: Path, digest_yaml: bytes, reader: bytes) -> None:
    """Load the two files; a ConfigError has to be about a place that they have."""
    files = {str(place / "digest.yaml"): digest_yaml, str(place / "subscribers" / "ada.yaml"): reader}
    for name, body in files.items():
        Path(name).write_bytes(body)
    for problem in problems(place):
        assert isinstance(problem, Problem)
        assert 1 <= problem.line <= files[problem.file].count(b"\n") + 1
        assert problem.column >= 1
        assert all(line.isprintable() for line in problem.what.split("\n"))


def problems(place: Path) -> tuple[Problem | str, ...]:
    """None where the folder is a config."""
    try:
        load(place, env={})
    except ConfigError as error:
        return error.problems or ("an error without a problem",)
    return ()


def mangled(text: str) -> st.SearchStrategy[str]:
    """`text` with a piece of YAML put in or something cut out."""
    cut = st.tuples(st.integers(0, len(text)), st.integers(0, 12), PIECES)
    return st.lists(cut, min_size=1, max_size=3).map(lambda cuts: _mangled(text, cuts))


def _mangled(text: str, cuts: list[tuple[int, int, str]]) -> str:
    for start, length, piece in cuts:
        text = text[:start] + piece + text[start + length :]
    return text


@given(st.binary(max_size=200))
@example(b"\xff\xfea\x00")
@example(b"\xef\xbb\xbf")
def test_any_bytes(place: Path, body: bytes) -> None:
    judge(place, body, body)


@given(st.text(max_size=200))
@example("a: \x85 \u2028b: [")
@example("%YAML 1.1\n---\nyes: no")
@example("%YAML 9.9\n---\na: b")
@example("%TAG ! !\n---\n!! a")
@example("!!binary ====\n")
@example("a: &x\n  <<: *x\n")
@example("- - - - - - - - - - - - - - - - - - - - - - - - - -")
def test_any_text(place: Path, text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    judge(place, body, body)


@given(JUNK, JUNK)
def test_any_values(place: Path, digest_yaml: Any, reader: Any) -> None:
    judge(place, json.dumps(digest_yaml).encode(), json.dumps(reader).encode())


@given(mangled(DIGEST_YAML), mangled(READER))
def test_any_slip_of_the_pen(place: Path, digest_yaml: str, reader: str) -> None:
    judge(place, digest_yaml.encode(), reader.encode())


@given(st.dictionaries(KEYS, SCALARS, max_size=3), st.dictionaries(KEYS, SCALARS, max_size=3))
def test_any_value_under_a_known_key(place: Path, digest_yaml: dict[str, Any], subscription: dict[str, Any]) -> None:
    """Every key of the subscription and of digest.yaml meets every kind of value."""
    rules = {"name": "a", "when": "at once", "rules": ["x"], **subscription}
    reader = {"email": "ada@example.org", "subscriptions": [rules], **subscription}
    judge(place, json.dumps({"sender": "a@example.org", **digest_yaml}).encode(), json.dumps(reader).encode())
