"""The SMTP client: one recipient a transaction, pipelined where offered; it always knows how far a letter came."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import NoReturn, Self

from digest.delivery.channels.envelope import check, mail_from, rcpt_to, stuffed
from digest.delivery.channels.smtp_connection import RelayConnection, SmtpTimeouts, deferred
from digest.delivery.channels.smtp_protocol import SmtpConnection, SmtpConnectionLost, SmtpReply
from digest.errors import DeliveryError, InDoubt, Rejected
from digest.mail.envelope import Envelope, NextEnvelope, SendReceipt, no_next
from digest.mail.smtp_reply import ReplyReason, SmtpPhase, classify_reply

_BLOCK = 65_536  # bytes of a letter between two looks at what the other side says
_QUEUED = re.compile(r"\bqueued as ([\w.-]{1,64})|\bid=([\w.-]{1,64})", re.IGNORECASE)

_Steps = tuple[tuple[SmtpPhase, str, float], ...]
_Announced = tuple[SmtpConnection, Envelope, _Steps]


class _RetryOnNewConnection(Exception):
    """The connection failed before the dot, so a new one is tried; `refusal` is raised when that fails too."""

    def __init__(self, refusal: DeliveryError) -> None:
        self.refusal = refusal


class SmtpChannel:
    """Sends through one relay. Not for use by several threads at once; `repr` tells no credentials."""

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        context: ssl.SSLContext | None = None,
        timeouts: SmtpTimeouts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeouts = timeouts or SmtpTimeouts()
        self._relay = RelayConnection(
            url, user=user, password=password, context=context, timeouts=self._timeouts, clock=clock
        )
        self._announced: _Announced | None = None  # with the last dot: its replies are unread

    def __repr__(self) -> str:
        return f"<Smtp {self._relay}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._relay.quit()

    def greet(self) -> str:
        """Connect and log in as configured; how it is encrypted, in words. Raises Deferred."""
        connection, _ = self._relay.ready()
        where = "on this machine" if connection.on_this_machine else "in clear text"
        return f"answers, {connection.encryption or f'in clear, {where}'}"

    def send(self, envelope: Envelope, at_dot: Callable[[], None], following: NextEnvelope = no_next) -> SendReceipt:
        """Send one letter; the server's reply to its dot.

        `at_dot` is called right before the final dot: up to there all can be repeated, and if it raises nothing has
        been sent. Raises Rejected, Deferred (with relay=True for trouble that is not this letter's), and InDoubt when
        the connection was lost after the dot. `following` gives the letter that is sent next, where the server takes
        its MAIL in one write with this one's dot (PIPELINING, RFC 2920).
        """
        announced, self._announced = self._announced, None
        if announced and announced[1] is not envelope:
            self._relay.drop()
            announced = None
        if announced:
            connection, _, steps = announced
            fresh = False
        else:
            check(envelope)
            connection, fresh = self._relay.ready()
            steps = None
        try:
            return self._transaction(connection, envelope, at_dot, following, steps)
        except _RetryOnNewConnection as again:
            if fresh:
                raise again.refusal from None
        try:
            return self._transaction(self._relay.open(), envelope, at_dot, following)
        except _RetryOnNewConnection as again:
            raise again.refusal from None

    def _transaction(
        self,
        connection: SmtpConnection,
        envelope: Envelope,
        at_dot: Callable[[], None],
        following: NextEnvelope,
        announced: _Steps | None = None,
    ) -> SendReceipt:
        try:
            self._announce(connection, envelope, announced)
            self._put_body(connection, envelope.message)
        except SmtpConnectionLost as lost:
            raise self._again(str(lost)) from None
        try:
            ahead = self._ahead(connection, following)
            end = b".\r\n" + _group(ahead[2] if ahead else ())
            at_dot()  # the dot follows at once: a process killed in between has sent nothing, yet that is presumed sent
        except BaseException:
            self._relay.drop()
            raise
        try:
            if not connection.quiet():  # the server spoke or hung up while the journal was written
                self._early(connection)
        except SmtpConnectionLost as lost:
            raise self._again(str(lost)) from None
        said = self._pass_dot(connection, end)
        self._announced = ahead
        return self._receipt(said)

    def _steps(self, connection: SmtpConnection, envelope: Envelope) -> _Steps:
        return (
            ("MAIL", mail_from(connection.offers, envelope), self._timeouts.mail),
            ("RCPT", rcpt_to(connection.offers, envelope), self._timeouts.rcpt),
            ("DATA", "DATA", self._timeouts.data),
        )

    def _announce(self, connection: SmtpConnection, envelope: Envelope, announced: _Steps | None) -> None:
        """MAIL, RCPT and DATA, in one write where that is offered (RFC 2920), unless sent with the last dot."""
        steps = announced or self._steps(connection, envelope)
        pipelined = "PIPELINING" in connection.offers
        if pipelined and not announced:
            connection.put(_group(steps), self._timeouts.mail)
        for index, (step, command, seconds) in enumerate(steps):
            said = connection.reply(seconds) if pipelined else connection.ask(command, seconds)
            if said.code in (421, 503):
                raise self._again(str(said), said, step)
            if said.code == 354 if step == "DATA" else said.good:
                continue
            if said.code < 400:
                raise self._again("it answered what was not asked", said, step)
            self._clear(connection, unread=len(steps) - index - 1 if pipelined else 0)
            raise self._refusal(step, said)

    def _clear(self, connection: SmtpConnection, *, unread: int) -> None:
        """After a refusal: read the replies to the other commands of the same write, then RSET."""
        try:
            answers = [connection.reply(self._timeouts.data) for _ in range(unread)]
            usable = all(said.code not in (354, 421) for said in answers)
            if usable and connection.ask("RSET", self._timeouts.farewell).good:
                return
        except SmtpConnectionLost:
            pass  # the refusal counts all the same
        self._relay.drop()

    def _put_body(self, connection: SmtpConnection, message: bytes) -> None:
        """The text without its dot, dots doubled (RFC 5321 section 4.5.2). An early reply counts as that to DATA."""
        try:
            for block in _blocks(stuffed(message)):
                connection.put(block, self._timeouts.block)
                if not connection.quiet():
                    break
            else:
                connection.drain(self._timeouts.block)
                return
        except SmtpConnectionLost as lost:
            self._early(connection, lost)
        self._early(connection)

    def _early(self, connection: SmtpConnection, lost: SmtpConnectionLost | None = None) -> NoReturn:
        """Raise what the server said before the dot, or that the connection was lost: nothing has been sent."""
        try:
            said = connection.reply(self._timeouts.farewell)
        except SmtpConnectionLost as silent:  # a server that hangs up within a letter has often said why
            raise lost or silent from None
        self._relay.drop()
        if said.code < 400:
            raise SmtpConnectionLost("it answered what was not asked")
        raise self._again(str(said), said) if said.code == 421 else self._refusal("DATA", said)

    def _pass_dot(self, connection: SmtpConnection, end: bytes) -> SmtpReply:
        try:
            connection.put(end, self._timeouts.block)
            return connection.reply(self._timeouts.dot)
        except SmtpConnectionLost as lost:
            self._relay.drop()
            raise InDoubt(f"{self._relay.host}: {lost}, after the letter was handed over") from None

    def _receipt(self, said: SmtpReply) -> SendReceipt:
        """The receipt of a good reply to the dot. Raises InDoubt for 1xx and 3xx, else what it means."""
        if said.good:
            self._relay.count()
            words = str(said)
            found = _QUEUED.search(words)
            queue_id = (found[1] or found[2]) if found else None
            return SendReceipt(words=words, relay=self._relay.host, queue_id=queue_id)
        if said.code < 400:
            self._announced = None
            self._relay.drop()
            raise InDoubt(f"{self._relay.host}: {said}, which is no answer to a letter", code=said.code)
        if said.code == 421:
            self._announced = None
            self._relay.drop()
        raise self._refusal("DOT", said)

    def _ahead(self, connection: SmtpConnection, following: NextEnvelope) -> _Announced | None:
        """The next letter, where it may be announced with this one's dot."""
        if "PIPELINING" not in connection.offers or not self._relay.has_room:
            return None
        envelope = following()
        if envelope is None:
            return None
        try:
            check(envelope)
            return connection, envelope, self._steps(connection, envelope)
        except DeliveryError:  # raised again when it is sent
            return None

    def _refusal(self, step: SmtpPhase, said: SmtpReply) -> DeliveryError:
        verdict = classify_reply(said.code, said.enhanced, said.text, step)
        what = f"{self._relay.host}, {step}: {said}; {verdict.words}"
        if verdict.outcome == "failed":
            return Rejected(what, code=said.code, enhanced=said.enhanced, phase=step, reason=verdict.reason)
        # A letter that is answered with 421 each time would stop the whole outbox if the relay were blamed for it.
        of_relay = verdict.relay and (step != "DOT" or verdict.reason == ReplyReason.SENDER_LIMIT)
        return deferred(what, said, verdict, step, relay=of_relay)

    def _again(self, why: str, said: SmtpReply | None = None, step: SmtpPhase = "DATA") -> _RetryOnNewConnection:
        self._relay.drop()
        return _RetryOnNewConnection(self._relay.trouble(why, said, step))


def _group(steps: _Steps) -> bytes:
    return "".join(f"{command}\r\n" for _, command, _ in steps).encode("utf-8")


def _blocks(message: bytes) -> Iterator[bytes]:
    for start in range(0, len(message), _BLOCK):
        yield message[start : start + _BLOCK]
