"""Signing up, moving to another address and leaving for good: nothing happens before the address itself has agreed."""

from __future__ import annotations

import unicodedata
from base64 import b32encode
from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from secrets import token_bytes, token_urlsafe
from typing import Literal

from digest.config.loader import SIGNED_UP
from digest.config.subscriber_yaml import subscriber_from
from digest.errors import ConfigError
from digest.letters import LetterFactory
from digest.links import AGES, CONFIRM, MOVE, SignedLinks
from digest.mail.address import address_key
from digest.mail.envelope import Envelope
from digest.mail.message import Mailbox
from digest.readers import ReaderDirectory
from digest.store import PendingRequest, ReaderDocument, ReaderRow, Store
from digest.subscriptions import Subscriber

MOST_ASKED, DAY = 3, timedelta(days=1)
"""Letters that strangers can have sent to one address in a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signup:
    """The desk at which people enrol. Whoever asks gets the same answer; what differs stands in the letter alone."""

    store: Store
    directory: ReaderDirectory
    letters: LetterFactory
    links: SignedLinks
    language: str  # of the house

    def sign_up(self, document: ReaderDocument, *, now: datetime) -> bool:
        """Somebody wants letters; `document` is that of a reader, with one subscription. They are asked by letter.

        False where too much was asked for this address today. Raises ConfigError for a document that is none.
        """
        wanted = subscriber_from(SIGNED_UP, document, self.language)
        box, known = self._known(wanted.email)
        name = "confirm" if known is None else "confirm_more" if known.id.startswith(SIGNED_UP) else "in_a_file"
        asked = self._pending("link" if name == "in_a_file" else "sign-up", box, now, document=document)
        link = self.links.confirm(asked.id, now=now)
        if known is not None and name == "in_a_file":
            link = self.links.page(known, now=now)
        return self._ask(asked, [(box, name, link)], wanted.language if known is None else known.language, now)

    def confirm(self, pending: str, *, now: datetime) -> Subscriber | None:
        """The address has agreed: the reader, with what they asked for; None where that was confirmed before."""

        def decide(
            asked: PendingRequest, row: ReaderRow | None, left: Collection[str]
        ) -> tuple[ReaderRow, Sequence[str]]:
            if row is None:
                row = ReaderRow(id=_fresh_id(), address=asked.address, document=asked.document, created=now)
                return row, [each["name"] for each in row.document["subscriptions"]]
            document, names = _joined(row.document, asked.document, left)
            if not self._is_understood(document):  # what they wrote once is no rule any more
                kept = [each for each in row.document["subscriptions"] if self._is_understood(_alone(each))]
                document, names = _joined(asked.document | {"subscriptions": kept}, asked.document, left)
            return ReaderRow(id=row.id, address=row.address, document=document, created=row.created), names

        row = self.store.readers.admit(pending, decide, now=now)
        return self._present(row) if row else None

    def link(self, address: str, *, now: datetime) -> bool:
        """Somebody wants the link to their page; it goes to the address alone. False where too much was asked today.

        Raises AddressError.
        """
        box, known = self._known(address)
        asked = self._pending("link", box, now)
        url = self.links.page(known, now=now) if known else f"{self.links.site}/"
        language = known.language if known else self.language
        return self._ask(asked, [(box, "page" if known else "nobody", url)], language, now)

    def move(self, reader: Subscriber, address: str, *, now: datetime) -> bool:
        """A reader who signed up wants their letters elsewhere: both addresses are asked. Raises AddressError."""
        old, new = Mailbox(name=reader.name or "", address=reader.email), Mailbox(address=address)
        asked = self._pending("address", new, now, subscriber=reader.id, document={"email": new.address})
        letters = [
            (box, f"move_{side}", self.links.move(asked.id, side, now=now))
            for box, side in ((old, "old"), (new, "new"))
        ]
        return self._ask(asked, letters, reader.language, now)

    def agree(
        self, pending: str, side: Literal["old", "new"], *, now: datetime
    ) -> Literal["done", "half", "taken"] | None:
        """One side agrees to a change of address; see ReaderStore.confirm_address_change."""

        def readdress(row: ReaderRow, asked: PendingRequest) -> ReaderRow:
            document = row.document | asked.document
            return ReaderRow(id=row.id, address=asked.address, document=document, created=row.created)

        asked = self.store.readers.get_pending(pending)
        # Who reads at the new address is told to nobody before that address has agreed.
        both = asked and asked.done is None and "new" in (side, asked.said)
        other = self.directory.at(self.store, asked.address) if asked and both else None
        if asked and other and other.id != asked.subscriber:
            return "taken" if now < asked.expires else None
        return self.store.readers.confirm_address_change(pending, side, readdress, now=now)

    def rewrite(self, reader: str, change: Callable[[ReaderDocument], ReaderDocument]) -> Subscriber | None:
        """Change what a reader who signed up reads. Raises ConfigError where what comes of it is no reader's document,
        and then nothing has changed.
        """

        def judged(document: ReaderDocument) -> ReaderDocument:
            changed = change(deepcopy(document))
            subscriber_from(reader, changed, self.language)
            return changed

        row = self.store.readers.update_document(reader, judged)
        return self._present(row) if row else None

    def _present(self, row: ReaderRow) -> Subscriber:
        """The reader as they are now, with all that they have said on their page: their links hold no other."""
        return self.directory.reader(self.store, row.id) or subscriber_from(row.id, row.document, self.language)

    def _is_understood(self, document: ReaderDocument) -> bool:
        try:
            subscriber_from(SIGNED_UP, document, self.language)
        except ConfigError:
            return False
        return True

    def _known(self, address: str) -> tuple[Mailbox, Subscriber | None]:
        box = Mailbox(address=address)
        return box, self.directory.at(self.store, address_key(box.wire))

    def _pending(
        self,
        kind: Literal["sign-up", "address", "link"],
        box: Mailbox,
        now: datetime,
        *,
        subscriber: str | None = None,
        document: ReaderDocument | None = None,
    ) -> PendingRequest:
        return PendingRequest(
            id=token_urlsafe(16),
            kind=kind,
            address=address_key(box.wire),
            subscriber=subscriber,
            document=document or {},
            at=now,
            expires=now + AGES[MOVE if kind == "address" else CONFIRM],
        )

    def _ask(
        self, asked: PendingRequest, letters: Sequence[tuple[Mailbox, str, str]], language: str, now: datetime
    ) -> bool:
        notices: list[tuple[str, Envelope]] = [
            (key, self.letters.notice(box, name, link, language=language, key=key, date=now))
            for box, name, link in letters
            for key in [f"{asked.id}/{name}"]
        ]
        return self.store.readers.add_pending(asked, notices, most=MOST_ASKED, within=DAY, now=now)


def _alone(subscription: ReaderDocument) -> ReaderDocument:
    """A document of this subscription and nothing else that could be wrong."""
    return {"email": "somebody@example.org", "subscriptions": [subscription]}


def _joined(document: ReaderDocument, more: ReaderDocument, left: Collection[str]) -> tuple[ReaderDocument, list[str]]:
    """What a reader has, with one more subscription: under a name of its own, or in the place of one that they left."""
    kept = list(document["subscriptions"])
    names = []
    for each in more["subscriptions"]:
        places = [place for place, known in enumerate(kept) if _same(known["name"], each["name"])]
        if places and {"", kept[places[0]]["name"]} & set(left):
            kept[places[0]] = each
        else:
            each = each | {"name": unused(each["name"], [known["name"] for known in kept])}
            kept.append(each)
        names.append(each["name"])
    return document | {"subscriptions": kept}, names


def unused(name: str, names: Sequence[str]) -> str:
    """The name, with a number where a subscription is called so."""
    if not any(_same(name, other) for other in names):
        return name
    return next(new for number in count(2) if not any(_same(new := f"{name} {number}", other) for other in names))


def _same(one: str, other: str) -> bool:
    return unicodedata.normalize("NFKC", one).casefold() == unicodedata.normalize("NFKC", other).casefold()


def _fresh_id() -> str:
    return SIGNED_UP + b32encode(token_bytes(10)).decode("ascii").lower()
