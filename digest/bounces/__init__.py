"""Bounce processing: reads the bounce mailbox, matches bounces and complaints to letters, and records the evidence.

Each message counts once. Only a message with a letter's signed return address (VERP) counts against its reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.bounces.mailbox import BounceMailbox, MailboxMessage
from digest.bounces.parse import Bounce, BounceKind, BounceReason, parse_bounce
from digest.errors import DigestError, SetAside
from digest.links.token import is_stamp, stamped
from digest.mail.address import address_key
from digest.mail.bounce_score import HARD, LITTLE
from digest.mail.message import Mailbox
from digest.store import BouncedDelivery, BounceEvidence, Store

_COUNTS = timedelta(days=30)
"""Maximum age of a delivery whose bounce counts."""

_GIVEN_UP = (BounceReason.FULL, BounceReason.DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceRead:
    """Result of one message of the bounce mailbox; `words` are for the operator and hold no address."""

    kind: BounceKind
    words: str
    subscriber: str = ""  # empty: it matches no letter
    proven: bool = False  # it carries the signed return address that only this letter had
    again: bool = False  # it was processed before
    suppressed: bool = False
    left: bool = False
    fault: bool = False  # it could not be understood, and was set aside


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnAddress:
    """The address of bounces (VERP base), the keys of its stamps, and the domain of our Message-IDs."""

    address: Mailbox
    keys: Sequence[str]
    domain: str

    def stamps(self, message: bytes, sent_to: Sequence[str]) -> list[str]:
        """The stamps in a message, those of its recipient addresses first.

        A stamp that is quoted anywhere in the message counts as well: without the letter nobody can make one.
        """
        local, _, domain = self.address.wire.rpartition("@")
        form = rf"{re.escape(local)}\+([a-z2-7]{{24}})@{re.escape(domain)}"
        pattern = re.compile(form, re.IGNORECASE)
        found = [match[1] for place in sent_to for match in pattern.finditer(place)]
        quoted = re.compile(form.encode(), re.IGNORECASE)
        found += [match[1].decode("ascii") for match in quoted.finditer(message)]
        return list(dict.fromkeys(stamp.lower() for stamp in found))[:20]


def read_bounces(
    store: Store,
    box: BounceMailbox,
    name: str,
    return_address: ReturnAddress,
    *,
    clock: Callable[[], datetime],
    tell: Callable[[BounceRead], None] = lambda _: None,
) -> list[BounceRead]:
    """Process the messages of a mailbox, each once, even if the connection breaks before a message is marked as seen.

    `name` identifies the mailbox. Raises MailboxError if it cannot be read further; earlier messages are processed.
    """
    results = []
    with box:
        for received in box.messages():
            result = _one_or_aside(store, received, f"{name} {received.id}", return_address, clock())
            box.done(received)
            if not result.again:
                tell(result)
                results.append(result)
    return results


def _one_or_aside(
    store: Store, received: MailboxMessage, key: str, return_address: ReturnAddress, now: datetime
) -> BounceRead:
    """Deal with one message; one that cannot be understood is recorded as read, so that it stops no other."""
    try:
        return _one(store, received, key, return_address, now)
    except DigestError:  # the database is at fault, and the message is not: it is read again
        raise
    except Exception as error:  # noqa: BLE001, anybody may write to this address, and anything
        again = store.bounces.record(key, now=now) is None
        aside = SetAside.of("bounce", f"message {received.id}", error)
        store.set_aside.record([aside], now=now)
        return BounceRead(kind=BounceKind.NONE, words=str(aside), again=again, fault=True)


def _one(store: Store, received: MailboxMessage, key: str, return_address: ReturnAddress, now: datetime) -> BounceRead:
    if store.bounces.already_read([key]):
        return BounceRead(kind=BounceKind.NONE, words="dealt with before", again=True)
    bounce = parse_bounce(received.message)
    known, proven = _correlate(store, received.message, bounce, return_address)
    result = BounceRead(
        kind=bounce.kind, words=_words(bounce), subscriber=known.subscriber if known else "", proven=proven
    )
    counts = known if proven and known and now - known.created <= _COUNTS else None
    leaves = _leaves(bounce, known) if proven else None
    suppressed = store.bounces.record(
        key,
        now=now,
        evidence=[_evidence(bounce, counts)] if counts and bounce.kind != BounceKind.NONE else (),
        arrived=known.id if proven and known else None,
        leaves=leaves,
    )
    if suppressed is None:
        return replace(result, again=True)
    return replace(result, suppressed=bool(suppressed), left=leaves is not None)


def _correlate(
    store: Store, message: bytes, bounce: Bounce, return_address: ReturnAddress
) -> tuple[BouncedDelivery | None, bool]:
    """The delivery of a bounce, and whether it is proven: by a stamp; an envelope id or Message-ID proves nothing."""
    for text in return_address.stamps(message, bounce.sent_to):
        number = stamped(text)
        known = store.bounces.find_delivery(id=number) if number is not None else None
        if known and is_stamp(text, known.id, known.message_id, return_address.keys):
            return known, True
    for key in (f"<{bounce.envelope_id}@{return_address.domain}>" if bounce.envelope_id else None, bounce.message_id):
        if key and (known := store.bounces.find_delivery(message_id=key)):
            return known, False
    return None, False


def _evidence(bounce: Bounce, known: BouncedDelivery) -> BounceEvidence:
    points = HARD if bounce.kind == BounceKind.HARD else 0.0
    if bounce.kind == BounceKind.SOFT and bounce.reason in _GIVEN_UP and not bounce.delayed:
        points = LITTLE
    return BounceEvidence(
        address=address_key(known.recipient),
        kind=bounce.kind,
        points=points,
        words=_words(bounce),
        delivery=known.id,
    )


def _leaves(bounce: Bounce, known: BouncedDelivery | None) -> tuple[str, str, str] | None:
    """(subscriber, subscription, reason) of the subscription that a complaint ends; None: it ends none.

    A complaint about a notice, which has no subscription, ends all of its reader's. A notice without a subscriber (sent
    to an address that somebody entered on a page) ends none.
    """
    if bounce.kind != BounceKind.COMPLAINT or known is None or not known.subscriber:
        return None
    return known.subscriber, known.subscription, "the reader called a letter spam"


def _words(bounce: Bounce) -> str:
    said = " ".join(word for word in (bounce.status, bounce.reason) if word)
    return said or str(bounce.kind)
