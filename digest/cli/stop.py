"""How long work is asked to stop: SIGTERM and Ctrl-C set a flag, and the letter in hand is finished first."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def on_signal(*, hang_up: Callable[[], None] | None = None) -> Iterator[Event]:
    """An event that SIGTERM sets, and a first Ctrl-C; a second Ctrl-C interrupts. `hang_up` is called on SIGHUP."""
    stop = Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]] = {signal.SIGTERM: ask, signal.SIGINT: ask}
    if hang_up is not None:
        handlers[signal.SIGHUP] = lambda _number, _frame: hang_up()
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
