"""`digest deliver`: sends the letters that wait in the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.options import clock_of, confirm_restore, now_option
from digest.cli.shared.progress import progress
from digest.errors import Exit

if TYPE_CHECKING:
    from digest.delivery import Delivered, DeliverySummary
    from digest.store import CircuitBreaker


@click.command("deliver", short_help="Send what waits in the outbox.")
@confirm_restore
@now_option
@click.pass_context
def command(ctx: click.Context, confirm_restore: bool, now: datetime) -> None:
    """Send every letter whose time has come; SIGTERM finishes the letter in hand and leaves the others."""
    from digest.app import load, open_app
    from digest.cli.shared.signals import on_signal

    context: CliContext = ctx.obj
    with open_app(load(context.config)) as app, on_signal() as stop, progress("Sending …") as tell:
        clock = clock_of(ctx, now, app.store)
        result = app.deliver(
            clock, stop=stop, by_hand=True, restored=confirm_restore, tell=lambda letter: tell(line(letter))
        )
        if result.stopped:
            tell(f"stopped: {result.stopped}; what is left waits in the outbox")
        for words in result.halted:
            if words != result.stopped:
                tell(f"took no letters: {words}")
        if not (result.letters or result.stopped or result.halted):
            tell(
                _left(app.store.breakers.list_all(), clock())
                if app.store.outbox.has_ready(clock())
                else "nothing waits"
            )
    ctx.exit(exit_code(result))


def _left(breakers: Sequence[CircuitBreaker], now: datetime) -> str:
    """The relays and domains that are not tried now, as the reason why waiting letters were not sent."""
    resting = [each for each in breakers if each.kind == "domain" and each.until and each.until > now]
    said = [f"{each.name} is left alone until {each.until:%Y-%m-%d %H:%M} UTC: {each.words}" for each in resting]
    return "\n".join(["letters wait, and none of them can go out now", *said])


def line(letter: Delivered) -> str:
    """The result for one letter as one line, without its address."""
    return f"{letter.subscriber}: {letter.outcome}" + (f": {letter.words}" if letter.words else "")


def exit_code(result: DeliverySummary) -> Exit:
    """The exit code: done, partly done, or try later."""
    if result.stopped:
        return Exit.LATER
    done = result.count("sent") + result.count("cancelled")
    return Exit.DONE if done == len(result.letters) else Exit.PARTLY
