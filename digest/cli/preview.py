"""`digest preview`: renders a reader's next letter to files without sending it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.options import TimeParam, now_option

if TYPE_CHECKING:
    from digest.app import App
    from digest.issues import Issue


@click.command("preview", short_help="See a reader's letter; nothing is written or sent.")
@click.argument("who")
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "text", "eml"]),
    default="text",
    help="[default: text, html with --open or -o FILE.html]",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there.")
@click.option("--open", "open_it", is_flag=True, help="Show it in the browser.")
@click.option(
    "--since", type=TimeParam(), metavar="TIME", help="Papers dated from then on: a date or a span.  [default: 7d]"
)
@click.option("--subscription", metavar="NAME", help="This subscription.  [default: the first one]")
@now_option
@click.pass_context
def command(
    ctx: click.Context,
    who: str,
    form: str,
    output: Path | None,
    open_it: bool,
    since: datetime | None,
    subscription: str | None,
    now: datetime,
) -> None:
    """Print the letter that WHO (a reader's id) would get for the papers in the store.

    With --open alone it is shown as desktop, phone, dark phone and text, side by side.
    """
    from digest.app import load, open_app
    from digest.cli.shared.reader_lookup import find_reader
    from digest.issues.compose import compose_manual

    given = ctx.get_parameter_source("form") is not click.core.ParameterSource.DEFAULT
    beside = open_it and not given and output is None
    if not given and (open_it or output is not None):
        form = _form_of(output)
    context: CliContext = ctx.obj
    with open_app(load(context.config), looking=True) as app:
        reader, chosen = find_reader(app, who, subscription)
        if len(chosen) > 1:
            names = ", ".join(repr(each.name) for each in chosen)
            click.echo(f"{reader.id} has {names}; this is the first; choose with --subscription NAME", err=True)
        since = since or now - timedelta(days=7)
        issue = compose_manual(reader, chosen[0], app.store, since=since, until=now, now=now).issue
        body = _beside(app, issue) if beside else _print(app, issue, form)
    if not issue.count:
        click.echo(
            "no paper in the store matches: `digest pull` asks for new ones, --since 30d looks further back", err=True
        )
    if output is None and open_it:
        output = _temporary(form)
    if output is None:
        click.echo(body, nl=False)
    else:
        from digest.store.private_files import write_private

        write_private(output, body)
        click.echo(f"written to {output}", err=True)
    if open_it:
        click.launch(str(output))


def _form_of(output: Path | None) -> str:
    return {".txt": "text", ".eml": "eml"}.get(output.suffix if output else "", "html")


def _print(app: App, issue: Issue, form: str) -> bytes:
    if form == "eml":
        return app.letters(issue).message
    parts = app.letters.parts(issue)
    return (parts.text if form == "text" or parts.html is None else parts.html).encode()


def _beside(app: App, issue: Issue) -> bytes:
    return app.letters.renderer.beside(app.letters.parts(issue)).encode()


def _temporary(form: str) -> Path:
    import tempfile

    return Path(tempfile.mkdtemp(prefix="digest-")) / {"text": "letter.txt"}.get(form, f"letter.{form}")
