"""The command line (click): loads the command's own file and turns errors into messages and exit codes."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from digest import __version__
from digest.errors import DigestError, Exit

COMMANDS = (
    "demo",
    "init",
    "check",
    "pull",
    "compose",
    "deliver",
    "run",
    "serve",
    "worker",
    "send",
    "preview",
    "read",
    "match",
    "explain",
    "backtest",
    "author",
    "papers",
    "sources",
    "outbox",
    "readers",
    "hear",
    "suppressions",
    "lint",
    "bounces",
    "doctor",
    "metrics",
    "prune",
    "dkim-keygen",
)
"""In the order of `digest --help`; each is `digest/cli/NAME.py` with a click command named `command`."""


@dataclass(frozen=True, slots=True)
class CliContext:
    """What the top-level options give to every command (click's `ctx.obj`)."""

    config: Path = Path("config")


class LazyCommandGroup(click.Group):
    """A group that imports a command on first use, so that the imports of one delay no other."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"digest.cli.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise _with_nearest(error, args[0]) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DigestError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit)
        except (KeyboardInterrupt, click.Abort):
            click.echo("interrupted", err=True)
            ctx.exit(Exit.INTERRUPTED)


def _with_nearest(error: click.UsageError, word: str) -> click.UsageError:
    import difflib

    near = difflib.get_close_matches(word, COMMANDS, n=1)
    return click.UsageError(f"{error.message} Did you mean {near[0]!r}?", error.ctx) if near else error


@click.group(cls=LazyCommandGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("config"),
    show_default=True,
    metavar="DIR",
    help="The folder of digest.yaml and subscribers/.",
)
@click.version_option(__version__, message="%(version)s")
@click.pass_context
def digest(ctx: click.Context, config: Path) -> None:
    """Morning Papers: every paper you asked for, once, in a letter that looks right and says why.

    Try `digest demo` first; it needs nothing and shows the whole way. Then `digest init`, edit config/, `digest check`,
    `digest preview NAME --open`, and `digest run`.

    Exit codes: 0 done, 1 failed, 2 usage or config, 3 partly done, 75 try later, 130 interrupted.
    """
    ctx.obj = CliContext(config=config)
