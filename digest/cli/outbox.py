"""`digest outbox`: what waits, what was refused and why, what is in doubt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from digest.cli import Place

if TYPE_CHECKING:
    from digest.store import OutboxRow


@click.command("outbox", short_help="Show what waits, what was refused and why.")
@click.option("--in-doubt", is_flag=True, help="Only letters of which nobody knows whether they arrived.")
@click.option("--json", "as_json", is_flag=True, help="One letter a line, as JSON.")
@click.pass_context
def command(ctx: click.Context, in_doubt: bool, as_json: bool) -> None:
    """List every letter that has not gone out, with its state and the reason in the server's words."""
    from digest.build import load, open_house

    place: Place = ctx.obj
    with open_house(load(place.config), looking=True) as house:
        rows = house.store.outbox(in_doubt=in_doubt)
        counts = house.store.counts()
    if as_json:
        for row in rows:
            click.echo(json.dumps(_values(row), ensure_ascii=True))
        return
    _table(rows)
    click.echo(", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "no letter yet")


def _values(row: OutboxRow) -> dict[str, object]:
    return {
        "id": row.id,
        "message_id": row.message_id,
        "subscriber": row.subscriber,
        "state": str(row.state),
        "reason": row.reason,
        "attempts": row.attempts,
        "next_at": row.next_at.isoformat() if row.next_at else None,
        "created": row.created.isoformat(),
    }


def _table(rows: list[OutboxRow]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not rows:
        click.echo("nothing waits")
        return
    if not console.is_terminal:
        for row in rows:
            click.echo(f"{row.id}  {row.subscriber}  {row.state}  {row.attempts} tries  {row.reason or ''}".rstrip())
        return
    table = Table("letter", "reader", "state", "tries", "next try (UTC)", "reason", box=box.SIMPLE)
    for row in rows:
        later = f"{row.next_at:%Y-%m-%d %H:%M}" if row.next_at else ""
        table.add_row(str(row.id), row.subscriber, str(row.state), str(row.attempts), later, row.reason or "")
    console.print(table)
