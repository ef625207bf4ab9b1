"""What systemd is told: ready, alive, stopping."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path

from digest.cli.shared.service_manager import notify, watchdog


def test_a_state_comes_to_the_socket_that_the_environment_names(tmp_path: Path) -> None:
    for address in (str(tmp_path / "notify"), f"@{tmp_path.name}{os.getpid()}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind("\0" + address[1:] if address.startswith("@") else address)
            manager.settimeout(10)
            notify("READY=1", {"NOTIFY_SOCKET": address})
            assert manager.recv(100) == b"READY=1"
            (alive,) = watchdog({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "180000000"})
            assert alive.every == timedelta(seconds=60)
            alive.work()
            assert manager.recv(100) == b"WATCHDOG=1"


def test_without_a_service_manager_nothing_is_told(tmp_path: Path) -> None:
    notify("READY=1", {})
    notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})
    assert watchdog({}) == []
    assert watchdog({"WATCHDOG_USEC": "180000000", "WATCHDOG_PID": "1"}) == []
