"""Progress of long work: a spinner and lines on a terminal, plain lines elsewhere; formats counts of papers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def progress(doing: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner on a terminal while the work goes on; yields a function that prints a line."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda line: click.echo(line, err=True)
        return
    with console.status(doing):
        yield lambda line: console.print(line, markup=False)


def paper_count(count: int) -> str:
    """A count of papers with its noun: "1 paper", "1,200 papers"."""
    return f"{count:,} paper{'' if count == 1 else 's'}"
