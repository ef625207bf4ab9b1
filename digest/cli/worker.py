"""`digest worker`: runs jobs from the queue, on any number of machines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.event_log import event_log, level
from digest.cli.shared.options import clock_of, confirm_restore, is_rehearsed, now_option, shared_clock
from digest.errors import Exit

if TYPE_CHECKING:
    from digest.app import App
    from digest.app.queue import Job, RunJob
    from digest.app.work import WorkResult


_LOOK = timedelta(seconds=30)  # between two looks for jobs of dead processes and, without a shared queue, for due work


@click.command("worker", short_help="Do work that `digest run` hands on, on any machine.")
@click.option("--once", is_flag=True, help="Do what there is, then leave.")
@confirm_restore
@now_option
@click.pass_context
def command(ctx: click.Context, once: bool, confirm_restore: bool, now: datetime) -> None:
    """Do jobs until SIGTERM, which finishes the letter in hand; SIGHUP reads the config anew.

    With `queue: true` in digest.yaml the jobs come out of PostgreSQL, where `digest run` puts them: ask a source, write
    to a shard of readers, deliver a batch of letters. Start as many workers as wanted, on as many machines; each needs
    the same config. Without it a worker beside `digest run` looks for what is due by itself, writes and delivers.
    """
    from digest.app import load, open_app
    from digest.app.scheduler import Interval, running
    from digest.cli.shared.log_setup import configure_logging
    from digest.cli.shared.reloadable_app import ReloadableApp
    from digest.cli.shared.service_manager import is_ready, watchdog
    from digest.cli.shared.signals import on_signal

    if is_rehearsed(ctx) and not once:
        raise click.UsageError("--now goes with --once")
    context: CliContext = ctx.obj
    configure_logging()
    with open_app(load(context.config)) as app:
        current = ReloadableApp(app, context)

        def run_job(job: Job, stop: Event) -> None:
            from digest.app.work import run_job

            clock = clock_of(ctx, now, app.store)  # for each job: the clock of this machine may be set meanwhile
            run_job(current.app, job, clock, stop=stop, restored=confirm_restore, tell=_log_result)

        with on_signal(hang_up=current.reload, ended=Exit.LATER if once else Exit.DONE) as stop:
            event_log().info("working", readers=len(app.config.subscribers))
            if once:
                _once(current.app, run_job, clock_of(ctx, now, app.store)(), stop, restored=confirm_restore)
            else:
                look = partial(_check_for_work, lambda: current.app, restored=confirm_restore)
                with running([Interval("look", _LOOK, look), *watchdog()]), is_ready():
                    app.queue.run(run_job, stop)
            event_log().info("stopped")


def _once(app: App, run_job: RunJob, now: datetime, stop: Event, *, restored: bool) -> None:
    """Run the due work; stop when a round leaves the same jobs, since those fail."""
    from digest.app.queue import enqueue_missing
    from digest.app.work import find_work

    before = None
    while not stop.is_set() and (jobs := find_work(app, now, "compose", "deliver", restored=restored)) != before:
        before = jobs
        if not app.config.queue:
            enqueue_missing(app.queue, jobs)
        app.queue.run(run_job, stop, once=True)


def _check_for_work(app: Callable[[], App], *, restored: bool) -> None:
    """Take over from dead processes of this machine; without a shared queue, also look for due work and enqueue it."""
    from digest.app.queue import enqueue_missing
    from digest.app.work import find_work

    now = shared_clock(app().store)()
    app().compose_window.release(now)
    if app().config.queue:
        app().recover(now, restored=restored)
    else:
        enqueue_missing(app().queue, find_work(app(), now, "compose", "deliver", restored=restored))


def _log_result(told: WorkResult) -> None:
    """Log one event for each issue, letter or answer of a source."""
    from digest.cli import compose, pull
    from digest.delivery import Delivered
    from digest.ingest.pull import PullResult
    from digest.issues.compose import ComposeResult

    if isinstance(told, ComposeResult):
        level(told.fault or told.set_aside)(
            "composed", reader=told.subscriber, papers=told.papers, words=compose.line(told)
        )
    elif isinstance(told, Delivered):
        level(None, told.outcome != "sent")("delivered", reader=told.subscriber, outcome=told.outcome, words=told.words)
    elif isinstance(told, PullResult):
        level(told.fault or told.set_aside, told.warnings)("pulled", words=pull.line(told))
    else:
        level(None, told.fault or told.set_aside)("enriched", words=pull.enriched(told))
