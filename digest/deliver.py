"""From the outbox onto a channel: claim, ask whether it is still wanted, send, and keep what the other side said."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Event, RLock

from digest.channels import Channel
from digest.delivery import Delivery, Envelope, Reason, Receipt, Result, State, address_key, domain_of, retry_at
from digest.errors import Deferred, DeliveryError, InDoubt, Rejected
from digest.journal import Journal
from digest.letter import Mailbox
from digest.letter import readdress as _readdress
from digest.store import Evidence, Store, Watch
from digest.traffic import Traffic, Way

BATCH = 50
"""Letters that one connection takes out of the outbox at a time."""

LEASE = timedelta(minutes=30)
"""How long nobody else gets them."""

_AT_DOT = 660.0  # seconds of the lease that must be left at the dot: its answer may take ten minutes
_FLUSH = 1.0  # seconds until what came of a letter is in the store too; the journal has it at once
DOUBT = timedelta(minutes=15)
"""Until what may have arrived is sent once more."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A letter that is not sent, and why; its papers are told later where it is only put off."""

    words: str
    later: bool = False


AddressOf = Callable[[Delivery], Mailbox | Withheld | None]
"""Where a delivery goes now; None: to the address that it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of one letter."""

    subscriber: str
    message_id: str
    outcome: str  # a State's word, or "left" to another process
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What became of the outbox."""

    letters: tuple[Delivered, ...] = ()
    stopped: str | None = None  # why letters were left waiting: no relay takes any
    halted: tuple[str, ...] = ()  # what relays said that took none, also where another did

    def count(self, outcome: str) -> int:
        return sum(letter.outcome == outcome for letter in self.letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What of a letter is decided only when it goes out."""

    address_of: AddressOf
    turned: Callable[[int], bool] = lambda _: False
    """Whether `address_of` has looked at an older roll than that of this number; it looks anew then."""
    sender_of: Callable[[Delivery], str] = lambda delivery: delivery.sender
    readdress: Callable[[bytes, Mailbox], bytes] = _readdress
    presume: Callable[[Delivery], bool] = lambda _: False
    """Is a letter of which nobody knows whether it arrived presumed sent, rather than sent once more?"""


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
) -> Round:
    """Send what waits, each letter once, over so many connections; a letter that is refused stops no other.

    A relay that is down is left alone for this round and another one takes over; with none left the rest waits. With
    `only`, a Message-ID, no letter but that one is touched; `by_hand` asks a relay also while it is left alone.
    `clock` is asked before each step, since a round may last; `ticks` are seconds that no change of the clock moves.
    When `stop` is set the letters in hand are finished and the rest given back. Raises DigestError where the store
    fails; what was sent stands in the journal then, which its next reader tells the store.
    """
    shared = _Shared(
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
        workers = [pool.submit(_Worker(shared).run) for _ in range(connections)]
    for worker in workers:
        worker.result()
    words = shared.traffic.halted
    stopped = "asked to stop" if shared.stop.is_set() and store.waiting(clock()) else None
    if words and not shared.traffic.any_left:
        stopped = words[-1]
    return Round(letters=tuple(shared.letters), stopped=stopped, halted=tuple(words))


@dataclass(slots=True, kw_only=True)
class _Shared:
    """What the connections of one round have in common."""

    store: Store
    desk: Desk
    journal: Journal
    traffic: Traffic
    clock: Callable[[], datetime]
    ticks: Callable[[], float]
    stop: Event
    only: str | None
    tell: Callable[[Delivered], None]
    letters: list[Delivered] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)

    def add(self, delivered: Delivered) -> None:
        with self.lock:
            self.letters.append(delivered)
            self.tell(delivered)


@dataclass(slots=True)
class _Ready:
    """A letter as it goes out, and since when."""

    delivery: Delivery
    envelope: Envelope
    began: datetime


class _LeaseLost(DeliveryError):
    """This process may not finish the letter that it began."""


class _Worker:
    """One connection at a time: takes letters out of the outbox and sends them until none is left."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._store = shared.store
        self._results: list[Result] = []
        self._held: dict[int, Delivery] = {}  # leased and not done
        self._deadline = 0.0  # of the lease, in ticks
        self._until = shared.clock()  # of the lease, as the store knows it
        self._flushed = 0.0

    def run(self) -> None:
        channels: dict[str, Channel] = {}
        with ExitStack() as stack, self._store.watch() as watch:
            try:
                while not self._shared.stop.is_set() and (way := self._shared.traffic.choose()):
                    granted = self._shared.traffic.allow(way, BATCH)
                    if not granted:
                        continue
                    batch = self._claim(granted)
                    self._shared.traffic.spare(way, granted - len(batch))
                    if not batch:
                        return
                    if way.name not in channels:
                        channels[way.name] = stack.enter_context(way.open())
                    if not self._send(batch, way, channels[way.name], watch):
                        return
            finally:
                self._flush()

    def _claim(self, limit: int) -> list[Delivery]:
        shared = self._shared
        now, self._deadline = shared.clock(), shared.ticks() + LEASE.total_seconds()
        self._until = now + LEASE
        batch = self._store.claim(now=now, owner=shared.journal.name, limit=limit, lease=LEASE, only=shared.only)
        self._held = {delivery.id: delivery for delivery in batch}
        return batch

    def _send(self, batch: Sequence[Delivery], way: Way, channel: Channel, watch: Watch) -> bool:
        """These letters, one after the other; whatever happens, those that are not done wait again when this returns.

        False where nothing came of any of them: they would be taken and given back for ever.
        """
        waiting = deque(batch)
        try:
            ready = self._next(waiting, watch)
            while ready:
                self._shared.traffic.wait(way, self._shared.stop)
                # the next letter is announced in one breath with this one's end, unless there is a pace to keep
                ahead = None if way.per_second else self._next(waiting, watch)
                if not self._one(ready, way, channel, ahead):
                    break
                ready = self._still(ahead) or self._next(waiting, watch)
        finally:
            for delivery in self._held.values():
                self._shared.journal.back(delivery.id, delivery.epoch)
            given = [(delivery.id, delivery.epoch) for delivery in self._held.values()]
            self._store.give_back(given, now=self._shared.clock())
            self._shared.traffic.spare(way, len(given))
            self._held = {}
        return len(given) < len(batch) or not self._shared.traffic.takes(way)

    def _next(self, waiting: deque[Delivery], watch: Watch) -> _Ready | None:
        """The next letter that is still wanted, announced in the journal; None: no more, or asked to stop."""
        while waiting and not self._shared.stop.is_set():
            delivery = waiting.popleft()
            ready = self._prepared(delivery, watch)
            if ready:
                self._shared.journal.announce(delivery.id, delivery.epoch, delivery.message_id)
                return ready
        return None

    def _still(self, ahead: _Ready | None) -> _Ready | None:
        """The letter that was got ready ahead, unless the one before it has shown that its domain is left alone."""
        traffic, now = self._shared.traffic, self._shared.clock()
        if ahead and not self._shared.only and traffic.resting(domain_of(ahead.envelope.recipient), now):
            return None
        return ahead

    def _prepared(self, delivery: Delivery, watch: Watch) -> _Ready | None:
        """As it goes out now; asked right before MAIL, so that who has just left gets nothing."""
        now, desk = self._shared.clock(), self._shared.desk
        mailbox = desk.address_of(delivery)
        recipient = mailbox.wire if isinstance(mailbox, Mailbox) else delivery.recipient
        standing = watch.standing(delivery, recipient)
        if desk.turned(standing.roll):
            return self._prepared(delivery, watch)
        if isinstance(mailbox, Withheld):
            self._withhold(delivery, mailbox, now)
        elif not standing.held:
            self._leave(delivery, "another process has it")
        elif standing.left is not None:
            self._close(delivery, State.CANCELLED, standing.left, now, counted=False)
        elif standing.suppressed is not None:
            self._close(delivery, State.SUPPRESSED, standing.suppressed, now, counted=False)
        elif self._shared.only or not self._shared.traffic.resting(domain_of(recipient), now):  # else it is given back
            sender, message = desk.sender_of(delivery), delivery.message
            if mailbox and recipient != delivery.recipient:
                message = desk.readdress(message, mailbox)
            envelope = Envelope(sender=sender, recipient=recipient, message=message, message_id=delivery.message_id)
            return _Ready(delivery, envelope, now)
        return None

    def _withhold(self, delivery: Delivery, withheld: Withheld, now: datetime) -> None:
        if not withheld.later:
            self._close(delivery, State.CANCELLED, withheld.words, now, counted=False)
            return
        self._store.withdraw(delivery.id, delivery.epoch, withheld.words, now=now)
        self._done(delivery, State.MERGED, withheld.words)

    def _one(self, ready: _Ready, way: Way, channel: Channel, ahead: _Ready | None) -> bool:
        """One letter; False where the relay takes no more."""
        delivery = ready.delivery
        try:
            receipt = channel.send(
                ready.envelope, lambda: self._at_dot(delivery), following=ahead.envelope if ahead else None
            )
        except _LeaseLost as error:
            self._leave(delivery, str(error))
        except InDoubt as error:
            self._doubt(ready, way, error)
        except Rejected as error:
            self._back(ready, way, State.FAILED, error)
        except Deferred as error:
            if error.relay:
                self._shared.traffic.halt(way, error)
                return False
            self._back(ready, way, State.DEFERRED, error)
        else:
            self._taken(ready, way, receipt)
        if self._shared.ticks() - self._flushed > _FLUSH:
            self._flush()
        return True

    def _at_dot(self, delivery: Delivery) -> None:
        """Up to here a letter may be sent again; from here on only its answer tells."""
        # the store knows the lease by the clock: one that was set on may have given it to another
        late = (self._until - self._shared.clock()).total_seconds() < _AT_DOT
        if late or self._deadline - self._shared.ticks() < _AT_DOT:
            self._renew(delivery)
        self._shared.journal.dot(delivery.id, delivery.epoch)

    def _renew(self, delivery: Delivery) -> None:
        deadline, until = self._shared.ticks() + LEASE.total_seconds(), self._shared.clock() + LEASE
        leases = [(each.id, each.epoch) for each in self._held.values()]
        if (delivery.id, delivery.epoch) not in self._store.renew(leases, until=until):
            raise _LeaseLost("it took too long; another process sends this letter")
        self._deadline, self._until = deadline, until

    def _taken(self, ready: _Ready, way: Way, receipt: Receipt) -> None:
        self._shared.journal.taken(ready.delivery.id, ready.delivery.epoch)
        self._close(
            ready.delivery,
            State.SENT,
            receipt.words,
            ready.began,
            phase="DOT",
            relay=way.name,
            queue_id=receipt.queue_id,
        )
        self._shared.traffic.works(way, ready.envelope.recipient)

    def _doubt(self, ready: _Ready, way: Way, error: InDoubt) -> None:
        """Nobody knows whether it has arrived: once more, the same bytes, so that none is lost; or presumed sent."""
        delivery, now = ready.delivery, self._shared.clock()
        again = delivery.doubts == 0 and not self._shared.desk.presume(delivery)
        words = f"{error}; {'it is sent once more' if again else 'presumed sent, and not sent again by itself'}"
        later = now + DOUBT if again else None
        self._close(delivery, State.IN_DOUBT, words, ready.began, error, next_at=later, phase="DOT", relay=way.name)

    def _back(self, ready: _Ready, way: Way, state: State, error: DeliveryError) -> None:
        """The letter is with us again; what the other side said may speak against its address or its domain."""
        delivery, now = ready.delivery, self._shared.clock()
        self._shared.journal.back(delivery.id, delivery.epoch)
        later = None
        if isinstance(error, Deferred):
            later = retry_at(delivery.attempts, now, error.retry_after, self._shared.traffic.jitter())
        self._close(delivery, state, str(error), ready.began, error, next_at=later, relay=way.name)
        self._shared.traffic.refused(ready.envelope.recipient, error)
        if state == State.FAILED and error.reason == Reason.NO_ADDRESS and error.phase == "RCPT":
            key = address_key(ready.envelope.recipient)
            hard = Evidence(address=key, kind="hard", points=1.0, words=str(error), delivery=delivery.id)
            self._store.weigh([hard], now=now)

    def _leave(self, delivery: Delivery, words: str) -> None:
        self._shared.journal.back(delivery.id, delivery.epoch)
        self._done(delivery, "left", words)

    def _close(
        self,
        delivery: Delivery,
        state: State,
        words: str,
        began: datetime,
        error: DeliveryError | None = None,
        *,
        next_at: datetime | None = None,
        counted: bool = True,
        phase: str | None = None,
        relay: str | None = None,
        queue_id: str | None = None,
    ) -> None:
        self._results.append(
            Result(
                delivery=delivery.id,
                epoch=delivery.epoch,
                state=state,
                words=words,
                began=began,
                ended=self._shared.clock(),
                next_at=next_at,
                counted=counted,
                phase=phase or (error.phase if error else None),
                code=error.code if error else None,
                enhanced=error.enhanced if error else None,
                relay=relay,
                queue_id=queue_id,
            )
        )
        self._done(delivery, state, words)

    def _done(self, delivery: Delivery, outcome: str, words: str) -> None:
        self._held.pop(delivery.id, None)
        self._shared.add(
            Delivered(
                subscriber=delivery.subscriber,
                message_id=delivery.message_id,
                outcome=str(outcome),
                words=words,
            )
        )

    def _flush(self) -> None:
        results, self._results = self._results, []
        self._store.close_tries(results)
        self._flushed = self._shared.ticks()


def _ticks() -> float:
    """Seconds that pass also while the machine sleeps, where the system has such a clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
