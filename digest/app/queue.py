"""The work queue: runs jobs on threads of this process, or takes them from a PostgreSQL queue shared by many machines.

A job only says that there is work; the claims in the tables decide what is done, and by which process. So the next
sweep enqueues a lost job again, a duplicate job finds nothing to do, and neither changes what readers get.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Event
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from digest.errors import DigestError

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.tasks import Task

log = logging.getLogger(__name__)

LETTERS = 500
"""The most letters that one job delivers."""

THREADS = 2
"""Jobs that one process runs at a time: one computes while another waits for a disk, a relay or a service."""

_QUEUE, _TASK = "digest", "digest.work"
_SCHEMA = 0x71756575  # key of the PostgreSQL advisory lock held while the queue's tables are created
_POLL = 0.1  # seconds between two checks of `stop`

JobKind = Literal["pull", "enrich", "compose", "deliver"]

_PRIORITY: dict[JobKind, int] = {"deliver": 2, "compose": 1, "pull": 0, "enrich": 0}
"""A higher number runs first: the closer a job is to the reader's mailbox, the sooner."""


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """One unit of work: a source to pull, a shard of readers to compose for, or a batch of letters to deliver."""

    kind: JobKind
    name: str = ""  # of the source or service


RunJob = Callable[[Job, Event], object]
"""Runs a job until it is done or the event is set."""


class WorkQueue(Protocol):
    """A queue of jobs and the worker loop that runs them."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def enqueue(self, jobs: Sequence[Job], connection: Any = None) -> None:
        """Add jobs; with a database driver's `connection`, within its open transaction."""

    def waiting(self) -> Counter[Job]:
        """Count the queued jobs that no worker has started."""

    def run(self, run_job: RunJob, stop: Event, *, once: bool = False) -> None:
        """Run jobs until `stop` is set or, with `once`, until the queue is empty. A failed job is logged and dropped;
        the next sweep enqueues what it left undone.
        """


def enqueue_missing(queue: WorkQueue, jobs: Iterable[Job]) -> list[Job]:
    """Enqueue the jobs that are not waiting in the queue already, and return those."""
    left = Counter(jobs)
    left.subtract(queue.waiting())
    missing = sorted((+left).elements())
    if missing:
        queue.enqueue(missing)
    return missing


class LocalQueue:
    """The queue of a single process: its own threads run the jobs, and waiting jobs end with the process."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = threads
        self._jobs: deque[Job] = deque()
        self._busy = 0
        self._changed = Condition()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._jobs.clear()

    def enqueue(self, jobs: Sequence[Job], connection: Any = None) -> None:
        with self._changed:
            self._jobs.extend(jobs)
            self._changed.notify_all()

    def waiting(self) -> Counter[Job]:
        with self._changed:
            return Counter(self._jobs)

    def run(self, run_job: RunJob, stop: Event, *, once: bool = False) -> None:
        with ThreadPoolExecutor(self._threads, thread_name_prefix="job") as pool:
            for worker in [pool.submit(self._work, run_job, stop, once) for _ in range(self._threads)]:
                worker.result()

    def _work(self, run_job: RunJob, stop: Event, once: bool) -> None:
        while not stop.is_set():
            job = self._take()
            if job is None:
                if once and not self._busy:
                    return
                continue
            try:
                _guarded(run_job, job, stop)
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _take(self) -> Job | None:
        """Take the next job by priority, or return None after a short wait for one."""
        with self._changed:
            if not self._jobs:
                self._changed.wait(_POLL if not self._busy else _POLL / 2)
            if not self._jobs:
                return None
            job = max(self._jobs, key=lambda each: _PRIORITY[each.kind])
            self._jobs.remove(job)
            self._busy += 1
            return job


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The intervals by which dead workers and new jobs are noticed, in seconds."""

    interval: float = 10  # how often a worker sends a heartbeat
    dead_after: float = 30  # after this long without a heartbeat a worker counts as dead
    poll: float = 5  # how often a worker polls for jobs whose NOTIFY it missed


class ProcrastinateQueue:
    """The queue of many machines (procrastinate): jobs are rows in PostgreSQL, deleted when they are done."""

    def __init__(self, url: str, *, threads: int = THREADS, heartbeat: Heartbeat | None = None) -> None:
        self._url = url
        self._threads = threads
        self._heartbeat = heartbeat or Heartbeat()
        self._app: App | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._app is not None:
            self._app.close()
            self._app = None

    def enqueue(self, jobs: Sequence[Job], connection: Any = None) -> None:
        app = self._opened()
        for kind in sorted({job.kind for job in jobs}):
            task = app.tasks[_TASK].configure(priority=_PRIORITY[kind], connection=connection)
            arguments: list[dict[str, Any]] = [{"kind": job.kind, "name": job.name} for job in jobs if job.kind == kind]
            task.batch_defer(*arguments)

    def waiting(self) -> Counter[Job]:
        asked = """
            SELECT args ->> 'kind' AS kind, args ->> 'name' AS name, count(*) AS jobs FROM procrastinate_jobs
            WHERE status = 'todo' AND queue_name = %(queue)s GROUP BY 1, 2
        """
        rows = self._opened().connector.get_sync_connector().execute_query_all(asked, queue=_QUEUE)
        return Counter({Job(row["kind"], row["name"]): row["jobs"] for row in rows})

    def run(self, run_job: RunJob, stop: Event, *, once: bool = False) -> None:
        import asyncio

        self._opened()
        asyncio.run(self._run(run_job, stop, once=once))

    async def _run(self, run_job: RunJob, stop: Event, *, once: bool) -> None:
        import asyncio

        from procrastinate import App, PsycopgConnector
        from procrastinate.exceptions import ProcrastinateException

        app, heartbeat = App(connector=PsycopgConnector(conninfo=self._url, min_size=1, max_size=4)), self._heartbeat

        def work(kind: JobKind, name: str) -> None:
            _guarded(run_job, Job(kind, name), stop)

        _task(app, work)

        async def watch(worker: asyncio.Task[None]) -> None:
            while not stop.is_set():
                await asyncio.sleep(_POLL)
            worker.cancel()  # procrastinate finishes the jobs that have started

        async def rescue() -> None:
            """Requeue the jobs of dead workers."""
            while True:
                try:
                    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=heartbeat.dead_after):
                        await app.job_manager.retry_job(job)
                except ProcrastinateException as error:
                    log.warning("the queue could not be asked for the jobs of dead workers: %s", error)
                await asyncio.sleep(heartbeat.interval)

        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[_QUEUE],
                    concurrency=self._threads,
                    wait=not once,
                    fetch_job_polling_interval=heartbeat.poll,
                    update_heartbeat_interval=heartbeat.interval,
                    stalled_worker_timeout=heartbeat.dead_after,
                    delete_jobs="always",
                    install_signal_handlers=False,
                )
            )
            beside = [asyncio.create_task(watch(worker)), asyncio.create_task(rescue())]
            try:
                with suppress(asyncio.CancelledError):
                    await worker
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)

    def _opened(self) -> App:
        """The procrastinate App that enqueues; the first call creates the queue's tables and connects."""
        if self._app is None:
            from procrastinate import App, SyncPsycopgConnector

            _make_tables(self._url)
            app = App(connector=SyncPsycopgConnector(conninfo=self._url, min_size=1, max_size=2))
            _task(app, lambda kind, name: None)
            self._app = app.open()
        return self._app


def _guarded(run_job: RunJob, job: Job, stop: Event) -> None:
    try:
        run_job(job, stop)
    except DigestError as error:
        log.error("%s %s: %s", job.kind, job.name, error)
    except Exception:  # one fault must not stop other jobs; the next sweep enqueues what was left undone
        log.exception("%s %s: failed", job.kind, job.name)


def _task(app: App, work: Callable[[JobKind, str], None]) -> Task[..., None, ...]:
    return app.task(queue=_QUEUE, name=_TASK)(work)


def _make_tables(url: str) -> None:
    """Create procrastinate's tables unless they exist. Raises DigestError."""
    import psycopg
    from procrastinate.schema import SchemaManager

    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_SCHEMA,))
            there = connection.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL").fetchone()
            if there == (False,):
                connection.execute(SchemaManager.get_schema())
    except psycopg.Error as error:
        raise DigestError(f"the queue's tables cannot be made: {error}") from error
