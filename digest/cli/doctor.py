"""`digest doctor`: checks DNS records, relays, pages and the outbox, and sends a test letter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.json_lines import json_line
from digest.errors import DeliveryError, Exit

if TYPE_CHECKING:
    from digest.app import App
    from digest.app.doctor import Finding

_SIGNS = {"well": "ok  ", "doubtful": "?   ", "wrong": "FAIL", "unknown": "  - "}


@click.command("doctor", short_help="Will letters arrive, and is anything stuck? And a test letter.")
@click.option("--to", metavar="ADDRESS", help="Send a test letter there.")
@click.option("--json", "as_json", is_flag=True, help="One finding a line, as JSON.")
@click.pass_context
def command(ctx: click.Context, to: str | None, as_json: bool) -> None:
    """Look at the sender's records (SPF, DKIM, DMARC), say hello to the relays, try the one-click address; tell what
    is late, stuck or left alone, each with what to do.

    With --to a test letter is sent, signed as all are: look at its headers where it arrives. The exit code is 1 where
    anything is wrong.
    """
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    with open_app(load(context.config), looking=True) as app:
        findings = []
        for finding in app.examine(now=datetime.now(UTC)):
            findings.append(finding)
            click.echo(_values(finding) if as_json else _line(finding))
        failed = any(finding.outcome == "wrong" for finding in findings)
        if to is not None:
            failed = not _test_letter(app, to) or failed
    ctx.exit(Exit.FAILED if failed else Exit.DONE)


def _test_letter(app: App, to: str) -> bool:
    try:
        said = app.send_test_letter(to, now=datetime.now(UTC))
    except DeliveryError as error:
        click.echo(f"the test letter did not go out: {error}", err=True)
        return False
    click.echo(f"a test letter is on its way: {said}")
    return True


def _line(finding: Finding) -> str:
    mend = f"\n          {finding.mend}" if finding.mend else ""
    return f"{_SIGNS[finding.outcome]} {finding.about}: {finding.words}{mend}"


def _values(finding: Finding) -> str:
    return json_line(
        {"about": finding.about, "outcome": finding.outcome, "words": finding.words, "mend": finding.mend or None}
    )
