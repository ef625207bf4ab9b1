"""Tells systemd how the service is (sd_notify(3)): ready, alive, stopping; without systemd it does nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta

from digest.app.scheduler import Interval


def notify(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send a state, as "READY=1", to the socket in $NOTIFY_SOCKET; a service manager that is gone stops nothing."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
        to.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


@contextmanager
def is_ready() -> Iterator[None]:
    """Say that the service is ready, and at the end that it stops."""
    notify("READY=1")
    try:
        yield
    finally:
        notify("STOPPING=1")


def watchdog(environ: Mapping[str, str] = os.environ) -> list[Interval]:
    """The interval that tells systemd that the scheduler lives, thrice in $WATCHDOG_USEC; none where nobody asks."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return []
    every = timedelta(microseconds=int(microseconds)) / 3
    return [Interval("watchdog", every, lambda: notify("WATCHDOG=1", environ))]
