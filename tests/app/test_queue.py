"""Work in batches: the same promises on threads of one process and in a queue of many machines, whatever dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock, Timer
from typing import Any

import pytest
from sqlalchemy import text

from digest.app.queue import Job, LocalQueue, ProcrastinateQueue, WorkQueue, enqueue_missing
from digest.errors import DigestError
from digest.issues.compose import ComposeResult
from digest.store import Store
from tests.support.many_readers import QUICK, furnish, opened, start, sweep, work
from tests.support.servers import MailServer
from tests.support.store_samples import NOW, publication, subscribe

READERS = 12
COMPOSE, DELIVER = Job("compose"), Job("deliver")


@pytest.fixture(params=["local", "procrastinate"])
def queue(request: pytest.FixtureRequest) -> Iterator[WorkQueue]:
    if request.param == "local":
        with LocalQueue() as local:
            yield local
        return
    with ProcrastinateQueue(request.getfixturevalue("postgres_url"), heartbeat=QUICK) as queue:
        yield queue


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def config(store_url: str, tmp_path: Path, mail: MailServer) -> Path:
    """The config of an app in which every reader's digest is due."""
    return furnish(tmp_path, store_url, mail.port, READERS)


def run(queue: WorkQueue, fails: Job | None = None) -> Counter[Job]:
    """What was done, once each time."""
    done: Counter[Job] = Counter()
    lock = Lock()

    def do(job: Job, stop: Event) -> None:
        with lock:
            done[job] += 1
        if job == fails:
            raise DigestError("out of ink")

    queue.run(do, Event(), once=True)
    return done


def letters(mail: MailServer) -> Counter[str]:
    """How often each reader got one."""
    return Counter(taken.recipients[0] for taken in mail.taken)


def everyone() -> Counter[str]:
    return Counter(f"r{number}@example.org" for number in range(READERS))


def issues(config: Path) -> Counter[str]:
    with opened(config) as app:
        return Counter(row.subscriber for row in app.store.issues.latest())


# -- the contract of a work queue --


def test_each_job_is_done_once_and_gone(queue: WorkQueue) -> None:
    jobs = [COMPOSE, COMPOSE, DELIVER, Job("pull", "arxiv")]
    queue.enqueue(jobs)
    assert queue.waiting() == Counter(jobs)
    assert run(queue) == Counter(jobs)
    assert queue.waiting() == run(queue) == Counter()


def test_a_job_that_fails_stops_no_other_and_is_not_tried_for_ever(queue: WorkQueue) -> None:
    queue.enqueue([COMPOSE, DELIVER, COMPOSE])
    assert run(queue, fails=DELIVER) == {COMPOSE: 2, DELIVER: 1}
    assert queue.waiting() == Counter()


def test_what_waits_already_is_not_enqueued_again(queue: WorkQueue) -> None:
    queue.enqueue([DELIVER])
    assert enqueue_missing(queue, [DELIVER, DELIVER, COMPOSE]) == [COMPOSE, DELIVER]
    assert enqueue_missing(queue, [DELIVER, COMPOSE]) == []
    assert queue.waiting() == {DELIVER: 2, COMPOSE: 1}


def test_a_job_in_hand_is_finished_before_the_queue_stops(queue: WorkQueue) -> None:
    stop, ended = Event(), list[Job]()

    def do(job: Job, asked: Event) -> None:
        stop.set()
        assert asked.wait(10)
        ended.append(job)

    queue.enqueue([COMPOSE])
    queue.run(do, stop)
    assert ended == [COMPOSE]


def test_a_queue_waits_for_jobs_that_come_later(queue: WorkQueue) -> None:
    stop, done = Event(), list[Job]()

    def do(job: Job, asked: Event) -> None:
        done.append(job)
        stop.set()

    later = Timer(0.3, lambda: queue.enqueue([DELIVER]))
    later.start()
    queue.run(do, stop)
    later.join()
    assert done == [DELIVER]


# -- work batches --


def test_a_morning_goes_out_job_by_job(config: Path, mail: MailServer) -> None:
    with opened(config) as app:
        assert sweep(app) == [COMPOSE]
        work(app)
        assert sweep(app) in ([], [DELIVER])  # with a queue the job came with the letters, and is done
        work(app)
        assert sweep(app) == []
    assert letters(mail) == everyone()


def test_jobs_that_come_three_times_double_nothing(config: Path, mail: MailServer) -> None:
    with opened(config) as app:
        for _ in range(3):
            app.queue.enqueue([COMPOSE, DELIVER] * 3)
            work(app)
    assert letters(mail) == everyone()
    assert set(issues(config).values()) == {1}


def test_jobs_that_are_lost_are_handed_on_by_the_next_sweep(config: Path, mail: MailServer) -> None:
    with opened(config) as app:
        sweep(app)
        lose(app.queue)
        assert not work(app)
        assert sweep(app) == [COMPOSE]
        lose(app.queue)
        app.compose(now=NOW)
        lose(app.queue)
        assert not work(app)
        assert sweep(app) == [DELIVER]
        work(app)
        assert sweep(app) == []
    assert letters(mail) == everyone()


def lose(queue: WorkQueue) -> None:
    if isinstance(queue, ProcrastinateQueue):
        with Store.open(queue._url) as store, store.writing() as connection:
            connection.execute(text("DELETE FROM procrastinate_jobs"))
    else:
        queue.__exit__(None, None, None)


@pytest.mark.parametrize("after", [1, READERS // 2, READERS + 1, READERS + READERS // 2])
def test_a_killed_worker_leaves_nothing_undone_or_done_twice(config: Path, mail: MailServer, after: int) -> None:
    assert start(config, "--after", str(after)).wait() == -9
    assert start(config).wait() == 0
    assert letters(mail) == everyone()
    assert set(issues(config).values()) == {1}


def test_one_of_two_workers_is_killed(config: Path, mail: MailServer) -> None:
    doomed, other = start(config, "--after", "5"), start(config)
    assert (doomed.wait(), other.wait()) in ((-9, 0), (0, 0))  # the other may have left it nothing to die of
    assert start(config).wait() == 0
    assert letters(mail) == everyone()


@pytest.mark.parametrize("daemons", [2, 8])
def test_several_daemons_tick_at_once(config: Path, daemons: int) -> None:
    ready = Event()

    def tick(_: int) -> list[ComposeResult]:
        with opened(config) as app:
            ready.wait()
            return app.compose(now=NOW)

    with ThreadPoolExecutor(daemons) as pool:
        ticking = [pool.submit(tick, number) for number in range(daemons)]
        Timer(0.5, ready.set).start()
        written = Counter(each.subscriber for done in ticking for each in done.result())
    assert issues(config) == written  # none was even written in vain
    assert set(written.values()) == {1}
    assert len(written) == READERS


# -- what only a queue has --


def test_the_job_is_in_the_transaction_of_the_letters(postgres_url: str) -> None:
    with ProcrastinateQueue(postgres_url) as queue, Store.open(postgres_url) as store:
        (row,) = subscribe(store, "ada")

        def in_transaction(connection: Any) -> None:
            queue.enqueue([DELIVER], connection)

        def torn(connection: Any) -> None:
            in_transaction(connection)
            raise DigestError("the machine has lost its power")

        with pytest.raises(DigestError):
            store.issues.publish_all([publication(row)], torn)
        assert (store.outbox.count_by_state(), queue.waiting()) == ({}, Counter())
        store.issues.publish_all([publication(row)], in_transaction)
        assert (store.outbox.count_by_state(), queue.waiting()) == ({"ready": 1}, Counter([DELIVER]))


def test_a_job_whose_worker_died_is_found_again(tmp_path: Path, postgres_url: str, mail: MailServer) -> None:
    config = furnish(tmp_path, postgres_url, mail.port, READERS)
    assert start(config, "--after", "3").wait() == -9
    with Store.open(postgres_url) as store:  # before anybody is there who would find it
        assert "doing" in states(store)
    with opened(config) as app:
        stop, done = Event(), list[Job]()

        def do(job: Job, asked: Event) -> None:
            done.append(job)
            if job == COMPOSE:
                stop.set()

        app.queue.run(do, stop)  # waits for a job, and nobody enqueues one
        assert done[-1] == COMPOSE
        assert states(app.store) == []


def states(store: Store) -> list[str]:
    with store.reading() as connection:
        return list(connection.scalars(text("SELECT status::text FROM procrastinate_jobs")))
