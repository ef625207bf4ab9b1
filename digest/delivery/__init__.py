"""From the outbox onto a channel: claim, ask whether it is still wanted, send, and keep what the other side said."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from random import Random
from threading import Event

from digest.delivery.journal import Journal
from digest.delivery.policy import AddressOf, Delivered, Desk, Round, Withheld
from digest.delivery.relay_limits import Traffic, Way
from digest.delivery.worker import DOUBT, LEASE, Shared, Worker
from digest.store import Store

__all__ = ["DOUBT", "LEASE", "AddressOf", "Delivered", "Desk", "Round", "Withheld", "deliver"]

Connections = Collection[Future[None]]
"""Those that are open, each done when it has nothing left to send."""

_GLANCE = 0.02  # seconds over which is seen whether the connections wait for the other side
_BUSY = 0.4  # of one processor


def _to_spare(workers: Connections) -> bool:
    """Whether this process has time for one connection more; without, they would only get in each other's way."""
    begun, used = time.monotonic(), time.process_time()
    wait(workers, _GLANCE, FIRST_COMPLETED)
    return time.process_time() - used < _BUSY * (time.monotonic() - begun)


def deliver(
    store: Store,
    ways: Sequence[Way],
    desk: Desk,
    journal: Journal,
    *,
    clock: Callable[[], datetime],
    connections: int = 1,
    by_hand: bool = False,
    stop: Event | None = None,
    only: str | None = None,
    random: Random | None = None,
    ticks: Callable[[], float] | None = None,
    tell: Callable[[Delivered], None] = lambda _: None,
    to_spare: Callable[[Connections], bool] = _to_spare,
) -> Round:
    """Send what waits, each letter once, over at most so many connections; a letter that is refused stops no other.

    A relay that is down is left alone for this round and another one takes over; with none left the rest waits. With
    `only`, a Message-ID, no letter but that one is touched; `by_hand` asks a relay also while it is left alone.
    `clock` is asked before each step, since a round may last; `ticks` are seconds that no change of the clock moves.
    One connection more is opened where those that there are leave this process time `to_spare`.
    When `stop` is set the letters in hand are finished and the rest given back. Raises DigestError where the store
    fails; what was sent stands in the journal then, which its next reader tells the store.
    """
    shared = Shared(
        store=store,
        desk=desk,
        journal=journal,
        traffic=Traffic(store, ways, clock, random or Random(), by_hand=by_hand),  # noqa: S311 (guards nothing)
        clock=clock,
        ticks=ticks or _ticks,
        stop=stop or Event(),
        only=only,
        tell=tell,
    )
    with ThreadPoolExecutor(connections, thread_name_prefix="relay") as pool:
        workers = [pool.submit(Worker(shared).run)]
        while len(workers) < connections and not any(worker.done() for worker in workers):
            if to_spare(workers):
                workers.append(pool.submit(Worker(shared).run))
    for worker in workers:
        worker.result()
    words = shared.traffic.halted
    stopped = "asked to stop" if shared.stop.is_set() and store.outbox.has_ready(clock()) else None
    if words and not shared.traffic.any_left:
        stopped = words[-1]
    return Round(letters=tuple(shared.letters), stopped=stopped, halted=tuple(words))


def _ticks() -> float:
    """Seconds that pass also while the machine sleeps, where the system has such a clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
