"""`digest match`: tries rules on the papers in a file, and prints what matches and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.shared.json_lines import FILE, JsonLines, json_line, paper_of
from digest.errors import Exit

if TYPE_CHECKING:
    from digest.authors import AuthorVerdict, FollowedAuthor
    from digest.papers import Paper
    from digest.rules import Hit, Query

_BATCH = 1000  # papers matched at a time


@click.command("match", short_help="Try a rule, or many, on papers in a file.")
@click.argument("query", required=False)
@click.option("--papers", required=True, type=FILE, metavar="FILE", help="Papers as `digest read --json` prints them.")
@click.option("--rules", type=FILE, metavar="FILE", help='Many rules instead of QUERY, {"id": …, "query": …} a line.')
@click.option("--json", "as_json", is_flag=True, help="One match a line, as JSON.")
@click.pass_context
def command(ctx: click.Context, query: str | None, papers: Path, rules: Path | None, as_json: bool) -> None:
    """Print the papers that QUERY matches, and where; or, with --rules, which rule matches which paper.

    A rule may also be {"id": …, "author": …, "known": […], …} as in a config file; then it is said whether each paper
    is by that person, and why. The papers of the file are all that is known of them.

    What is doubtful about a rule is told on standard error. So is a line that is no rule or no paper: the others are
    used, and the exit code is 3. Write `--` before a QUERY that begins with a sign.
    """
    if (query is None) == (rules is None):
        raise click.UsageError("Give either QUERY or --rules FILE.")
    lines = JsonLines()
    if rules is None:
        _one(str(query), lines.read(papers, paper_of), as_json=as_json)
    else:
        _many(lines, rules, papers, as_json=as_json)
    ctx.exit(Exit.PARTLY if lines.refused else Exit.DONE)


def _rule(value: dict[str, Any]) -> tuple[object, Query, FollowedAuthor | None]:
    """The rule in one line: its id, its query and, for an `author` rule, the followed person."""
    from digest.config.rule_argument import rule_from_mapping
    from digest.rules import parse

    if "author" in value:
        rule = rule_from_mapping({key: given for key, given in value.items() if key != "id"})
        return value["id"], rule.query, rule.person
    if not isinstance(value["query"], str):
        raise ValueError("'query' is a text")
    if (syntax := value.get("syntax", "digest")) not in ("digest", "arxiv"):
        raise ValueError("'syntax' is digest or arxiv")
    return value["id"], parse(value["query"], syntax=syntax, expand=value.get("expand")), None


def _one(text: str, papers: Iterator[Paper], *, as_json: bool) -> None:
    from digest.rules import parse

    query = parse(text)
    for hint in query.hints:
        click.echo(f"hint: column {hint.position + 1}: {hint.what}", err=True)
    show = _json_line if as_json else _shower()
    for paper in papers:
        if query.matches(paper):
            show(paper, query.hits(paper))


def _json_line(paper: Paper, hits: tuple[Hit, ...]) -> None:
    click.echo(json_line({"key": paper.key, "hits": [_values(hit) for hit in hits]}))


def _values(hit: Hit) -> dict[str, object]:
    values = {"field": hit.field, "start": hit.start, "end": hit.end, "text": hit.text, "rule": hit.rule}
    return values if hit.author is None else values | {"author": hit.author}


def _shower() -> Callable[[Paper, tuple[Hit, ...]], None]:
    """A function that prints a paper: its title with matches highlighted, and the matches in other fields."""
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


def _many(lines: JsonLines, rules: Path, papers: Path, *, as_json: bool) -> None:
    from digest.rules import Matcher

    read = list(lines.read(rules, _rule))
    for name, query, _ in read:
        for hint in query.hints:
            click.echo(f"hint: rule {name}: column {hint.position + 1}: {hint.what}", err=True)
    matcher = Matcher((number, query) for number, (_, query, _) in enumerate(read))
    people = [person for _, _, person in read if person]
    for batch in _batches(lines.read(papers, paper_of), whole=bool(people)):
        verdict = _judges(people, batch)
        for number, index in matcher.match(batch):
            name, _, person = read[number]
            values: dict[str, object] = {"rule": name, "key": batch[index].key}
            if person:
                made = verdict(person, batch[index])
                values |= {"outcome": made.outcome, "author": made.author, "evidence": list(made.evidence)}
            click.echo(json_line(values) if as_json else _plain(values))


def _plain(values: dict[str, object]) -> str:
    line = f"{values['key']}  {values['rule']}"
    if evidence := values.get("evidence"):
        line += f"  {values['outcome']}: {'; '.join(map(str, evidence))}"  # type: ignore[call-overload]  # a list
    return line


def _judges(people: list[FollowedAuthor], papers: list[Paper]) -> Callable[[FollowedAuthor, Paper], AuthorVerdict]:
    """A function that classifies a paper for an author; the papers of the file serve as the archive."""
    from digest.authors import AuthorProfile, DocumentFrequencies, classify, paper_keys

    named = {key: paper for paper in papers for key in paper_keys(paper)} if people else {}
    background = DocumentFrequencies.of(papers if people else ())
    profiles = {person: AuthorProfile.among(person, named, background) for person in people}
    return lambda person, paper: classify(profiles[person], paper)


def _batches(papers: Iterator[Paper], *, whole: bool) -> Iterator[list[Paper]]:
    from itertools import islice

    while batch := list(islice(papers, None if whole else _BATCH)):
        yield batch
