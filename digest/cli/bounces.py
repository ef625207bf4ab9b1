"""`digest bounces`: parses saved bounces and complaints, file by file, and prints what each says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.shared.json_lines import json_line
from digest.errors import Exit

if TYPE_CHECKING:
    from digest.bounces.parse import Bounce

_MOST = 64_000_000  # bytes of one file: mail servers accept less, and a device file has no end


@click.command("bounces", short_help="Read bounces, complaints and automatic answers: who, hard or soft, and why.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One file a line, as JSON.")
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Read messages that came back (one message a file, - for standard input) and print one line for each.

    A bounce is hard where an address or its host does not exist, soft where anything else kept the letter away; with
    several recipients it is hard if any is. Nothing is changed. A file that cannot be read is told on standard error:
    the exit code is then 3, or 1 where none could be read.
    """
    from digest.bounces.parse import parse_bounce

    unread = 0
    for file in files:
        try:
            message = _bytes_of(file)
        except OSError as error:
            click.echo(f"{file}: {error.strerror}", err=True)
            unread += 1
            continue
        bounce = parse_bounce(message)
        click.echo(_values(file, bounce) if as_json else _line(file, bounce))
    if unread:
        ctx.exit(Exit.FAILED if unread == len(files) else Exit.PARTLY)


def _bytes_of(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(_MOST)
    with Path(file).open("rb") as stream:
        return stream.read(_MOST)


def _line(file: str, bounce: Bounce) -> str:
    said = " ".join(word for word in (bounce.status, bounce.reason) if word)
    parts = (f"{bounce.kind:<9}", ", ".join(bounce.addresses), said, bounce.words[:100])
    return click.format_filename(file) + ": " + "  ".join(part for part in parts if part).rstrip()


def _values(file: str, bounce: Bounce) -> str:
    return json_line(
        {
            "file": file,
            "kind": bounce.kind,
            "addresses": list(bounce.addresses),
            "status": bounce.status,
            "reason": bounce.reason,
        }
    )
