"""`digest lint`: checks the bytes of a letter against the checklist, point by point."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.shared.json_lines import json_line
from digest.errors import DigestError, Exit

if TYPE_CHECKING:
    from digest.mail.lint import LintResult

_SIGNS = {"pass": "ok  ", "fail": "FAIL", "not visible here": "  - "}


@click.command("lint", short_help="Hold a letter against the checklist, point by point.")
@click.argument("file", metavar="FILE.eml", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One point a line, as JSON.")
@click.option("--failed", is_flag=True, help="Only the points that fail.")
@click.pass_context
def command(ctx: click.Context, file: Path, as_json: bool, failed: bool) -> None:
    """Judge the letter in FILE.eml (any letter, also another program's) by its bytes, as a receiver has them.

    Each point passes, fails with its reason, or is not visible in a file. The exit code is 1 where any fails.
    """
    from digest.mail.lint import lint

    try:
        verdicts = lint(file.read_bytes())
    except OSError as error:
        raise DigestError(f"{file}: {error.strerror}") from None
    for verdict in verdicts:
        if not failed or verdict.outcome == "fail":
            click.echo(_values(verdict) if as_json else _line(verdict))
    counts = {outcome: sum(verdict.outcome == outcome for verdict in verdicts) for outcome in _SIGNS}
    if not as_json:
        click.echo(f"{counts['pass']} pass, {counts['fail']} fail, {counts['not visible here']} not visible here")
    ctx.exit(Exit.FAILED if counts["fail"] else Exit.DONE)


def _line(verdict: LintResult) -> str:
    reason = f": {verdict.reason}" if verdict.reason else ""
    return f"{_SIGNS[verdict.outcome]} {verdict.number:>2} {verdict.title}{reason}"


def _values(verdict: LintResult) -> str:
    return json_line(
        {"point": verdict.number, "title": verdict.title, "outcome": verdict.outcome, "reason": verdict.reason or None}
    )
