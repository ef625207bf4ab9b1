"""`digest check`: validates the whole config, and tries its rules on the stored papers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from digest.errors import DigestError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from digest.cli import CliContext
    from digest.config import Config
    from digest.papers import Paper
    from digest.store import Suppression

_MOST = 5_000  # the newest papers, on which rules are tried


@click.command("check")
@click.option("--quick", is_flag=True, help="The files alone, without a look at the papers.")
@click.option(
    "--share",
    type=click.FloatRange(0, 100, min_open=True),
    default=10,
    show_default=True,
    metavar="PERCENT",
    help="Tell of rules that match more of the papers than this.",
)
@click.pass_obj
def command(context: CliContext, quick: bool, share: float) -> None:
    """Judge all config files and say what to mend.

    Each mistake is told on standard error as FILE:LINE:COLUMN: what is wrong, all of them at once, and the exit code is
    2. What can be meant but probably is not is told as a warning and changes no exit code: doubtful readings; and, by
    the newest 5,000 papers in the store, rules that never match or match very much, terms that have another name, and
    followed names that are those of several people. So is what outranks the files: who has left, and which addresses
    get no letters.
    """
    import os

    from digest.app import load

    config = load(context.config, env=os.environ)
    warnings = list(config.warnings)
    papers: list[Paper] = []
    if not quick:
        try:
            papers, answers = _kept(config)
            warnings += answers
        except DigestError as error:
            click.echo(f"the papers could not be looked at: {error}", err=True)
        warnings += _advice(config, papers, share / 100)
    for warning in sorted(warnings):
        click.echo(f"{warning.file}:{warning.line}:{warning.column}: warning: {warning.what}", err=True)
    looked = f" Its rules were tried on {len(papers):,} papers." if papers else ""
    click.echo(f"{context.config} is fine: {_summary(config)}.{looked}")


def _kept(config: Config) -> tuple[list[Paper], list[Problem]]:
    """The newest papers, and the warnings about what the database overrides in the files."""
    from digest.app import open_app

    with open_app(config, looking=True) as app:
        answers = list(_answers(config, app.store.unsubscribes.list_all(), app.store.suppressions.list_all()))
        return app.store.papers.archive(most=_MOST), answers


def _answers(
    config: Config, unsubscribes: Mapping[tuple[str, str], str], suppressions: Sequence[Suppression]
) -> Iterator[Problem]:
    """Warnings about suppressions and unsubscribes in the database, which override the files."""
    from digest.mail.address import address_key

    suppressed = {row.address: row.reason for row in suppressions}
    for reader in config.subscribers:
        file = Problem(str(config.folder / "subscribers" / f"{reader.id}.yaml"), 1, 1, "")
        if why := suppressed.get(address_key(reader.email)):
            mend = "`digest suppressions lift ADDRESS` sends them again"
            yield replace(file, what=f"this address gets no letters ({why}): {mend}")
        for subscription in reader.subscriptions:
            why = unsubscribes.get((reader.id, subscription.name)) or unsubscribes.get((reader.id, ""))
            if why:
                place = config.places.get((reader.id, subscription.name, 0), file)
                mend = f"`digest readers return {reader.id}` sends it again"
                yield replace(place, what=f"`{subscription.name}` is not sent any more ({why}): {mend}")


def _advice(config: Config, papers: list[Paper], share: float) -> Iterator[Problem]:
    """Advice on each rule, tried on the stored papers, with its place in the file."""
    from digest.subscriptions.rule_advice import PaperArchive

    if not papers:
        return
    rules = [
        (config.places[reader.id, subscription.name, index], rule, subscription.within(rule.query))
        for reader in config.subscribers
        for subscription in reader.subscriptions
        for index, rule in enumerate(subscription.rules)
    ]
    advice = PaperArchive(papers, share).advise([rule for _, rule, _ in rules], [query for _, _, query in rules])
    for (where, _, _), words in zip(rules, advice, strict=True):
        yield from (replace(where, what=what) for what in words)


def _summary(config: Config) -> str:
    from digest.app.registry import installed

    enriching = {key for key, kind in installed().sources.items() if kind.enricher}

    subscriptions = [subscription for reader in config.subscribers for subscription in reader.subscriptions]
    rules = sum(len(subscription.rules) for subscription in subscriptions)
    helpers = [kind for kind in config.sources if kind in enriching]
    told = f", more of them from {_joined(helpers)}" if helpers else ""
    return ", ".join(
        (
            _counted(len(config.subscribers), "reader"),
            _counted(len(subscriptions), "subscription"),
            _counted(rules, "rule"),
            f"papers from {_joined([kind for kind in config.sources if kind not in enriching]) or 'nowhere'}{told}",
            f"letters by {_joined([str(relay) for relay in config.relays])}",
        )
    )


def _joined(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
