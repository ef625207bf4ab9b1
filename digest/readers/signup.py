"""Sign-up, change of address and changes of subscriptions, confirmed by a letter to the address (double opt-in)."""

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
"""The most letters a day that requests by strangers can cause to one address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signup:
    """Double opt-in sign-up. The answer never reveals whether an address is known; only the letter to it does."""

    store: Store
    directory: ReaderDirectory
    letters: LetterFactory
    links: SignedLinks
    language: str  # the default

    def sign_up(self, document: ReaderDocument, *, now: datetime) -> bool:
        """Send a confirmation letter for `document`, a reader's document with one subscription.

        Returns False if the address has reached its daily limit. Raises ConfigError for an invalid document.
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
        """Confirm a pending sign-up and return the reader; None if it was confirmed before or has expired."""

        def decide(
            asked: PendingRequest, row: ReaderRow | None, left: Collection[str]
        ) -> tuple[ReaderRow, Sequence[str]]:
            if row is None:
                row = ReaderRow(id=_fresh_id(), address=asked.address, document=asked.document, created=now)
                return row, [each["name"] for each in row.document["subscriptions"]]
            document, names = _joined(row.document, asked.document, left)
            if not self._is_understood(document):  # an older subscription of theirs is no longer valid: drop it
                kept = [each for each in row.document["subscriptions"] if self._is_understood(_alone(each))]
                document, names = _joined(asked.document | {"subscriptions": kept}, asked.document, left)
            return ReaderRow(id=row.id, address=row.address, document=document, created=row.created), names

        row = self.store.readers.admit(pending, decide, now=now)
        return self._present(row) if row else None

    def link(self, address: str, *, now: datetime) -> bool:
        """Send the link to a reader's page to their address. Returns False if the address has reached its daily limit.

        Raises AddressError.
        """
        box, known = self._known(address)
        asked = self._pending("link", box, now)
        url = self.links.page(known, now=now) if known else f"{self.links.site}/"
        language = known.language if known else self.language
        return self._ask(asked, [(box, "page" if known else "nobody", url)], language, now)

    def move(self, reader: Subscriber, address: str, *, now: datetime) -> bool:
        """Ask a signed-up reader's old and new address to confirm a change of address. Raises AddressError."""
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
        """One side confirms a change of address; see ReaderStore.confirm_address_change."""

        def readdress(row: ReaderRow, asked: PendingRequest) -> ReaderRow:
            document = row.document | asked.document
            return ReaderRow(id=row.id, address=asked.address, document=document, created=row.created)

        asked = self.store.readers.get_pending(pending)
        # That the new address belongs to another reader is disclosed only after that address has confirmed.
        both = asked and asked.done is None and "new" in (side, asked.said)
        other = self.directory.at(self.store, asked.address) if asked and both else None
        if asked and other and other.id != asked.subscriber:
            return "taken" if now < asked.expires else None
        return self.store.readers.confirm_address_change(pending, side, readdress, now=now)

    def rewrite(self, reader: str, change: Callable[[ReaderDocument], ReaderDocument]) -> Subscriber | None:
        """Change the document of a signed-up reader. Raises ConfigError, changing nothing, if the result would be
        invalid.
        """

        def judged(document: ReaderDocument) -> ReaderDocument:
            changed = change(deepcopy(document))
            subscriber_from(reader, changed, self.language)
            return changed

        row = self.store.readers.update_document(reader, judged)
        return self._present(row) if row else None

    def _present(self, row: ReaderRow) -> Subscriber:
        """The current reader with their preferences applied; signed links are only valid for this one."""
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
        self.store.set_aside.record([each for _, envelope in notices for each in envelope.set_aside], now=now)
        return self.store.readers.add_pending(asked, notices, most=MOST_ASKED, within=DAY, now=now)


def _alone(subscription: ReaderDocument) -> ReaderDocument:
    """A valid document around this subscription, so that only the subscription can be at fault."""
    return {"email": "somebody@example.org", "subscriptions": [subscription]}


def _joined(document: ReaderDocument, more: ReaderDocument, left: Collection[str]) -> tuple[ReaderDocument, list[str]]:
    """Add the subscriptions of `more`: under unused names, or in place of those that were unsubscribed (`left`)."""
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
    """The name, with a number appended if a subscription has it already."""
    if not any(_same(name, other) for other in names):
        return name
    return next(new for number in count(2) if not any(_same(new := f"{name} {number}", other) for other in names))


def _same(one: str, other: str) -> bool:
    return unicodedata.normalize("NFKC", one).casefold() == unicodedata.normalize("NFKC", other).casefold()


def _fresh_id() -> str:
    return SIGNED_UP + b32encode(token_bytes(10)).decode("ascii").lower()
