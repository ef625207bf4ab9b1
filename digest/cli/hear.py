"""`digest hear`: reads bounces and complaints from a mailbox and updates scores and suppressions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.options import now_option
from digest.cli.shared.progress import progress
from digest.errors import DigestError, Exit

if TYPE_CHECKING:
    from digest.bounces import BounceRead


@click.command("hear", short_help="Read bounces and complaints, and act on them.")
@click.argument("box", required=False)
@now_option
@click.pass_context
def command(ctx: click.Context, box: str | None, now: datetime) -> None:
    """Read the mailbox that `bounces:` names, or BOX: maildir:PATH, mbox:PATH, or - for one message on standard input.

    A bounce counts against an address only where it came to the address that one letter alone had; a complaint ends the
    subscription at once. Each message is dealt with once; none is deleted, none is answered.
    """
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    try:
        with open_app(load(context.config)) as app, progress("Listening …") as tell:
            heard = app.read_bounces(lambda: now, box=box, tell=lambda each: tell(line(each)))
            if not heard:
                tell("nothing new came back")
            if any(each.fault for each in heard):
                ctx.exit(Exit.DONE if box == "-" else Exit.PARTLY)
    except DigestError as error:
        if box != "-":
            raise
        # on any other exit code a mail server that pipes a message in would bounce it to its sender
        click.echo(str(error), err=True)
        ctx.exit(Exit.LATER)


def line(heard: BounceRead) -> str:
    """The result for one message as one line, without any address."""
    if heard.fault:
        return heard.words
    if not heard.subscriber:
        return f"{heard.kind}: {heard.words}: of no letter of ours"
    outcome = ""
    if heard.left:
        outcome = "; the subscription ends"
    elif heard.suppressed:
        outcome = "; no more letters to this address (digest suppressions)"
    elif not heard.proven:
        outcome = "; not proven, so nothing follows"
    return f"{heard.subscriber}: {heard.kind}: {heard.words}{outcome}"
