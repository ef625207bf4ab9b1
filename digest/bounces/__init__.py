"""What came back: bounces and complaints, each dealt with once, and nobody suppressed on a stranger's word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.bounces.mailbox import BounceMailbox, MailboxMessage
from digest.bounces.parse import Bounce, BounceKind, BounceReason, parse_bounce
from digest.links.token import is_stamp, stamped
from digest.mail.address import address_key
from digest.mail.message import Mailbox
from digest.store import BouncedDelivery, BounceEvidence, Store

_COUNTS = timedelta(days=30)
"""How old a delivery may be whose bounce still counts."""

_LITTLE = 0.25
"""What a letter weighs that was given up as the mailbox was full or asleep; one that reached no address weighs 1."""

_GIVEN_UP = (BounceReason.FULL, BounceReason.DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceRead:
    """What became of one message; `words` are for the admin, and hold no address."""

    kind: BounceKind
    words: str
    subscriber: str = ""  # empty: it belongs to no letter of ours
    proven: bool = False  # it came to the address that only this letter had
    again: bool = False  # it was dealt with before
    suppressed: bool = False
    left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnAddress:
    """How what comes back is held against letters: the address of bounces, the keys, the domain of Message-IDs."""

    address: Mailbox
    keys: Sequence[str]
    domain: str

    def stamps(self, message: bytes, sent_to: Sequence[str]) -> list[str]:
        """The stamps in a message, those to which it was sent first.

        One that is quoted somewhere in it is as good: nobody can make one who has not had the letter.
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
    ear: ReturnAddress,
    *,
    clock: Callable[[], datetime],
    tell: Callable[[BounceRead], None] = lambda _: None,
) -> list[BounceRead]:
    """Deal with what lies in a box, each message once, also where the box breaks between the deed and its mark.

    `name` is the box's own. Raises MailboxError where the box cannot be read on; what was read before is dealt with.
    """
    results = []
    with box:
        for piece in box.pieces():
            heard = _one(store, piece, f"{name} {piece.id}", ear, clock())
            box.done(piece)
            if not heard.again:
                tell(heard)
                results.append(heard)
    return results


def _one(store: Store, piece: MailboxMessage, key: str, ear: ReturnAddress, now: datetime) -> BounceRead:
    if store.bounces.already_read([key]):
        return BounceRead(kind=BounceKind.NONE, words="dealt with before", again=True)
    bounce = parse_bounce(piece.message)
    known, proven = _correlate(store, piece.message, bounce, ear)
    heard = BounceRead(
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
        return replace(heard, again=True)
    return replace(heard, suppressed=bool(suppressed), left=leaves is not None)


def _correlate(store: Store, message: bytes, bounce: Bounce, ear: ReturnAddress) -> tuple[BouncedDelivery | None, bool]:
    """The delivery that came back, and whether that is proven: by its stamp, else by what anyone may have written."""
    for text in ear.stamps(message, bounce.sent_to):
        number = stamped(text)
        known = store.bounces.find_delivery(id=number) if number is not None else None
        if known and is_stamp(text, known.id, known.message_id, ear.keys):
            return known, True
    for key in (f"<{bounce.envelope_id}@{ear.domain}>" if bounce.envelope_id else None, bounce.message_id):
        if key and (known := store.bounces.find_delivery(message_id=key)):
            return known, False
    return None, False


def _evidence(bounce: Bounce, known: BouncedDelivery) -> BounceEvidence:
    points = 1.0 if bounce.kind == BounceKind.HARD else 0.0
    if bounce.kind == BounceKind.SOFT and bounce.reason in _GIVEN_UP and not bounce.delayed:
        points = _LITTLE
    return BounceEvidence(
        address=address_key(known.recipient),
        kind=bounce.kind,
        points=points,
        words=_words(bounce),
        delivery=known.id,
    )


def _leaves(bounce: Bounce, known: BouncedDelivery | None) -> tuple[str, str, str] | None:
    """A complaint ends the subscription that it is about; a notice has none, and its reader then leaves all.

    A notice that somebody asked for on a page is nobody's: there is nothing to leave.
    """
    if bounce.kind != BounceKind.COMPLAINT or known is None or not known.subscriber:
        return None
    return known.subscriber, known.subscription, "the reader called a letter spam"


def _words(bounce: Bounce) -> str:
    said = " ".join(word for word in (bounce.status, bounce.reason) if word)
    return said or str(bounce.kind)
