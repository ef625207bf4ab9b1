"""JSON Lines files (one object a line) of papers and of rules, as several commands read and write them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from digest.errors import ConfigError

if TYPE_CHECKING:
    from digest.papers import Paper

T = TypeVar("T")
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass
class JsonLines:
    """Reads files of one JSON value a line; reports and counts the lines that are invalid."""

    refused: int = 0

    def read(self, file: Path, use: Callable[[dict[str, Any]], T]) -> Iterator[T]:
        with file.open("rb") as lines:  # in binary, since text mode also breaks lines at other separators
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    yield use(_object(line))
                except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ConfigError) as error:
                    self.refused += 1
                    click.echo(f"{file}:{number}: {_reason(error)}", err=True)


def _object(line: bytes) -> dict[str, Any]:
    value = json.loads(line.decode("utf-8-sig"))
    if not isinstance(value, dict):
        raise ValueError("expected an object, {…}")
    return value


def _reason(error: Exception) -> str:
    if isinstance(error, ConfigError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "this line is no UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"this line is no JSON: {error.msg} at column {error.colno}"
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return str(error) if type(error) is ValueError else "this line has another shape than a paper or a rule"


def paper_of(value: dict[str, Any]) -> Paper:
    """The paper in one line of `digest read --json`. Raises ValueError if it is invalid."""
    from digest.papers import Paper

    paper = Paper.from_json({"key": value["key"], **value})
    texts = (paper.key, paper.title, paper.abstract or "", paper.comment or "", paper.journal or "", *paper.categories)
    if not all(isinstance(text, str) for text in (*texts, *(author.name for author in paper.authors))):
        raise ValueError("key, title, abstract, comment, journal, categories and names are texts")
    return paper


def json_line(value: dict[str, object]) -> str:
    """A value as one line of JSON; escapes the three characters at which str.splitlines() also breaks."""
    line = json.dumps(value, ensure_ascii=False)
    for separator in ("\x85", "\u2028", "\u2029"):
        line = line.replace(separator, f"\\u{ord(separator):04x}")
    return line.encode("utf-8", "backslashreplace").decode("utf-8")
