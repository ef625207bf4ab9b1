"""`digest run`: the daemon, or with --once each step one time for cron; runs the work or, with a queue, enqueues it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.event_log import event_log, level
from digest.cli.shared.options import clock_of, confirm_restore, is_rehearsed, now_option, shared_clock
from digest.errors import ConfigError, DigestError, Exit, MailboxError

if TYPE_CHECKING:
    from digest.app import App
    from digest.app.queue import JobKind

_PULL_EVERY = timedelta(minutes=5)  # how often to look for sources whose own interval is over
_TICK_EVERY = timedelta(seconds=30)
_HEAR_EVERY = timedelta(minutes=5)
_LOOK_EVERY = timedelta(minutes=5)  # whether something needs a person


@click.command("run", short_help="Run the service; --once for cron.")
@click.option("--once", is_flag=True, help="Pull, compose and deliver once each, then leave.")
@confirm_restore
@now_option
@click.pass_context
def command(ctx: click.Context, once: bool, confirm_restore: bool, now: datetime) -> None:
    """Pull, compose, deliver and hear on a clock until SIGTERM; SIGHUP reads the config anew, or keeps the old if it is
    bad.

    With --once each is done one time, for cron; the exit code is the worst of them. With `queue: true` in digest.yaml
    the work is handed on to `digest worker`, on this machine or on others.
    """
    from digest.app import load, open_app
    from digest.cli.shared.log_setup import configure_logging
    from digest.cli.shared.signals import on_signal

    if not once and is_rehearsed(ctx):
        raise click.UsageError("--now goes with --once")
    context: CliContext = ctx.obj
    configure_logging()
    with open_app(load(context.config)) as app:
        if once:
            with on_signal() as stop:
                clock = clock_of(ctx, now, app.store)
                ctx.exit(_once(app, clock(), clock, stop, restored=confirm_restore))
        _forever(app, context, restored=confirm_restore)


def _once(app: App, now: datetime, clock: Callable[[], datetime], stop: Event, *, restored: bool) -> Exit:
    if app.config.queue:
        _tell_owner(app, now)
        return _hand_on(app, now, "pull", "enrich", "compose", "deliver", restored=restored)
    codes = [_pull(app, now, stop)]
    if app.config.bounces and app.config.bounces.url and not stop.is_set():
        codes.append(_hear(app, clock))
    if not stop.is_set():
        codes.append(_compose(app, now, stop, restored=restored))
    if not stop.is_set():
        said = set[str]()
        codes.append(_deliver(app, clock, stop, restored=restored, said=said))
        if _tell_owner(app, clock()):
            _deliver(app, clock, stop, restored=restored, said=said)
    if all(code == Exit.LATER for code in codes):
        return Exit.LATER
    return _worst(codes)


def _worst(codes: list[Exit]) -> Exit:
    """One exit code for all: done if all are, a fault if it is the only outcome, else partly done."""
    faults = {code for code in codes if code is not Exit.DONE}
    if not faults:
        return Exit.DONE
    return faults.pop() if len(faults) == 1 and Exit.DONE not in codes else Exit.PARTLY


def _forever(app: App, context: CliContext, *, restored: bool) -> None:
    from digest.app.scheduler import Interval, running
    from digest.cli.shared.page_servers import serve_pages
    from digest.cli.shared.reloadable_app import ReloadableApp
    from digest.cli.shared.service_manager import is_ready, watchdog
    from digest.cli.shared.signals import on_signal

    current = ReloadableApp(app, context)
    said: set[str] = set()
    looked = [-inf]  # when it was last looked whether a person is needed, in ticks
    asked = Event()  # set after the first pull: no issue is composed before that

    def now() -> datetime:
        return shared_clock(app.store)()

    def ask() -> None:
        if current.app.config.queue:
            _hand_on(current.app, now(), "pull", "enrich", restored=restored)
            return
        try:
            _pull(current.app, now(), stop)
        finally:
            asked.set()

    def look() -> None:
        """Every few minutes, after what was due is done; the notice goes out with the next tick."""
        if (ticks := monotonic()) - looked[0] > _LOOK_EVERY.total_seconds():
            looked[0] = ticks
            _tell_owner(current.app, now())

    def tick() -> None:
        if current.app.config.queue:
            look()
            _hand_on(current.app, now(), "compose", "deliver", restored=restored)
            return
        asked.wait()
        _compose(current.app, now(), stop, restored=restored)
        if not stop.is_set():
            _deliver(current.app, shared_clock(app.store), stop, restored=restored, said=said)
            look()

    def listen() -> None:
        if current.app.config.bounces and current.app.config.bounces.url:
            _hear(current.app, shared_clock(app.store))

    with on_signal(hang_up=current.reload, ended=Exit.DONE) as stop:
        event_log().info("running", readers=len(current.app.config.subscribers), sources=len(current.app.sources))
        intervals = [
            Interval("pull", _PULL_EVERY, ask),
            Interval("tick", _TICK_EVERY, tick),
            Interval("hear", _HEAR_EVERY, listen),
            *watchdog(),
        ]
        with serve_pages(lambda: current.app), running(intervals), is_ready():
            stop.wait()
        event_log().info("stopped")


def _hand_on(app: App, now: datetime, *kinds: JobKind, restored: bool) -> Exit:
    """Enqueue the due work, for workers."""
    from digest.app.queue import enqueue_missing
    from digest.app.work import find_work

    for job in enqueue_missing(app.queue, find_work(app, now, *kinds, restored=restored)):
        event_log().info("handed on", kind=job.kind, name=job.name)
    return Exit.DONE


def _pull(app: App, now: datetime, stop: Event) -> Exit:
    from digest.cli.pull import enriched, exit_code, line
    from digest.ingest.enrich import EnrichResult
    from digest.ingest.pull import PullResult

    def tell(result: PullResult) -> None:
        if not result.resting:
            level(result.fault or result.set_aside, result.warnings)("pulled", words=line(result))

    def told(result: EnrichResult) -> None:
        level(None, result.fault or result.warnings or result.set_aside)("enriched", words=enriched(result))

    results = app.pull(now=now, stop=stop, tell=tell)
    app.enrich(now=now, stop=stop, tell=told)
    return exit_code(results)


def _compose(app: App, now: datetime, stop: Event, *, restored: bool) -> Exit:
    from digest.cli.compose import exit_code, line

    results = app.compose(
        now=now,
        stop=stop,
        restored=restored,
        tell=lambda result: level(result.fault or result.set_aside)(
            "composed", reader=result.subscriber, papers=result.papers, words=line(result)
        ),
    )
    return exit_code(results)


def _hear(app: App, clock: Callable[[], datetime]) -> Exit:
    from digest.cli.hear import line

    try:
        heard = app.read_bounces(
            clock,
            tell=lambda heard: level(None, heard.fault)("heard", kind=str(heard.kind), words=line(heard)),
        )
    except (ConfigError, MailboxError) as error:
        event_log().error("nothing heard", words=str(error))
        return Exit.LATER
    return Exit.PARTLY if any(each.fault for each in heard) else Exit.DONE


def _tell_owner(app: App, now: datetime) -> bool:
    """Write a notice to the owner where one is due; whether one was written."""
    try:
        written = app.tell_owner(now)
    except DigestError as error:  # a full disk, say: /readyz tells it
        event_log().error("the owner was not told", words=str(error))
        return False
    if written:
        event_log().warning("the owner is told by mail what needs a person")
    return written


def _deliver(app: App, clock: Callable[[], datetime], stop: Event, *, restored: bool, said: set[str]) -> Exit:
    """`said` holds the relay faults of the last run; a fault is logged once for as long as it lasts."""
    from digest.cli.deliver import exit_code

    result = app.deliver(
        clock,
        stop=stop,
        restored=restored,
        tell=lambda letter: level(None, letter.outcome != "sent")(
            "delivered", reader=letter.subscriber, outcome=letter.outcome, words=letter.words
        ),
    )
    for words in set(result.halted) - said:
        event_log().error("a relay took no letters", words=words)
    said.clear()
    said.update(result.halted)
    return exit_code(result)
