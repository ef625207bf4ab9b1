"""Finds the reader and the subscription that a command line names, or suggests the nearest name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import ConfigError

if TYPE_CHECKING:
    from digest.app import App
    from digest.subscriptions import Subscriber, Subscription


def find_reader(app: App, who: str, subscription: str | None) -> tuple[Subscriber, tuple[Subscription, ...]]:
    """The reader with that id or address, and their subscription of that name or all. Raises ConfigError."""
    import difflib

    readers = {reader.id: reader for reader in app.readers()}
    reader = readers.get(who) or next((each for each in readers.values() if each.email == who), None)
    if reader is None:
        near = difflib.get_close_matches(who, readers, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(readers)) or 'none yet'}"
        raise ConfigError(f"no reader is called {who!r}; {hint}")
    chosen = tuple(each for each in reader.subscriptions if subscription in (None, each.name))
    if not chosen:
        names = ", ".join(repr(each.name) for each in reader.subscriptions)
        raise ConfigError(f"{reader.id} has no subscription {subscription!r}; there are: {names}")
    return reader, chosen
