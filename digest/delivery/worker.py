"""The delivery worker: claims letters from the outbox and sends them over one connection, each exactly once.

How this works. A worker holds one connection; the workers of a process share its journal, a file that outlives it.

    outbox -- claim --> a batch of 50 letters, leased for 30 minutes
                          |
          .-------------->|  still wanted? (policy: reader, pause, address; store: lease, unsubscribe, suppression)
          |   journal M --|  MAIL, RCPT, DATA, the text  killed here: not sent, it waits again
          |               |  (the next letter is made ready meanwhile: its M, and its MAIL in one write with the dot)
          |   journal D --|  the final dot               killed here: in doubt. It may have arrived, so it is presumed
          |               |                              sent; where the machine went down it is sent once more
          |   journal K --|  reply 250: sent             killed here: sent, as the next process reads in the journal
          |   journal R --|  reply 4xx, 5xx: with us again, tried later or never
          |   journal L --|  connection lost: in doubt, and the same bytes are sent once more after 15 minutes
          |               |
          `---------------+-- each second: close, the results so far in one transaction; at the end: unsent ones back

Before a dot the lease is renewed where less of it is left than the reply may take. Leases and epochs keep other
processes away; recovery.py reads the journals of those that died.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, RLock

from digest.delivery.channels import Channel
from digest.delivery.journal import Journal
from digest.delivery.policy import Delivered, NotSent, SendPolicy
from digest.delivery.refusals import RefusedAddresses
from digest.delivery.relay_limits import RelayPool, Route
from digest.errors import Deferred, DeliveryError, InDoubt, Rejected
from digest.mail.address import recipient_domain
from digest.mail.delivery_state import DeliveryAttempt, DeliveryState, ends_unsent
from digest.mail.envelope import Envelope, LeasedDelivery, NextEnvelope, SendReceipt, no_next
from digest.mail.message import Mailbox
from digest.mail.retry import retry_at
from digest.mail.smtp_reply import ReplyReason
from digest.process import EXIT_GATE, ExitGate
from digest.store import SendGuard, Store

LEASE = timedelta(minutes=30)
"""How long no other process gets a letter that was claimed."""

DOUBT = timedelta(minutes=15)
"""The pause before a letter in doubt is sent once more."""

_BATCH = 50  # letters that one worker claims at a time
_AT_DOT = 660.0  # seconds of the lease that must be left at the dot: its reply may take ten minutes
_FLUSH = 1.0  # seconds until a result is in the store too; the journal has it at once
_FRESH = 1.0  # seconds for which a letter that was still wanted counts as still wanted

_TRANSACTION = ("MAIL", "RCPT", "DATA")  # phases in which a letter was begun
_OF_A_LETTER = ("RCPT", "DATA")  # phases in which a relay may object to this letter alone


@dataclass(slots=True, kw_only=True)
class WorkerContext:
    """What the workers of one delivery run share."""

    store: Store
    policy: SendPolicy
    journal: Journal
    relays: RelayPool
    clock: Callable[[], datetime]
    ticks: Callable[[], float]
    stop: Event
    only: str | None
    tell: Callable[[Delivered], None]
    refused: RefusedAddresses
    exit_gate: ExitGate = EXIT_GATE
    letters: list[Delivered] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)

    def add(self, delivered: Delivered) -> None:
        with self.lock:
            self.letters.append(delivered)
            self.tell(delivered)


@dataclass(slots=True)
class _PreparedLetter:
    """A letter with its final envelope."""

    delivery: LeasedDelivery
    envelope: Envelope
    began: datetime
    asked: float  # in ticks: when it was last found to be still wanted


@dataclass(slots=True)
class _NextLetter:
    """Prepares the letter that is sent next, when the channel asks for it."""

    prepare: Callable[[], _PreparedLetter | None]
    ready: _PreparedLetter | None = None

    def __call__(self) -> Envelope | None:
        self.ready = self.ready or self.prepare()  # a channel that reconnects asks twice
        return self.ready.envelope if self.ready else None


class _LeaseLost(DeliveryError):
    """Another process has leased the letter meanwhile, so this one may not send its dot."""


class Worker:
    """Sends letters from the outbox over one connection until none is left."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._store = context.store
        self._results: list[DeliveryAttempt] = []
        self._leased: dict[int, LeasedDelivery] = {}  # and not finished
        self._lease_ends = 0.0  # in ticks
        self._lease_until = context.clock()  # as the store knows it
        self._flushed = 0.0

    def run(self) -> None:
        channels: dict[str, Channel] = {}
        with ExitStack() as stack, self._store.outbox.send_guard() as guard:
            try:
                while not self._context.stop.is_set() and (route := self._context.relays.choose()):
                    granted = self._context.relays.allow(route, _BATCH)
                    if not granted:
                        continue
                    batch = self._claim(granted)
                    self._context.relays.return_allowance(route, granted - len(batch))
                    if not batch:
                        return
                    if route.name not in channels:
                        channels[route.name] = stack.enter_context(route.open())
                    if not self._send_batch(batch, route, channels[route.name], guard):
                        return
            finally:
                self._flush()

    def _claim(self, limit: int) -> list[LeasedDelivery]:
        context = self._context
        now, self._lease_ends = context.clock(), context.ticks() + LEASE.total_seconds()
        self._lease_until = now + LEASE
        batch = self._store.outbox.claim(
            now=now, owner=context.journal.name, limit=limit, lease=LEASE, only=context.only
        )
        self._leased = {delivery.id: delivery for delivery in batch}
        return batch

    def _send_batch(self, batch: Sequence[LeasedDelivery], route: Route, channel: Channel, guard: SendGuard) -> bool:
        """Send these letters one after the other; those that are not finished are given back, whatever happens.

        False where none of them was finished although the relay takes letters: they would be claimed and given back
        for ever.
        """
        waiting = deque(batch)
        try:
            ready = self._prepare_next(waiting, guard)
            while ready:
                self._context.relays.wait(route, self._context.stop)
                if not (ready := self._confirm(ready, guard) or self._prepare_next(waiting, guard)):
                    break
                ahead = _NextLetter(lambda: self._prepare_next(waiting, guard))
                # the next letter is announced in one write with this one's dot, unless a rate limit is to be kept
                if not self._send_one(ready, route, channel, no_next if route.per_second else ahead):
                    break
                ready = ahead.ready or self._prepare_next(waiting, guard)
        finally:
            for delivery in self._leased.values():
                self._context.journal.returned(delivery.id, delivery.epoch)
            given = [(delivery.id, delivery.epoch) for delivery in self._leased.values()]
            self._store.outbox.release(given, now=self._context.clock())
            self._context.relays.return_allowance(route, len(given))
            self._leased = {}
        return len(given) < len(batch) or not self._context.relays.accepts(route)

    def _prepare_next(self, waiting: deque[LeasedDelivery], guard: SendGuard) -> _PreparedLetter | None:
        """The next letter that is still wanted, noted in the journal (M); None: no more, or asked to stop."""
        while waiting and not self._context.stop.is_set():
            delivery = waiting.popleft()
            ready = self._prepare(delivery, guard)
            if ready:
                self._context.journal.announce(delivery.id, delivery.epoch, delivery.message_id, delivery.papers)
                return ready
        return None

    def _confirm(self, ready: _PreparedLetter, guard: SendGuard) -> _PreparedLetter | None:
        """The letter that was prepared ahead; None where its domain's circuit breaker has opened since.

        Where the letter before took long, or a rate limit was waited for, this one is prepared anew.
        """
        relays, now = self._context.relays, self._context.clock()
        if not self._context.only and relays.is_resting(recipient_domain(ready.envelope.recipient), now):
            return None
        if self._context.ticks() - ready.asked < _FRESH:
            return ready
        anew = self._prepare(ready.delivery, guard)
        return ready if anew and anew.envelope == ready.envelope else anew

    def _prepare(self, delivery: LeasedDelivery, guard: SendGuard) -> _PreparedLetter | None:
        """The letter as it goes out now, or None. Asked right before MAIL: an unsubscribe counts at once."""
        now, policy = self._context.clock(), self._context.policy
        mailbox, answered = policy.recipient(delivery)
        recipient = mailbox.wire if isinstance(mailbox, Mailbox) else delivery.recipient
        status = guard.check(delivery, recipient)
        if policy.was_outdated(answered, status.readers_serial):
            return self._prepare(delivery, guard)
        if isinstance(mailbox, NotSent):
            self._withhold(delivery, policy.confirm(delivery, mailbox), now)
        elif not status.is_leased:
            self._skip(delivery, "another process has it")
        elif status.unsubscribed is not None:
            self._record(delivery, DeliveryState.CANCELLED, status.unsubscribed, now, counted=False)
        elif status.suppressed is not None:
            self._record(delivery, DeliveryState.SUPPRESSED, status.suppressed, now, counted=False)
        elif self._context.only or not self._context.relays.is_resting(recipient_domain(recipient), now):
            sender, message = policy.return_path(delivery), delivery.message
            if mailbox and recipient != delivery.recipient:
                message = policy.readdress(message, mailbox)
            content = delivery.content if self._context.relays.want_content else None
            key = delivery.message_id
            envelope = Envelope(sender=sender, recipient=recipient, message=message, message_id=key, content=content)
            return _PreparedLetter(delivery, envelope, now, self._context.ticks())
        return None  # finished above, or given back at the end of the batch

    def _withhold(self, delivery: LeasedDelivery, why: NotSent, now: datetime) -> None:
        if not why.later:
            self._record(delivery, DeliveryState.CANCELLED, why.words, now, counted=False)
            return
        self._store.merging.withdraw(delivery.id, delivery.epoch, why.words, now=now)
        self._finish(delivery, DeliveryState.MERGED, why.words)

    def _send_one(self, ready: _PreparedLetter, route: Route, channel: Channel, following: NextEnvelope) -> bool:
        """Send one letter and record its outcome; False where the relay takes no more."""
        delivery = ready.delivery
        try:
            receipt = channel.send(ready.envelope, lambda: self._at_dot(delivery), following)
        except _LeaseLost as error:
            self._skip(delivery, str(error))
        except InDoubt as error:
            self._record_in_doubt(ready, route, error)
        except Rejected as error:
            self._record_rejection(ready, route, error)
        except Deferred as error:
            if not error.relay:
                self._record_refusal(ready, route, DeliveryState.DEFERRED, error)
            elif not self._relay_goes_on(ready, route, error):
                return False
        else:
            self._record_sent(ready, route, receipt)
        finally:
            self._context.exit_gate.release(delivery.id)
        # another machine cannot read our journal: for it, what the store does not know has not been sent
        if self._store.is_shared or self._context.ticks() - self._flushed > _FLUSH:
            self._flush()
        return route.name not in self._context.relays.refusing  # which it may turn out to be by any letter

    def _relay_goes_on(self, ready: _PreparedLetter, route: Route, error: Deferred) -> bool:
        """Handle an error that blames the relay; False where the relay takes no more letters in this run.

        The letter may be at fault after all. So where no other relay can be asked, a letter that was begun is deferred:
        else one that every relay chokes on would stop all others for ever. And a refusal at RCPT or DATA counts as the
        relay's fault only once it meets the next letter too.
        """
        relays, is_limit = self._context.relays, error.reason == ReplyReason.SENDER_LIMIT
        if error.phase in _TRANSACTION and not relays.has_other(route):
            self._record_refusal(ready, route, DeliveryState.DEFERRED, error)
            if not is_limit and error.code and error.phase in _OF_A_LETTER and relays.blames_letter(route):
                return True
        relays.record_failure(route, error)
        return False

    def _at_dot(self, delivery: LeasedDelivery) -> None:
        """Note the dot in the journal (D). Before it a letter may be sent again; after it only the reply tells."""
        # the store knows the lease by the wall clock: one that was set forward may have given it to another process
        late = (self._lease_until - self._context.clock()).total_seconds() < _AT_DOT
        if late or self._lease_ends - self._context.ticks() < _AT_DOT:
            self._renew_leases(delivery)
        self._context.exit_gate.hold(delivery.id)
        if self._store.is_shared and not self._store.outbox.mark_dot((delivery.id, delivery.epoch)):
            raise _LeaseLost("another process sends this letter")
        self._context.journal.dot(delivery.id, delivery.epoch)

    def _renew_leases(self, delivery: LeasedDelivery) -> None:
        deadline, until = self._context.ticks() + LEASE.total_seconds(), self._context.clock() + LEASE
        leases = [(each.id, each.epoch) for each in self._leased.values()]
        if (delivery.id, delivery.epoch) not in self._store.outbox.renew(leases, until=until):
            raise _LeaseLost("it took too long; another process sends this letter")
        self._lease_ends, self._lease_until = deadline, until

    def _record_sent(self, ready: _PreparedLetter, route: Route, receipt: SendReceipt) -> None:
        self._context.journal.taken(ready.delivery.id, ready.delivery.epoch)
        self._record(
            ready.delivery,
            DeliveryState.SENT,
            receipt.words,
            ready.began,
            phase="DOT",
            relay=route.name,
            queue_id=receipt.queue_id,
        )
        self._context.relays.record_success(route, ready.envelope.recipient)

    def _record_in_doubt(self, ready: _PreparedLetter, route: Route, error: InDoubt) -> None:
        """The reply to the dot is missing: send the same bytes once more, so that none is lost, or presume it sent."""
        delivery, now = ready.delivery, self._context.clock()
        again = delivery.doubts == 0 and not self._context.policy.presume_sent(delivery)
        if again:  # also where the store cannot be told: a D alone is presumed sent
            self._context.journal.lost(delivery.id, delivery.epoch)
        words = f"{error}; {'it is sent once more' if again else 'presumed sent, and not sent again by itself'}"
        later = now + DOUBT if again else None
        self._record(
            delivery, DeliveryState.IN_DOUBT, words, ready.began, error, next_at=later, phase="DOT", relay=route.name
        )

    def _record_rejection(self, ready: _PreparedLetter, route: Route, error: Rejected) -> None:
        """The letter was refused for good; where a server refused its address, that is decided after the run."""
        delivery, recipient = ready.delivery, ready.envelope.recipient
        if error.code is None or delivery.doubts:
            self._record_refusal(ready, route, DeliveryState.FAILED, error)
            return
        self._context.journal.returned(delivery.id, delivery.epoch)
        self._context.relays.record_refusal(route, recipient, error)
        self._context.refused.hold(delivery, recipient, route, error, ready.began)
        self._leased.pop(delivery.id, None)

    def _record_refusal(self, ready: _PreparedLetter, route: Route, state: DeliveryState, error: DeliveryError) -> None:
        """The letter was refused; the reply may speak against its relay or its domain (circuit breaker).

        An error that blames the relay counts against neither, and not as a try of the letter.
        """
        delivery, now = ready.delivery, self._context.clock()
        self._context.journal.returned(delivery.id, delivery.epoch)
        later = None
        if isinstance(error, Deferred):
            later = retry_at(delivery.attempts, now, error.retry_after, self._context.relays.jitter())
        of_relay = isinstance(error, Deferred) and error.relay
        self._record(
            delivery, state, str(error), ready.began, error, next_at=later, counted=not of_relay, relay=route.name
        )
        if not of_relay:
            self._context.relays.record_refusal(route, ready.envelope.recipient, error)

    def _skip(self, delivery: LeasedDelivery, words: str) -> None:
        self._context.journal.returned(delivery.id, delivery.epoch)
        self._finish(delivery, "left", words)

    def _record(
        self,
        delivery: LeasedDelivery,
        state: DeliveryState,
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
        if delivery.doubts and ends_unsent(state, error.code if error else None, counted):
            state, words, next_at = DeliveryState.IN_DOUBT, f"it may have arrived at an earlier try; now: {words}", None
        self._results.append(
            DeliveryAttempt(
                delivery=delivery.id,
                epoch=delivery.epoch,
                state=state,
                words=words,
                began=began,
                ended=self._context.clock(),
                next_at=next_at,
                counted=counted,
                phase=phase or (error.phase if error else None),
                code=error.code if error else None,
                enhanced=error.enhanced if error else None,
                relay=relay,
                queue_id=queue_id,
            )
        )
        self._finish(delivery, state, words)

    def _finish(self, delivery: LeasedDelivery, outcome: str, words: str) -> None:
        self._leased.pop(delivery.id, None)
        self._context.add(
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
        self._flushed = self._context.ticks()
