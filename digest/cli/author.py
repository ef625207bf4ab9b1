"""`digest author`: the people behind a name (author disambiguation), and a reader's answer whose a paper is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.json_lines import FILE, JsonLines, paper_of
from digest.cli.shared.options import now_option
from digest.cli.shared.progress import paper_count
from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from digest.app import App
    from digest.authors import AuthorCluster, AuthorProfile, FollowedAuthor
    from digest.papers import Paper
    from digest.papers.scholarly_metrics import Researcher

_SHOWN = 10  # papers shown of a group


@click.group("author", short_help="Who is behind a name; say which papers are theirs.")
def command() -> None:
    """See who is behind a name, and tell a person whom a reader follows from others of that name."""


@command.command("show", short_help="The papers under a name, in groups.")
@click.argument("name")
@click.option("--papers", "file", type=FILE, metavar="FILE", help="Look into this file instead of the store.")
@click.pass_obj
def show(context: CliContext, name: str, file: Path | None) -> None:
    """The papers under NAME, in groups that share no co-author and no field, and what readers' rules make of them.

    Where a service counts, the numbers of each group are shown with their source and day, or, where it keeps the name
    under several ids, these as candidates.
    """
    from digest.authors import FollowedAuthor, cluster_by_author
    from digest.rules import author_query

    wanted, query = FollowedAuthor(name=name), author_query(name)
    profiles, archive, people = _known_of(context, wanted, file)
    under = [paper for paper in archive if query.matches(paper)]
    found = cluster_by_author(wanted, under)
    in_groups = f", in {len(found)} groups" if len(found) > 1 else ""
    click.echo(f"{name}: {paper_count(len(under))} of {len(archive):,} in the archive{in_groups}")
    for number, group in enumerate(found, 1):
        click.echo("")
        for line in _shown(number, group, profiles, people):
            click.echo(line)
    if len(found) > 1:
        click.echo("")
        for line in _choice(name, found):
            click.echo(line)


Known = tuple["list[tuple[str, AuthorProfile]]", "list[Paper]", "dict[str, list[Researcher]]"]


def _known_of(context: CliContext, wanted: FollowedAuthor, file: Path | None) -> Known:
    """The profiles that follow this name, with their reader's id; the papers; by paper key the researchers so named."""
    from digest.app import load, open_app
    from digest.issues.annotate import researchers_on_papers
    from digest.rules import author_query

    if file is not None:
        return [], list(JsonLines().read(file, paper_of)), {}
    query = author_query(wanted.name)
    with open_app(load(context.config), looking=True) as app:
        archive = app.store.papers.archive()
        under = [paper.key for paper in archive if query.matches(paper)]
        return list(_profiles(app, wanted.name)), archive, researchers_on_papers(wanted, app.store, under)


def _profiles(app: App, name: str) -> Iterator[tuple[str, AuthorProfile]]:
    from digest.authors import AuthorProfile, DocumentFrequencies
    from digest.issues.compose import known_papers, with_answers

    readers = app.readers()
    answers = app.store.answers.of_readers(reader.id for reader in readers)
    for reader in readers:
        for subscription in (with_answers(reader.id, each, answers) for each in reader.subscriptions):
            stored = known_papers([subscription], app.store)
            people = [rule.person for rule in subscription.rules if rule.person]
            for person in people:
                if person.is_called(name):
                    yield reader.id, AuthorProfile.among(person, stored, DocumentFrequencies.of(stored.values()))


def _shown(
    number: int,
    group: AuthorCluster,
    profiles: Sequence[tuple[str, AuthorProfile]],
    people: Mapping[str, list[Researcher]],
) -> Iterator[str]:
    from digest.authors import classify
    from digest.text import strip_controls

    with_ = f" · with {', '.join(group.coauthors)}" if group.coauthors else ""
    yield f"{number}. {paper_count(len(group.papers))} · {', '.join(group.categories) or 'no category'}{with_}"
    yield from _counted([each for paper in group.papers for each in people.get(paper.key, ())])
    for paper in group.papers[:_SHOWN]:
        day = f"{paper.dated:%Y-%m-%d}" if paper.dated else "undated   "
        names = ", ".join(author.name for author in paper.authors[:3]) + (" et al." if len(paper.authors) > 3 else "")
        code = " · code" if paper.code else ""
        yield f"   {day}  {paper.key}  {strip_controls(paper.title)}"
        yield f"               {strip_controls(names)} · {paper.primary or 'no category'}{code}"
        for reader, profile in profiles:
            verdict = classify(profile, paper)
            yield f"               {reader}: {verdict.outcome}: {'; '.join(verdict.evidence)}"
    if len(group.papers) > _SHOWN:
        yield f"   + {len(group.papers) - _SHOWN} more"


def _counted(people: Sequence[Researcher]) -> Iterator[str]:
    """The metrics of each service: for one id its numbers, for several ids all of them as candidates."""
    from digest.papers.scholarly_metrics import SERVICES
    from digest.text import strip_controls

    for service, title in SERVICES.items():
        ids = {each.id: each for each in people if each.service == service and each.id}
        for person in ids.values():
            numbers = _numbers(person) if person.can_be_true else "no numbers that can be true"
            home = f" · {strip_controls(person.affiliation)}" if person.affiliation else ""
            day = f" ({person.at:%Y-%m-%d})" if person.at else ""
            candidate = "" if len(ids) == 1 else "candidate: "
            yield f"   {candidate}{title} {person.id}: {strip_controls(person.name)}: {numbers}{home}{day}"


def _numbers(person: Researcher) -> str:
    return f"{person.papers:,} papers, {person.citations:,} citations, h-index {person.h_index}"


def _choice(name: str, found: Sequence[AuthorCluster]) -> Iterator[str]:
    """The config lines that follow one of these people."""
    key = found[0].papers[0].key
    other = found[1].categories[0] if found[1].categories else ""
    yield "These seem to be different people. To follow the first, give one of their papers, or say what is not theirs:"
    yield f"      - author: {name}"
    yield f"        known: [{key}]"
    if other and other not in found[0].categories:
        yield f"        except: {{categories: [{other}]}}"


def _about_a_paper(function: Callable[..., None]) -> Callable[..., None]:
    """Adds the arguments of an answer: reader, name, paper, `--undo` and `--now`."""
    for decorate in (
        click.pass_obj,
        now_option,
        click.option("--undo", is_flag=True, help="Take an answer back."),
        click.argument("paper"),
        click.argument("name"),
        click.argument("who"),
    ):
        function = decorate(function)
    return function


@command.command("yes", short_help="This paper is theirs.")
@_about_a_paper
def yes(context: CliContext, who: str, name: str, paper: str, undo: bool, now: datetime) -> None:
    """PAPER is by the NAME whom WHO (a reader's id) follows: more like it will be included."""
    _answer(context, who, name, paper, None if undo else True, now)


@command.command("no", short_help="This paper is by somebody else.")
@_about_a_paper
def no(context: CliContext, who: str, name: str, paper: str, undo: bool, now: datetime) -> None:
    """PAPER is not by the NAME whom WHO (a reader's id) follows: it and its co-authors count against others."""
    _answer(context, who, name, paper, None if undo else False, now)


def _answer(context: CliContext, who: str, name: str, paper: str, theirs: bool | None, now: datetime) -> None:
    from digest.app import load, open_app
    from digest.cli.shared.reader_lookup import find_reader
    from digest.papers.ids import paper_key

    with open_app(load(context.config)) as app:
        reader, subscriptions = find_reader(app, who, None)
        person = _person([rule.person for each in subscriptions for rule in each.rules if rule.person], reader.id, name)
        key = paper_key(paper) or paper
        stored = app.store.papers.get(key)
        if stored is None and paper_key(paper) is None:
            raise ConfigError(f"{paper!r} is no paper: write arxiv:2507.05197, doi:10.1234/abc or a key of the store")
        key = stored.key if stored else key
        app.store.answers.save(reader.id, person.name, key, theirs, now=now)
    said = {True: "is theirs", False: "is another person's", None: "is as if nothing had been said"}[theirs]
    click.echo(f"{reader.id}, {person.name}: {key} {said}")
    if stored is None:
        click.echo("this paper is not in the store; the answer counts as soon as it is", err=True)


def _person(people: Sequence[FollowedAuthor], reader: str, name: str) -> FollowedAuthor:
    """The followed person with that name. Raises ConfigError, which lists those that are followed."""
    found = next((person for person in people if person.name == name), None)
    found = found or next((person for person in people if person.is_called(name)), None)
    if found is None:
        names = ", ".join(person.name for person in people) or "nobody yet"
        raise ConfigError(f"{reader} follows no {name!r}; there is: {names}")
    return found
