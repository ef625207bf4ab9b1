"""`digest check`: judges the whole config before anything runs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.cli import Place
    from digest.config import Config


@click.command("check")
@click.pass_obj
def command(place: Place) -> None:
    """Judge all config files and say what to mend.

    Each mistake is told on standard error as FILE:LINE:COLUMN: what is wrong, all of them at once, and the exit code is
    2. What can be meant but probably is not is told as a warning and changes no exit code.
    """
    import os

    from digest.config import load

    config = load(place.config, env=os.environ)
    for warning in config.warnings:
        click.echo(f"{warning.file}:{warning.line}:{warning.column}: warning: {warning.what}", err=True)
    click.echo(f"{place.config} is fine: {_summary(config)}.")


def _summary(config: Config) -> str:
    subscriptions = [subscription for reader in config.subscribers for subscription in reader.subscriptions]
    rules = sum(len(subscription.rules) for subscription in subscriptions)
    return ", ".join(
        (
            _counted(len(config.subscribers), "reader"),
            _counted(len(subscriptions), "subscription"),
            _counted(rules, "rule"),
            f"papers from {' and '.join(config.sources) or 'nowhere'}",
            f"letters by {config.relay}",
        )
    )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
