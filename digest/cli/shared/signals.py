"""Signal handling: SIGTERM and Ctrl-C end the process within two seconds, SIGHUP reloads the config."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from digest.cli.shared.event_log import event_log
from digest.errors import Exit
from digest.process import EXIT_GATE

_GRACE = 1.5
"""Seconds for what is in hand to end by itself, before the process ends whatever waits."""


@contextmanager
def on_signal(*, hang_up: Callable[[], None] | None = None, ended: Exit = Exit.LATER) -> Iterator[Event]:
    """Yield an event that SIGTERM and Ctrl-C set; SIGHUP calls `hang_up`, once for all that came while it ran.

    Where the work does not end by itself within 1.5 s (a relay, a source or a name server is silent), the process ends
    with the exit code `ended`, at a second signal at once; but never between a letter's dot and the answer to it.

    A Python handler runs only when the main thread comes to it, which may wait in a lock, and would deadlock on a lock
    that it interrupted. So the interpreter's C handler writes the number into a pipe, and a thread obeys.
    """
    stop, over, reload = Event(), Event(), Event()
    heard, noted = os.pipe()
    os.set_blocking(noted, False)

    def end_late() -> None:
        if not over.wait(_GRACE):
            EXIT_GATE.end(ended)

    def obey() -> None:
        while not over.is_set():
            for number in os.read(heard, 65_536):
                if number == signal.SIGHUP:
                    reload.set()
                elif number in (signal.SIGTERM, signal.SIGINT) and stop.is_set():
                    EXIT_GATE.end(Exit.INTERRUPTED if number == signal.SIGINT else ended)
                elif number in (signal.SIGTERM, signal.SIGINT):
                    stop.set()
                    Thread(target=end_late, name="end", daemon=True).start()

    def reload_config() -> None:
        while reload.wait() and not over.is_set():
            reload.clear()
            try:
                if hang_up is not None:
                    hang_up()
            except Exception:  # noqa: BLE001, after a failed reload the next one must still work
                event_log().exception("a signal could not be obeyed", signal="SIGHUP")

    numbers = [signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if hang_up is not None else [])]
    listener = Thread(target=obey, name="signals", daemon=True)
    Thread(target=reload_config, name="reload", daemon=True).start()
    wakeup_before = signal.set_wakeup_fd(noted, warn_on_full_buffer=False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    listener.start()
    try:
        yield stop
    finally:
        over.set()
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup_before)
        reload.set()
        os.write(noted, b"\0")
        listener.join()
        os.close(heard)
        os.close(noted)
