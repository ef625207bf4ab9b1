"""Send guard: checks right before each letter whether it is still wanted; one prepared statement, at little cost."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

from digest.errors import DigestError
from digest.mail.address import address_key
from digest.mail.delivery_state import DeliveryState
from digest.mail.envelope import LeasedDelivery
from digest.store.engine import Database
from digest.store.statements import HASHED, address_hash

_QUERY = """
SELECT
  (SELECT reason FROM suppression WHERE address IN ({0}, {0}) LIMIT 1),
  (SELECT min(why) FROM departure WHERE subscriber = {0} AND subscription IN ({0}, '')),
  (SELECT count(*) FROM delivery WHERE id = {0} AND epoch = {0} AND state = '{leased}'),
  (SELECT serial FROM roll)
"""


@dataclass(frozen=True, slots=True)
class SendStatus:
    """Whether a letter may be sent at this moment."""

    suppressed: str | None = None  # why its address is suppressed
    unsubscribed: str | None = None  # why its reader unsubscribed
    is_leased: bool = True  # the lease is still ours
    readers_serial: int = 0  # grows with every change of who reads what (ReaderStore.serial)


class SendGuard:
    """One connection for many checks; not for use by several threads at once."""

    def __init__(self, database: Database) -> None:
        sqlite = database.engine.dialect.name == "sqlite"
        self._query = _QUERY.format("?" if sqlite else "%s", leased=DeliveryState.LEASED.value)
        self._error = database.engine.dialect.loaded_dbapi.Error
        self._pooled = database.engine.raw_connection()
        self._connection = cast(Any, self._pooled.driver_connection)
        if not sqlite:
            self._connection.autocommit = True  # a query alone, without a transaction around it

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pooled.invalidate()  # its settings differ from those of the pool's other connections

    def check(self, delivery: LeasedDelivery, recipient: str) -> SendStatus:
        """The status of a letter at this moment. Raises DigestError where the database fails."""
        key = address_key(recipient)
        hashed = f"{HASHED}{address_hash(key)}"
        asked = (key, hashed, delivery.subscriber, delivery.subscription, delivery.id, delivery.epoch)
        try:
            cursor = self._connection.cursor()
            cursor.execute(self._query, asked)
            suppressed, unsubscribed, leases, serial = cursor.fetchone()
            cursor.close()
        except self._error as error:
            raise DigestError(f"the database cannot be asked whether a letter is still wanted: {error}") from error
        return SendStatus(suppressed, unsubscribed, bool(leases), serial)
