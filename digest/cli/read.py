"""`digest read`: parses a saved answer of a service and prints its papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.errors import Exit

if TYPE_CHECKING:
    from digest.papers import Paper


@click.command("read", short_help="Print what a saved answer of a service holds.")
@click.argument("source")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One paper a line, as JSON.")
@click.pass_context
def command(ctx: click.Context, source: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Read saved answers of SOURCE (a key under `sources:`, such as arxiv or feeds) and print one line per record.

    Errors, headers and id lists hold no papers; that is said on standard error. A file that is no answer of the service
    is refused: the others are read, and the exit code is 1.
    """
    from digest.app.registry import installed
    from digest.errors import SourceError, reason_of

    sources = installed().sources
    if source not in sources:
        raise click.BadParameter(f"{source!r} is none of: {', '.join(sorted(sources))}", param_hint="SOURCE")

    code = Exit.DONE
    for file in files:
        try:
            reading = sources[source].read_saved(file.read_bytes(), str(file))
        except (SourceError, OSError) as error:
            what = f"{file}: {error.strerror}" if isinstance(error, OSError) else str(error)
            click.echo(what, err=True)
            code = Exit.FAILED
            continue
        except Exception as error:  # noqa: BLE001, whatever one file makes of the reader, the others are read
            click.echo(f"{file}: {reason_of(error)}", err=True)
            code = Exit.FAILED
            continue
        for paper in reading.papers:
            click.echo(paper.to_json() if as_json else _line(paper))
        if reading.said:
            click.echo(f"{file}: {reading.said}", err=True)
        for warning in reading.warnings:
            click.echo(f"{file}: warning: {warning}", err=True)
    ctx.exit(code)


def _line(paper: Paper) -> str:
    version = f"v{paper.version}" if paper.version else ""
    authors = ", ".join(author.name for author in paper.authors[:3])
    more = f", + {len(paper.authors) - 3} more" if len(paper.authors) > 3 else ""
    return f"{paper.key}{version}  {paper.title}  ({authors}{more})"
