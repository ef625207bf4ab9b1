"""`digest match`: try rules on papers in a file, and see what matches and where."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from digest.errors import ConfigError, Exit

if TYPE_CHECKING:
    from digest.paper import Paper
    from digest.query import Hit, Query

T = TypeVar("T")
_BATCH = 1000  # papers that are held at a time
_File = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("match", short_help="Try a rule, or many, on papers in a file.")
@click.argument("query", required=False)
@click.option("--papers", required=True, type=_File, metavar="FILE", help="Papers as `digest read --json` prints them.")
@click.option("--rules", type=_File, metavar="FILE", help='Many rules instead of QUERY, {"id": …, "query": …} a line.')
@click.option("--json", "as_json", is_flag=True, help="One match a line, as JSON.")
@click.pass_context
def command(ctx: click.Context, query: str | None, papers: Path, rules: Path | None, as_json: bool) -> None:
    """Print the papers that QUERY matches, and where; or, with --rules, which rule matches which paper.

    What is doubtful about a rule is told on standard error. So is a line that is no rule or no paper: the others are
    used, and the exit code is 3. Write `--` before a QUERY that begins with a sign.
    """
    if (query is None) == (rules is None):
        raise click.UsageError("Give either QUERY or --rules FILE.")
    lines = Lines()
    if rules is None:
        _one(str(query), lines.read(papers, _paper), as_json=as_json)
    else:
        _many(lines, rules, papers, as_json=as_json)
    ctx.exit(Exit.PARTLY if lines.refused else Exit.DONE)


@dataclass
class Lines:
    """Files of one JSON value a line; a line that cannot be used is told and counted."""

    refused: int = 0

    def read(self, file: Path, use: Callable[[dict[str, Any]], T]) -> Iterator[T]:
        with file.open("rb") as lines:  # in bytes, since text files also break at other separators
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


def _paper(value: dict[str, Any]) -> Paper:
    from digest.paper import Paper

    paper = Paper.from_json({"key": value["key"], **value})
    texts = (paper.key, paper.title, paper.abstract or "", paper.comment or "", paper.journal or "", *paper.categories)
    if not all(isinstance(text, str) for text in (*texts, *(author.name for author in paper.authors))):
        raise ValueError("key, title, abstract, comment, journal, categories and names are texts")
    return paper


def _rule(value: dict[str, Any]) -> tuple[object, Query]:
    from digest.query import parse

    if not isinstance(value["query"], str):
        raise ValueError("'query' is a text")
    if (syntax := value.get("syntax", "digest")) not in ("digest", "arxiv"):
        raise ValueError("'syntax' is digest or arxiv")
    return value["id"], parse(value["query"], syntax=syntax, expand=value.get("expand"))


def _one(text: str, papers: Iterator[Paper], *, as_json: bool) -> None:
    from digest.query import parse

    query = parse(text)
    for hint in query.hints:
        click.echo(f"hint: column {hint.position + 1}: {hint.what}", err=True)
    show = _json_line if as_json else _shower()
    for paper in papers:
        if query.matches(paper):
            show(paper, query.hits(paper))


def _json_line(paper: Paper, hits: tuple[Hit, ...]) -> None:
    click.echo(_dumped({"key": paper.key, "hits": [_values(hit) for hit in hits]}))


def _values(hit: Hit) -> dict[str, object]:
    values = {"field": hit.field, "start": hit.start, "end": hit.end, "text": hit.text, "rule": hit.rule}
    return values if hit.author is None else values | {"author": hit.author}


def _dumped(value: dict[str, object]) -> str:
    """One line for every reader: str.splitlines() and others also break at these three."""
    line = json.dumps(value, ensure_ascii=False)
    for separator in ("\x85", "\u2028", "\u2029"):
        line = line.replace(separator, f"\\u{ord(separator):04x}")
    return line.encode("utf-8", "backslashreplace").decode("utf-8")


def _shower() -> Callable[[Paper, tuple[Hit, ...]], None]:
    """Shows a paper with its title, what matched in it marked, and the words that matched elsewhere."""
    from rich.console import Console
    from rich.text import Text

    from digest.text import strip_controls

    console = Console(highlight=False, soft_wrap=True)

    def show(paper: Paper, hits: tuple[Hit, ...]) -> None:
        title, done = Text(), 0
        for start, end in sorted((hit.start, hit.end) for hit in hits if hit.field == "title"):
            title.append(strip_controls(paper.title[done:start]))
            title.append(strip_controls(paper.title[max(done, start) : end]), style="bold reverse")
            done = max(done, end)
        title.append(strip_controls(paper.title[done:]))
        console.print(Text(strip_controls(paper.key), style="dim"), title)
        for field in dict.fromkeys(hit.field for hit in hits if hit.field != "title"):
            found = dict.fromkeys(strip_controls(" ".join(hit.text.split())) for hit in hits if hit.field == field)
            console.print(Text(f"    {field}: {', '.join(found)}"))

    return show


def _many(lines: Lines, rules: Path, papers: Path, *, as_json: bool) -> None:
    from digest.query import Matcher

    read = list(lines.read(rules, _rule))
    for name, query in read:
        for hint in query.hints:
            click.echo(f"hint: rule {name}: column {hint.position + 1}: {hint.what}", err=True)
    matcher = Matcher((number, query) for number, (_, query) in enumerate(read))
    for batch in _batches(lines.read(papers, _paper)):
        for number, index in matcher.match(batch):
            name, key = read[number][0], batch[index].key
            click.echo(_dumped({"rule": name, "key": key}) if as_json else f"{key}  {name}")


def _batches(papers: Iterator[Paper]) -> Iterator[list[Paper]]:
    from itertools import islice

    while batch := list(islice(papers, _BATCH)):
        yield batch
