"""One connection's share of a round: takes letters out of the outbox and sends them until none is left."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, RLock

from digest.delivery.channels import Channel
from digest.delivery.journal import Journal
from digest.delivery.policy import Delivered, Desk, Withheld
from digest.delivery.relay_limits import Traffic, Way
from digest.errors import Deferred, DeliveryError, InDoubt, Rejected
from digest.mail.message import Mailbox
from digest.mail.outcome import (
    Delivery,
    Envelope,
    Following,
    Reason,
    Receipt,
    Result,
    State,
    address_key,
    domain_of,
    no_other,
    retry_at,
)
from digest.store import Evidence, Store, Watch

_BATCH = 50
"""Letters that one connection takes out of the outbox at a time."""

LEASE = timedelta(minutes=30)
"""How long nobody else gets them."""

_AT_DOT = 660.0  # seconds of the lease that must be left at the dot: its answer may take ten minutes
_FLUSH = 1.0  # seconds until what came of a letter is in the store too; the journal has it at once
_FRESH = 1.0  # seconds for which it holds that a letter is still wanted
DOUBT = timedelta(minutes=15)
"""Until what may have arrived is sent once more."""


_BEGUN = ("MAIL", "RCPT", "DATA")
_OF_A_LETTER = ("RCPT", "DATA")  # what a relay objects to there may be this letter alone


@dataclass(slots=True, kw_only=True)
class Shared:
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
    asked: float  # in ticks: when it was still wanted


@dataclass(slots=True)
class _Ahead:
    """The letter that is sent next, got ready when the channel asks for it."""

    next: Callable[[], _Ready | None]
    ready: _Ready | None = None

    def __call__(self) -> Envelope | None:
        self.ready = self.ready or self.next()  # asked anew where a connection was lost
        return self.ready.envelope if self.ready else None


class _LeaseLost(DeliveryError):
    """This process may not finish the letter that it began."""


class Worker:
    """One connection at a time: takes letters out of the outbox and sends them until none is left."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._store = shared.store
        self._results: list[Result] = []
        self._held: dict[int, Delivery] = {}  # leased and not done
        self._deadline = 0.0  # of the lease, in ticks
        self._until = shared.clock()  # of the lease, as the store knows it
        self._flushed = 0.0

    def run(self) -> None:
        channels: dict[str, Channel] = {}
        with ExitStack() as stack, self._store.outbox.send_guard() as watch:
            try:
                while not self._shared.stop.is_set() and (way := self._shared.traffic.choose()):
                    granted = self._shared.traffic.allow(way, _BATCH)
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
        batch = self._store.outbox.claim(now=now, owner=shared.journal.name, limit=limit, lease=LEASE, only=shared.only)
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
                if not (ready := self._still(ready, watch) or self._next(waiting, watch)):
                    break
                ahead = _Ahead(lambda: self._next(waiting, watch))
                # the next letter is announced in one breath with this one's end, unless there is a pace to keep
                if not self._one(ready, way, channel, no_other if way.per_second else ahead):
                    break
                ready = ahead.ready or self._next(waiting, watch)
        finally:
            for delivery in self._held.values():
                self._shared.journal.back(delivery.id, delivery.epoch)
            given = [(delivery.id, delivery.epoch) for delivery in self._held.values()]
            self._store.outbox.release(given, now=self._shared.clock())
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

    def _still(self, ready: _Ready, watch: Watch) -> _Ready | None:
        """A letter that was got ready ahead, unless the one before it has shown that its domain is left alone.

        Where that one was long in coming to its end, or a pace is kept, it is asked about anew.
        """
        traffic, now = self._shared.traffic, self._shared.clock()
        if not self._shared.only and traffic.resting(domain_of(ready.envelope.recipient), now):
            return None
        if self._shared.ticks() - ready.asked < _FRESH:
            return ready
        anew = self._prepared(ready.delivery, watch)
        return ready if anew and anew.envelope == ready.envelope else anew

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
            return _Ready(delivery, envelope, now, self._shared.ticks())
        return None

    def _withhold(self, delivery: Delivery, withheld: Withheld, now: datetime) -> None:
        if not withheld.later:
            self._close(delivery, State.CANCELLED, withheld.words, now, counted=False)
            return
        self._store.merging.withdraw(delivery.id, delivery.epoch, withheld.words, now=now)
        self._done(delivery, State.MERGED, withheld.words)

    def _one(self, ready: _Ready, way: Way, channel: Channel, following: Following) -> bool:
        """One letter; False where the relay takes no more."""
        delivery = ready.delivery
        try:
            receipt = channel.send(ready.envelope, lambda: self._at_dot(delivery), following)
        except _LeaseLost as error:
            self._leave(delivery, str(error))
        except InDoubt as error:
            self._doubt(ready, way, error)
        except Rejected as error:
            self._back(ready, way, State.FAILED, error)
        except Deferred as error:
            if not error.relay:
                self._back(ready, way, State.DEFERRED, error)
            elif not self._objected(ready, way, error):
                return False
        else:
            self._taken(ready, way, receipt)
        # another machine cannot read our journal: for it, what the store does not know has not been sent
        if self._store.is_shared or self._shared.ticks() - self._flushed > _FLUSH:
            self._flush()
        return True

    def _objected(self, ready: _Ready, way: Way, error: Deferred) -> bool:
        """The relay is at fault, as it seems; False where it takes no more.

        It may be the letter after all. So where no other relay can be asked, a letter that was begun lets others go
        first: else one that no relay stands would stop all for ever. And what a relay says of one recipient or text is
        held against the relay only once it says that of the next one too.
        """
        traffic = self._shared.traffic
        if error.phase in _BEGUN and not traffic.has_other(way):
            self._back(ready, way, State.DEFERRED, error)
            if error.code and error.phase in _OF_A_LETTER and traffic.doubted(way):
                return True
        traffic.halt(way, error)
        return False

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
        if (delivery.id, delivery.epoch) not in self._store.outbox.renew(leases, until=until):
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
        if again:  # also where the store cannot be told: a D alone is presumed sent
            self._shared.journal.lost(delivery.id, delivery.epoch)
        words = f"{error}; {'it is sent once more' if again else 'presumed sent, and not sent again by itself'}"
        later = now + DOUBT if again else None
        self._close(delivery, State.IN_DOUBT, words, ready.began, error, next_at=later, phase="DOT", relay=way.name)

    def _back(self, ready: _Ready, way: Way, state: State, error: DeliveryError) -> None:
        """The letter is with us again; what the other side said may speak against its address or its domain.

        Where the relay is at fault, as it seems, it speaks against neither, and no try is counted.
        """
        delivery, now = ready.delivery, self._shared.clock()
        self._shared.journal.back(delivery.id, delivery.epoch)
        later = None
        if isinstance(error, Deferred):
            later = retry_at(delivery.attempts, now, error.retry_after, self._shared.traffic.jitter())
        of_relay = isinstance(error, Deferred) and error.relay
        self._close(
            delivery, state, str(error), ready.began, error, next_at=later, counted=not of_relay, relay=way.name
        )
        if of_relay:
            return
        self._shared.traffic.refused(ready.envelope.recipient, error)
        if state == State.FAILED and error.reason == Reason.NO_ADDRESS and error.phase == "RCPT":
            key = address_key(ready.envelope.recipient)
            hard = Evidence(address=key, kind="hard", points=1.0, words=str(error), delivery=delivery.id)
            self._store.bounces.add_evidence([hard], now=now)

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
        self._store.outbox.record_results(results)
        self._flushed = self._shared.ticks()
