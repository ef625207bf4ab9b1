"""Letters out by SMTP: one recipient a transaction, and always known how far a letter has come."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import NoReturn, Self

from digest.delivery.channels.envelope import check, mail_from, rcpt_to, stuffed
from digest.delivery.channels.smtp_connection import Relay, Waits
from digest.delivery.channels.smtp_protocol import Line, Lost, Reply
from digest.errors import Deferred, DeliveryError, InDoubt, Rejected
from digest.mail.outcome import Envelope, Following, Phase, Receipt, classify, no_other

_BLOCK = 65_536  # bytes of a letter between two looks at what the other side says
_QUEUED = re.compile(r"\bqueued as ([\w.-]{1,64})|\bid=([\w.-]{1,64})", re.IGNORECASE)

_Steps = tuple[tuple[Phase, str, float], ...]
_Announced = tuple[Line, Envelope, _Steps]


class _Again(Exception):
    """The connection is no good and the letter is safe with us; `refusal` is told when a new one is no better."""

    def __init__(self, refusal: DeliveryError) -> None:
        self.refusal = refusal


class Smtp:
    """A relay to send through. Not for use by several threads at once; `repr` tells no credentials."""

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        context: ssl.SSLContext | None = None,
        waits: Waits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waits = waits or Waits()
        self._relay = Relay(url, user=user, password=password, context=context, waits=self._waits, clock=clock)
        self._announced: _Announced | None = None  # the answers to it are still to be read

    def __repr__(self) -> str:
        return f"<Smtp {self._relay}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._relay.quit()

    def greet(self) -> str:
        """Say hello, and how: encrypted or in clear, with the login that is configured. Raises Deferred."""
        line, _ = self._relay.ready()
        where = "on this machine" if line.on_this_machine else "in clear text"
        return f"answers, {line.encryption or f'in clear, {where}'}"

    def send(self, envelope: Envelope, at_dot: Callable[[], None], following: Following = no_other) -> Receipt:
        """Hand one letter over; the server's words on taking it.

        `at_dot` is called right before the final dot: up to there all can be repeated, and if it raises nothing has
        been sent. Raises Rejected, Deferred (with relay=True for trouble that is not this letter's), and InDoubt when
        the line was lost after the dot. `following` is asked where the server can hear of a letter with the dot of the
        one before (RFC 2920), while it reads that one; send it next.
        """
        announced, self._announced = self._announced, None
        if announced and announced[1] is not envelope:
            self._relay.drop()
            announced = None
        if announced:
            line, _, steps = announced
            fresh = False
        else:
            check(envelope)
            line, fresh = self._relay.ready()
            steps = None
        try:
            return self._transaction(line, envelope, at_dot, following, steps)
        except _Again as again:
            if fresh:
                raise again.refusal from None
        try:
            return self._transaction(self._relay.open(), envelope, at_dot, following)
        except _Again as again:
            raise again.refusal from None

    def _transaction(
        self,
        line: Line,
        envelope: Envelope,
        at_dot: Callable[[], None],
        following: Following,
        announced: _Steps | None = None,
    ) -> Receipt:
        try:
            self._announce(line, envelope, announced)
            self._put_body(line, envelope.message)
        except Lost as lost:
            raise self._again(str(lost)) from None
        try:
            ahead = self._ahead(line, following)
            end = b".\r\n" + _group(ahead[2] if ahead else ())
            at_dot()  # and at once the dot: whoever dies in between has not handed over what is presumed sent
        except BaseException:
            self._relay.drop()
            raise
        try:
            if not line.quiet():  # it went while the dot was noted
                self._early(line)
        except Lost as lost:
            raise self._again(str(lost)) from None
        said = self._pass_dot(line, end)
        self._announced = ahead
        return self._receipt(said)

    def _steps(self, line: Line, envelope: Envelope) -> _Steps:
        return (
            ("MAIL", mail_from(line.offers, envelope), self._waits.mail),
            ("RCPT", rcpt_to(line.offers, envelope), self._waits.rcpt),
            ("DATA", "DATA", self._waits.data),
        )

    def _announce(self, line: Line, envelope: Envelope, announced: _Steps | None) -> None:
        """MAIL, RCPT and DATA, in one write where that is offered (RFC 2920), unless the last dot brought them."""
        steps = announced or self._steps(line, envelope)
        pipelined = "PIPELINING" in line.offers
        if pipelined and not announced:
            line.put(_group(steps), self._waits.mail)
        for index, (step, command, seconds) in enumerate(steps):
            said = line.reply(seconds) if pipelined else line.ask(command, seconds)
            if said.code in (421, 503):
                raise self._again(str(said), said, step)
            if said.code == 354 if step == "DATA" else said.good:
                continue
            if said.code < 400:
                raise self._again("it answered what was not asked", said, step)
            self._clear(line, unread=len(steps) - index - 1 if pipelined else 0)
            raise self._refusal(step, said)

    def _clear(self, line: Line, *, unread: int) -> None:
        """After a refusal: read the answers to what was said in the same breath, then RSET."""
        try:
            answers = [line.reply(self._waits.data) for _ in range(unread)]
            if all(said.code not in (354, 421) for said in answers) and line.ask("RSET", self._waits.farewell).good:
                return
        except Lost:
            pass  # the refusal stands all the same
        self._relay.drop()

    def _put_body(self, line: Line, message: bytes) -> None:
        """All but the dot, dots doubled (RFC 5321 section 4.5.2). An answer that comes early is the answer."""
        try:
            for block in _blocks(stuffed(message)):
                line.put(block, self._waits.block)
                if not line.quiet():
                    break
            else:
                return
        except Lost as lost:
            self._early(line, lost)
        self._early(line)

    def _early(self, line: Line, lost: Lost | None = None) -> NoReturn:
        """What was said before the dot, or that the line was lost: nothing has been handed over."""
        try:
            said = line.reply(self._waits.farewell)
        except Lost as silent:  # a server that hangs up within a letter has often said why
            raise lost or silent from None
        self._relay.drop()
        if said.code < 400:
            raise Lost("it answered what was not asked")
        raise self._again(str(said), said) if said.code == 421 else self._refusal("DATA", said)

    def _pass_dot(self, line: Line, end: bytes) -> Reply:
        try:
            line.put(end, self._waits.block)
            return line.reply(self._waits.dot)
        except Lost as lost:
            self._relay.drop()
            raise InDoubt(f"{self._relay.host}: {lost}, after the letter was handed over") from None

    def _receipt(self, said: Reply) -> Receipt:
        """What was said to the dot. Raises InDoubt where that is no answer, else what the refusal means."""
        if said.good:
            self._relay.count()
            words = str(said)
            found = _QUEUED.search(words)
            queue_id = (found[1] or found[2]) if found else None
            return Receipt(words=words, relay=self._relay.host, queue_id=queue_id)
        if said.code < 400:
            self._announced = None
            self._relay.drop()
            raise InDoubt(f"{self._relay.host}: {said}, which is no answer to a letter", code=said.code)
        if said.code == 421:
            self._announced = None
            self._relay.drop()
        raise self._refusal("DOT", said)

    def _ahead(self, line: Line, following: Following) -> _Announced | None:
        """The next letter, where it may be announced already."""
        if "PIPELINING" not in line.offers or not self._relay.has_room:
            return None
        envelope = following()
        if envelope is None:
            return None
        try:
            check(envelope)
            return line, envelope, self._steps(line, envelope)
        except DeliveryError:  # it is told of its own
            return None

    def _refusal(self, step: Phase, said: Reply) -> DeliveryError:
        verdict = classify(said.code, said.enhanced, said.text, step)
        what = f"{self._relay.host}, {step}: {said}; {verdict.words}"
        if verdict.outcome == "failed":
            return Rejected(what, code=said.code, enhanced=said.enhanced, phase=step, reason=verdict.reason)
        return Deferred(
            what,
            code=said.code,
            enhanced=said.enhanced,
            phase=step,
            reason=verdict.reason,
            retry_after=verdict.retry_after,
            # A letter that is answered with 421 each time would stop the whole outbox if the relay were blamed for it.
            relay=verdict.relay and step != "DOT",
        )

    def _again(self, why: str, said: Reply | None = None, step: Phase = "DATA") -> _Again:
        self._relay.drop()
        return _Again(self._relay.trouble(why, said, step))


def _group(steps: _Steps) -> bytes:
    return "".join(f"{command}\r\n" for _, command, _ in steps).encode("utf-8")


def _blocks(message: bytes) -> Iterator[bytes]:
    for start in range(0, len(message), _BLOCK):
        yield message[start : start + _BLOCK]
