"""An app with many readers for the tests of work batches, and a worker in a process of its own that may die.

``python -m tests.support.many_readers FOLDER NOW [--after N]``: does all work and leaves, or dies at the N-th letter.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event

from digest.app import App, load, open_app
from digest.app.queue import Heartbeat, Job, ProcrastinateQueue, enqueue_missing
from digest.app.work import WorkResult, find_work, run_job
from digest.store import Store
from tests.support.store_samples import NOW, keep, preprint

QUICK = Heartbeat(interval=0.2, dead_after=1, poll=0.2)
_ROOT = Path(__file__).parents[2]


def furnish(folder: Path, url: str, port: int, readers: int = 12, more: str = "") -> Path:
    """The config of an app in `folder`, a day of papers in its database."""
    (folder / "config" / "subscribers").mkdir(parents=True)
    queue = "queue: true\n" if url.startswith("postgresql") else ""
    text = (
        f"database: {url}\n{queue}sender: Papers <papers@example.org>\nsmtp: smtp://127.0.0.1:{port}\n"
        f"journal: {folder / 'letters'}\n{more}"
    )
    (folder / "config" / "digest.yaml").write_text(text)
    for number in range(readers):
        (folder / "config" / "subscribers" / f"r{number:03}.yaml").write_text(
            f"email: r{number}@example.org\ntimezone: UTC\nsubscriptions:\n"
            "  - {name: Mine, when: daily 07:30, rules: [route]}\n"
        )
    with Store.open(url) as store:
        keep(store, *(preprint(f"2611.{number:05}", title=f"Route {number}") for number in range(3)))
    return folder / "config"


@contextmanager
def opened(config: Path, heartbeat: Heartbeat = QUICK) -> Iterator[App]:
    """The app, whose queue sees quickly that a worker has died."""
    with open_app(load(config, {})) as app:
        if not isinstance(app.queue, ProcrastinateQueue):
            yield app
            return
        with ProcrastinateQueue(app.config.database, heartbeat=heartbeat) as queue:
            yield replace(app, queue=queue)


def work(
    app: App, *, after: int | None = None, now: datetime = NOW, told: list[WorkResult] | None = None
) -> list[WorkResult]:
    """Run the jobs that wait, until none does; their results. Kills its own process at the `after`-th result."""
    told = [] if told is None else told

    def tell(each: WorkResult) -> None:
        told.append(each)
        if len(told) == after:
            os.kill(os.getpid(), signal.SIGKILL)

    def one(job: Job, stop: Event) -> None:
        run_job(app, job, lambda: now, stop=stop, tell=tell)

    app.queue.run(one, Event(), once=True)
    return told


def sweep(app: App, now: datetime = NOW) -> list[Job]:
    """The jobs that one tick of the daemon enqueues."""
    return enqueue_missing(app.queue, find_work(app, now, "compose", "deliver"))


def start(config: Path, *given: str) -> subprocess.Popen[bytes]:
    """A worker in a process of its own."""
    command = [sys.executable, "-m", "tests.support.many_readers", str(config), NOW.isoformat(), *given]
    env: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(_ROOT)}
    return subprocess.Popen(command, env=env, cwd=_ROOT)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("now", type=datetime.fromisoformat)
    parser.add_argument("--after", type=int)
    given = parser.parse_args()
    told: list[WorkResult] = []
    # on a busy machine who is to die might take itself for dead before, and give its job back
    with opened(given.config, QUICK if given.after is None else replace(QUICK, dead_after=60)) as app:
        while sweep(app, given.now) or app.queue.waiting():
            work(app, after=given.after, now=given.now, told=told)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
