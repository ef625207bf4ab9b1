"""Where batches of work run: on threads of this process, or as jobs in a queue that many machines share.

A job only says that there is work; what is done, and by whom, the claims in the tables decide. So a job that is lost is
handed on again by the next sweep, one that comes twice finds nothing to do, and neither changes what readers get.
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
"""Letters that one job delivers at most."""

THREADS = 2
"""Jobs that one process does at a time: one computes while another waits for a disk, a relay or a service."""

_QUEUE, _TASK = "digest", "digest.work"
_SCHEMA = 0x71756575  # PostgreSQL's advisory lock while the queue's tables are made
_POLL = 0.1  # seconds between two looks at whether to stop

JobKind = Literal["pull", "enrich", "compose", "deliver"]

_PRIORITY: dict[JobKind, int] = {"deliver": 2, "compose": 1, "pull": 0, "enrich": 0}
"""What is nearest to its reader goes first."""


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """That there is work of a kind: one source to ask, a shard of readers to write to, a batch of letters to send."""

    kind: JobKind
    name: str = ""  # of the source or service


RunJob = Callable[[Job, Event], object]
"""What does a job, until it is done or the event is set."""


class WorkQueue(Protocol):
    """Where jobs wait, and where they are done."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def enqueue(self, jobs: Sequence[Job], connection: Any = None) -> None:
        """Put jobs in line; where `connection` is the driver's, in the transaction that it is in."""

    def waiting(self) -> Counter[Job]:
        """How many jobs of each sort nobody has begun."""

    def run(self, run_job: RunJob, stop: Event, *, once: bool = False) -> None:
        """Do jobs until `stop` is set, or `once`: until none waits. A job that fails is told and given up; what it
        left undone is handed on by the next sweep.
        """


def enqueue_missing(queue: WorkQueue, jobs: Iterable[Job]) -> list[Job]:
    """Put in line what does not wait there already; what was put."""
    left = Counter(jobs)
    left.subtract(queue.waiting())
    missing = sorted((+left).elements())
    if missing:
        queue.enqueue(missing)
    return missing


class LocalQueue:
    """The line of one process: its own threads do the jobs, and what waits is gone with it."""

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
        """The next job, or None after a while without one."""
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
    """How soon it is seen that a worker has died; all in seconds."""

    interval: float = 10  # how often a worker says that it lives
    dead_after: float = 30  # how long it may be silent
    poll: float = 5  # how often a worker looks for jobs that no notice came of


class ProcrastinateQueue:
    """The line of many machines: jobs are rows in PostgreSQL (procrastinate), and gone when they are done."""

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
            worker.cancel()  # it finishes what it has begun

        async def rescue() -> None:
            """Jobs whose worker has died are put back in line."""
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
        """For handing on; with the queue's tables, which are made when it is first used."""
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
    except Exception:  # one fault must not stop the others; the next sweep hands on what was left
        log.exception("%s %s: failed", job.kind, job.name)


def _task(app: App, work: Callable[[JobKind, str], None]) -> Task[..., None, ...]:
    return app.task(queue=_QUEUE, name=_TASK)(work)


def _make_tables(url: str) -> None:
    """The queue's own tables, beside ours, where they are not there yet."""
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
