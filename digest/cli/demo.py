"""`digest demo`: pull, compose and deliver on bundled sample answers, with local servers and no network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.errors import Exit

if TYPE_CHECKING:
    from rich.console import Console

    from digest.app import App
    from digest.http import HttpClient

MORNING = datetime(2026, 11, 20, 7, 35, tzinfo=UTC)
"""The clock of the demo: a Friday morning, after arXiv's announcement of Thursday evening."""

_ANSWERS = {"/oai": "oai.xml", "/rss": "feed.xml", "/api/query": "query.xml", "/journal.xml": "journal.xml"}


@click.command("demo", short_help="See the whole way on bundled papers; needs nothing.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    metavar="DIR",
    help="Where the database and the letters lie.",
)
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """Take sixty sample papers the whole way into three readers' letters.

    A small web server on this machine answers as the services do, an embedded SQLite keeps the papers, and an embedded
    mail server catches the letters as .eml and .html files. A second run finds everything sent and adds nothing.
    """
    from rich.console import Console

    from digest.app import load, open_app
    from digest.cli.shared.smtp_sink import run_smtp_sink

    console = Console(highlight=False)
    letters = folder / "letters"
    with _services() as web_port, run_smtp_sink(letters) as sink:
        config = _furnish(folder, web_port=web_port, mail_port=sink.port)
        with open_app(load(config), client=_impatient()) as app:
            code = _whole_way(app, console)
    _point_out(letters, console)
    ctx.exit(code)


def _whole_way(app: App, console: Console) -> Exit:
    console.print("[bold]1  Pull[/]      ask the services, read their answers, keep each paper once")
    pulled = app.pull(now=MORNING, by_hand=True)
    for each in pulled:
        console.print(
            f"   {each.source}: {each.fault or f'{each.papers} papers, {each.new} new, {each.updates} updated'}"
        )

    console.print("[bold]2  Compose[/]   match them against the readers' rules, write one issue each")
    composed = app.compose(now=MORNING)
    for issue in composed:
        more = f", {issue.more} more not shown" if issue.more else ""
        console.print(f"   {issue.subscriber}: {issue.fault or f'{issue.papers} papers matched{more}'}")
    if not composed:
        console.print("   nothing is due: every reader has this morning's issue")

    console.print("[bold]3  Deliver[/]   send each letter by SMTP, once")
    delivered = app.deliver(lambda: MORNING)
    for letter in delivered.letters:
        console.print(f"   {letter.subscriber}: {letter.outcome}", markup=False)
    if not delivered.letters:
        console.print("   nothing waits: all letters were sent before")

    faults = [each.fault for each in pulled if each.fault] + [each.fault for each in composed if each.fault]
    unsent = [letter for letter in delivered.letters if letter.outcome != "sent"]
    return Exit.FAILED if faults or unsent or delivered.stopped else Exit.DONE


def _impatient() -> HttpClient:
    """An HTTP client without rate limits, since the demo's services run in this process."""
    from digest.http import HttpClient

    return HttpClient(contact="demo@example.org", sleep=lambda seconds: None)


def _point_out(letters: Path, console: Console) -> None:
    console.print(f"\n[bold]The letters[/]  in {letters}")
    pages = sorted(letters.glob("*.html"))
    for page in pages:
        console.print(f"   {page.name}", markup=False)
    if pages:
        console.print(f"\nOpen one in a browser:  {pages[0].resolve().as_uri()}", soft_wrap=True)
    console.print("Then make it yours:     digest init")


def _furnish(folder: Path, *, web_port: int, mail_port: int) -> Path:
    """Write the demo's config with the ports of this run; the database and letters of an earlier run stay."""
    from digest.resources import shipped
    from digest.store.private_files import write_private

    config = folder / "config"
    shutil.copytree(
        shipped("config") / "demo",
        config,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("*.xml"),
        copy_function=lambda source, target: write_private(Path(target), Path(source).read_bytes()),
    )
    file = config / "digest.yaml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("SMTPPORT", str(mail_port)).replace("PORT", str(web_port))
    write_private(file, text.replace("sqlite:///", f"sqlite:///{folder.resolve()}/").encode())
    return config


@contextmanager
def _services() -> Iterator[int]:
    """Run a loopback web server that answers like arXiv and a journal's feed; yields its port."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread
    from urllib.parse import urlsplit

    from digest.resources import shipped

    sample = shipped("config") / "demo"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the method name that http.server looks for
            name = next((file for path, file in _ANSWERS.items() if urlsplit(self.path).path.startswith(path)), None)
            body = (sample / name).read_bytes() if name else b""
            self.send_response(200 if name else 404)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's parameter name)
            """Log nothing; the demo prints its own lines."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
