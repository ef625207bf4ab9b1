"""Tells the owner by mail what needs a person: one notice a day at most, and one when all is well again.

What was told follows from the notices in the outbox. The key of a notice names the one before it, so that of two
processes that have the same to say only one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from digest.app.conditions import Condition
from digest.letters import LetterFactory
from digest.mail.delivery_state import DeliveryState
from digest.store import NOTICE, Store
from digest.store.attention import OWNER, SentNotice

NoticeWord = Literal["trouble", "well"]

_APART = timedelta(hours=20)  # at least, and on another day (UTC): the hour of a daily cron job moves a little
_LASTS = timedelta(days=1)
_ENDED = (DeliveryState.CANCELLED, DeliveryState.FAILED, DeliveryState.MERGED, DeliveryState.SUPPRESSED)
"""States of a notice that told nobody."""


def next_notice(found: Sequence[Condition], last: SentNotice | None, now: datetime) -> NoticeWord | None:
    """What the owner is to be told now, if anything. A notice of the future, by a wrong clock, counts for nothing."""
    if last is not None and last.created > now:
        last = None
    in_trouble = last is not None and last.key.startswith("trouble") and last.state not in _ENDED
    if not found:
        return "well" if in_trouble else None
    if last is None:
        return "trouble"
    since = last.created
    return "trouble" if now - since >= _APART and now.date() != since.date() else None


@dataclass(frozen=True, slots=True)
class OwnerNotices:
    """Notices to the owner in the outbox."""

    store: Store
    letters: LetterFactory

    def write(self, found: Sequence[Condition], *, now: datetime) -> bool:
        """Write the notice that is due into the outbox; False: none is, or another process did."""
        last = self.store.attention.last_notice()
        word = next_notice(found, last, now)
        if word is None:
            return False
        key = f"{OWNER}{word}/{last.id if last else 0}"
        subject, text = _words(found, self.letters.service)
        envelope = self.letters.plain_notice(subject, text, key=f"{key}/{now.isoformat()}", date=now)
        return self.store.outbox.add_notice(key, envelope, subscriber="", kind=NOTICE, now=now, expires=now + _LASTS)

    def untold(self, found: Sequence[Condition]) -> Sequence[Condition]:
        """What needs a person and was told to nobody: the last notice of trouble has not gone."""
        last = self.store.attention.last_notice()
        told = last is not None and last.key.startswith("trouble") and last.state == DeliveryState.SENT
        return () if told else found


def _words(found: Sequence[Condition], service: str) -> tuple[str, str]:
    """Subject and text."""
    if not found:
        return f"{service}: all is well again", "Nothing needs you any more.\n"
    count = "one thing needs" if len(found) == 1 else f"{len(found)} things need"
    lines = "\n\n".join(f"{each}\n  {each.command}" for each in found)
    end = "The next notice comes tomorrow at the earliest. `digest doctor` says what is the matter now."
    return f"{service}: {count} you", f"{lines}\n\n{end}\n"
