"""Delivery: from the outbox to a relay or another channel, with workers, rate limits, a journal and recovery."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from random import Random
from threading import Event

from digest.delivery.journal import Journal
from digest.delivery.policy import Delivered, DeliverySummary, NotSent, SendPolicy
from digest.delivery.refusals import RefusedAddresses
from digest.delivery.relay_limits import RelayPool, Route
from digest.delivery.worker import DOUBT, LEASE, Worker, WorkerContext
from digest.store import Store

__all__ = ["DOUBT", "LEASE", "Delivered", "DeliverySummary", "NotSent", "SendPolicy", "deliver"]

Connections = Collection[Future[None]]
"""The workers that run, each done when it has nothing left to send."""

_GLANCE = 0.02  # seconds over which the processor time of this process is measured
_BUSY = 0.4  # of one processor: the share above which another worker would not help


def _to_spare(workers: Connections) -> bool:
    """Whether this process has processor time for one more worker; without, workers only get in each other's way."""
    begun, used = time.monotonic(), time.process_time()
    wait(workers, _GLANCE, FIRST_COMPLETED)
    return time.process_time() - used < _BUSY * (time.monotonic() - begun)


def deliver(
    store: Store,
    routes: Sequence[Route],
    policy: SendPolicy,
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
) -> DeliverySummary:
    """Send what waits in the outbox, each letter once, over at most so many connections.

    A letter that is refused stops no other. A relay that fails is left out for the rest of this run, and another one
    takes over; with none left the rest waits. With `only`, a Message-ID, no other letter is touched; `by_hand` asks a
    relay although its circuit breaker is open. `clock` is asked before each step, since a run may last; `ticks` are
    seconds that no change of the wall clock moves. Another connection is opened while `to_spare` finds processor time.
    When `stop` is set the letters in hand are finished and the rest is given back. Raises DigestError where the store
    fails; what was sent stands in the journal then, and its next reader tells the store.
    """
    relays = RelayPool(store, routes, clock, random or Random(), by_hand=by_hand)  # noqa: S311 (guards nothing)
    context = WorkerContext(
        store=store,
        policy=policy,
        journal=journal,
        relays=relays,
        refused=RefusedAddresses(store, relays, clock),
        clock=clock,
        ticks=ticks or _ticks,
        stop=stop or Event(),
        only=only,
        tell=tell,
    )
    with ThreadPoolExecutor(connections, thread_name_prefix="relay") as pool:
        workers = [pool.submit(Worker(context).run)]
        while len(workers) < connections and not any(worker.done() for worker in workers):
            if to_spare(workers):
                workers.append(pool.submit(Worker(context).run))
    for worker in workers:
        worker.result()
    for delivery, attempt in context.refused.decide():
        context.add(
            Delivered(
                subscriber=delivery.subscriber,
                message_id=delivery.message_id,
                outcome=str(attempt.state),
                words=attempt.words,
            )
        )
    words = context.relays.halted
    stopped = "asked to stop" if context.stop.is_set() and store.outbox.has_ready(clock()) else None
    if words and not context.relays.any_left:
        stopped = words[-1]
    return DeliverySummary(letters=tuple(context.letters), stopped=stopped, halted=tuple(words))


def _ticks() -> float:
    """Seconds of a clock that goes on while the machine sleeps, where the system has one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
