"""Signal handling: SIGTERM and Ctrl-C ask to stop after the letter in hand, SIGHUP to reload the config."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Thread
from types import FrameType

from digest.cli.shared.event_log import event_log


@contextmanager
def on_signal(*, hang_up: Callable[[], None] | None = None) -> Iterator[Event]:
    """Yield an event that SIGTERM and a first Ctrl-C set; a second Ctrl-C interrupts. SIGHUP calls `hang_up`.

    A handler may interrupt code that holds a lock, such as the logger's, and would deadlock if it took that lock: so
    it only records the signal, and a thread acts on it.
    """
    stop, heard = Event(), SimpleQueue[int | None]()  # SimpleQueue.put is reentrant, so a handler may call it

    def note(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and stop.is_set():
            raise KeyboardInterrupt
        heard.put(number)

    def obey() -> None:
        while (number := heard.get()) is not None:
            if number != signal.SIGHUP:
                stop.set()
            elif hang_up is not None:
                try:
                    hang_up()
                except Exception:  # noqa: BLE001, after a failed reload SIGTERM must still work
                    event_log().exception("a signal could not be obeyed", signal="SIGHUP")

    numbers = [signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if hang_up is not None else [])]
    listener = Thread(target=obey, name="signals", daemon=True)
    listener.start()
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        heard.put(None)
        listener.join()
