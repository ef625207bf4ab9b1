"""`digest outbox`: lists letters that were not sent, with the reason; retries, cancels, or presumes them sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.options import now_option
from digest.errors import Exit

if TYPE_CHECKING:
    from digest.store import CircuitBreaker, OutboxRow

_WAYS = {
    "deliver": "`digest deliver`, or by itself under `digest run`",
    "retry": "`digest outbox retry ID`",
    "presume": "`digest outbox presume-sent ID`",
    "suppressions": "`digest suppressions`",
    "show": "`digest outbox show ID`",
}


_ENDED = timedelta(days=7)


@click.group("outbox", short_help="Show what waits, what was refused and why.", invoke_without_command=True)
@click.option("--in-doubt", is_flag=True, help="Only letters of which nobody knows whether they arrived.")
@click.option("--json", "as_json", is_flag=True, help="One letter a line, as JSON.")
@click.pass_context
def command(ctx: click.Context, in_doubt: bool, as_json: bool) -> None:
    """List every letter that has not gone out, with its state, the reason in the server's words, and what to do.

    Below stand the letters of the last seven days that ended by themselves: merged into the next issue, or cancelled
    because their reader has left.

    Where a relay's `log` can be read it is asked about letters in doubt first: what the relay has taken is sent.
    """
    if ctx.invoked_subcommand is not None:
        return
    from digest.app import load, open_app
    from digest.mail.delivery_state import DeliveryState

    context: CliContext = ctx.obj
    with open_app(load(context.config), looking=True) as app:
        known = {word.delivery: word for word in app.read_relay_logs(datetime.now(UTC))}
        rows = app.store.outbox.unsent(in_doubt=in_doubt)
        ended = [] if in_doubt else app.store.outbox.ended(datetime.now(UTC) - _ENDED)
        counts, breakers = app.store.outbox.count_by_state(), app.store.breakers.list_all()
    if as_json:
        for row in (*rows, *ended):
            said = known[row.id].words if row.id in known else None
            click.echo(json.dumps(_values(row) | {"log": said}, ensure_ascii=True))
        return
    _table(rows)
    click.echo(", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "no letter yet")
    for word in known.values():
        click.echo(
            f"{word.delivery}  {word.subscriber}  {'sent' if word.sent else DeliveryState.IN_DOUBT}: {word.words}"
        )
    if ended:
        click.echo("ended by themselves in the last seven days:")
        _table(ended)
    for words in (*_left_alone(breakers, datetime.now(UTC)), *_advice(rows)):
        click.echo(words)


def _decide(ctx: click.Context, verb: str, ids: tuple[int, ...], now: datetime, *, keep_told: bool = False) -> None:
    """Apply a decision of the admin to letters, and tell what became of each."""
    from digest.app import load, open_app
    from digest.mail.delivery_state import DeliveryState

    state = {
        "retry": DeliveryState.READY,
        "cancel": DeliveryState.CANCELLED,
        "presume-sent": DeliveryState.SENT,
    }[verb]
    context: CliContext = ctx.obj
    with open_app(load(context.config)) as app:
        decisions = app.store.outbox.decide(ids, state, now=now, words=f"{verb}, by hand", keep_told=keep_told)
    for number in ids:
        click.echo(f"{number}: {decisions[number]}", err=not decisions[number].is_done)
    done = sum(decisions[number].is_done for number in ids)
    ctx.exit(Exit.DONE if done == len(ids) else Exit.PARTLY if done else Exit.FAILED)


_LETTERS = click.argument("ids", metavar="ID...", nargs=-1, required=True, type=click.IntRange(min=1))


@command.command("retry")
@_LETTERS
@now_option
@click.pass_context
def retry(ctx: click.Context, ids: tuple[int, ...], now: datetime) -> None:
    """Send these letters again with the next round, the same bytes.

    A letter that had ended is not sent once another issue has its papers.
    """
    _decide(ctx, "retry", ids, now)


@command.command("cancel")
@_LETTERS
@click.option("--told", "keep_told", is_flag=True, help="Their papers count as told and do not come again.")
@now_option
@click.pass_context
def cancel(ctx: click.Context, ids: tuple[int, ...], keep_told: bool, now: datetime) -> None:
    """Never send these letters. Their papers come with the reader's next issue, unless --told is given."""
    _decide(ctx, "cancel", ids, now, keep_told=keep_told)


@command.command("presume-sent")
@_LETTERS
@now_option
@click.pass_context
def presume_sent(ctx: click.Context, ids: tuple[int, ...], now: datetime) -> None:
    """These letters have arrived, as far as you know: they are not sent again."""
    _decide(ctx, "presume-sent", ids, now)


@command.command("show")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@click.option("--raw", is_flag=True, help="The letter itself, as it goes on the wire; a mail program opens it as .eml.")
@click.pass_context
def show(ctx: click.Context, number: int, raw: bool) -> None:
    """Tell all that has become of a letter: each try, and what was said to it."""
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    with open_app(load(context.config), looking=True) as app:
        story = app.store.lists.letter_history(number)
    if story is None:
        click.echo(f"{number}: no such letter, or none any more: `digest prune` drops old ones", err=True)
        ctx.exit(Exit.FAILED)
    if raw:
        click.echo(story.message, nl=False)
        return
    row = story.row
    later = f", next {row.next_at:%Y-%m-%d %H:%M} UTC" if row.next_at else ""
    click.echo(f"{row.id}  {row.subscriber}  {row.message_id}\n{row.created:%Y-%m-%d %H:%M:%S} UTC  written")
    for each in story.tries:
        by = " ".join(filter(None, (each.phase, each.relay, f"queue id {each.queue_id}" if each.queue_id else None)))
        click.echo(f"{each.at:%Y-%m-%d %H:%M:%S} UTC  {each.state}" + (f" ({by})" if by else "") + f": {each.words}")
    click.echo(f"{row.state}{later}")


@command.command("release")
@click.argument("name")
@click.pass_context
def release(ctx: click.Context, name: str) -> None:
    """Ask NAME, a relay or a receiving domain that is left alone, again with the next round."""
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    with open_app(load(context.config)) as app:
        held = [breaker for breaker in app.store.breakers.list_all() if breaker.name == name]
        released = [app.store.breakers.record_success(breaker.kind, breaker.name) for breaker in held]
        names = ", ".join(sorted({breaker.name for breaker in app.store.breakers.list_all()}))
    if not any(released):
        click.echo(f"nothing is held against it; against others: {names or 'nothing'}", err=True)
        ctx.exit(Exit.FAILED)
    click.echo("is asked again with the next round: `digest deliver`, or by itself under `digest run`")


def _left_alone(breakers: Sequence[CircuitBreaker], now: datetime) -> Iterator[str]:
    for each in breakers:
        if each.until and each.until > now:
            yield f"{each.kind} {each.name} is left alone until {each.until:%Y-%m-%d %H:%M} UTC: {each.words}"
        elif each.kind == "relay":
            yield f"relay {each.name} has failed {each.failures} times, last {each.at:%H:%M} UTC: {each.words}"


def _advice(rows: Sequence[OutboxRow]) -> Iterator[str]:
    from digest.mail.delivery_state import NEXT_STEPS, DeliveryState

    states = {row.state for row in rows}
    for state, words in NEXT_STEPS.items():
        if state in states and state not in (DeliveryState.READY, DeliveryState.LEASED):
            yield f"{state}: {words.format(**_WAYS)}"


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


def _table(rows: Sequence[OutboxRow]) -> None:
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
