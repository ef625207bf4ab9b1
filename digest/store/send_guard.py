"""Is this letter still wanted? Asked right before each one, so it costs next to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

from digest.errors import DigestError
from digest.mail.outcome import Delivery, State, address_key
from digest.store.engine import Database

_QUESTION = """
SELECT
  (SELECT reason FROM suppression WHERE address = {0}),
  (SELECT min(why) FROM departure WHERE subscriber = {0} AND subscription IN ({0}, '')),
  (SELECT count(*) FROM delivery WHERE id = {0} AND epoch = {0} AND state = '{leased}'),
  (SELECT serial FROM roll)
"""


@dataclass(frozen=True, slots=True)
class SendStatus:
    """What speaks against sending a letter now."""

    suppressed: str | None = None  # why its address gets no letters
    left: str | None = None  # why its reader gets none
    held: bool = True  # the lease is still ours
    roll: int = 0  # moves on with every change of who reads what (ReaderStore.serial)


class SendGuard:
    """One connection for many questions; not for use by several threads at once."""

    def __init__(self, database: Database) -> None:
        sqlite = database.engine.dialect.name == "sqlite"
        self._question = _QUESTION.format("?" if sqlite else "%s", leased=State.LEASED.value)
        self._fault = database.engine.dialect.loaded_dbapi.Error
        self._pooled = database.engine.raw_connection()
        self._connection = cast(Any, self._pooled.driver_connection)
        if not sqlite:
            self._connection.autocommit = True  # a question alone, and no transaction around it

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pooled.invalidate()  # it is not as the pool's others are

    def standing(self, delivery: Delivery, recipient: str) -> SendStatus:
        """What stands in the database at this moment."""
        asked = (address_key(recipient), delivery.subscriber, delivery.subscription, delivery.id, delivery.epoch)
        try:
            cursor = self._connection.cursor()
            cursor.execute(self._question, asked)
            suppressed, left, held, roll = cursor.fetchone()
            cursor.close()
        except self._fault as error:
            raise DigestError(f"the database cannot be asked whether a letter is still wanted: {error}") from error
        return SendStatus(suppressed, left, bool(held), roll)
