"""`digest init`: copies a commented sample config to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.errors import DigestError

if TYPE_CHECKING:
    from digest.cli import CliContext

_DIGEST_YAML = Path("digest.yaml")
_READER = Path("subscribers", "ada.yaml")


@click.command("init")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def command(context: CliContext, folder: Path | None) -> None:
    """Copy a commented config to DIR/config, or to ./config.

    Nothing that is there is written over; a sample reader comes only where there is no reader yet.
    """
    target = folder / "config" if folder else context.config
    for line in (_brought(_DIGEST_YAML, target), _brought_reader(target)):
        click.echo(line)
    click.echo(_next(target, folder))


def _brought(name: Path, target: Path) -> str:
    return f"{'wrote' if _copy(name, target) else 'kept '} {target / name}"


def _brought_reader(target: Path) -> str:
    """Copy the sample reader unless there are readers: among real ones it would be sent letters."""
    there = sorted(target.glob("subscribers/*.yaml"))
    return f"kept  {', '.join(map(str, there))}" if there else _brought(_READER, target)


def _next(target: Path, folder: Path | None) -> str:
    elsewhere = not folder and target != Path("config")
    digest = f"digest --config {target}" if elsewhere else "digest"
    steps = (
        *([f"cd {folder}"] if folder and folder != Path() else ()),
        f"edit {_DIGEST_YAML} and {_READER} in {target if elsewhere else 'config'}/",
        f"{digest} check",
        f"{digest} preview ada --open",
        f"{digest} send ada --since 7d --dry-run",
        f"{digest} run",
    )
    return "\n".join(("", "Next:", *(f"  {step}" for step in steps)))


def _copy(name: Path, target: Path) -> bool:
    """Copy a file unless it exists; returns whether it was written."""
    from digest.resources import shipped

    path = target / name
    if path.is_file():
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            out.write((shipped("config") / name).read_bytes())
    except OSError as error:
        raise DigestError(f"{path} cannot be written: {error.strerror}") from None
    return True
