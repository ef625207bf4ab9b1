"""Progress of long work: a spinner and lines on a terminal, plain lines elsewhere; counts in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def progress(doing: str) -> Iterator[Callable[[str], None]]:
    """While long work goes on: a spinner and lines above it on a terminal, lines alone elsewhere."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda line: click.echo(line, err=True)
        return
    with console.status(doing):
        yield lambda line: console.print(line, markup=False)


def paper_count(count: int) -> str:
    """A count of papers in words."""
    return f"{count:,} paper{'' if count == 1 else 's'}"
