"""P1 to P4: the service is stopped while others are silent, or what reads its log goes away."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.app import load, open_app
from tests.support.many_readers import furnish
from tests.support.processes import until
from tests.support.servers import MailServer, Says, Verb
from tests.support.store_samples import NOW

pytestmark = pytest.mark.faults

SILENT = Says(delay=900)
SECONDS = 20  # far less than any time-out of ours at a relay


@contextmanager
def working(config: Path, *words: str, stderr: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "digest", "--config", str(config), *words]
    with subprocess.Popen(command, stderr=stderr) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY"])
def test_p1_stopped_while_the_relay_is_silent_before_the_dot(tmp_path: Path, verb: Verb) -> None:
    """It ends, and the letter goes out once with the next round."""
    with MailServer({verb: [SILENT] * 9}, buffer=1_024) as server:  # what it does not read stays with us
        config = furnish(tmp_path, f"sqlite:///{tmp_path}/digest.db", server.port, 1)
        with working(config, "worker", "--once", "--now", NOW.isoformat()) as process:
            until(lambda: len(server.script[verb]) < 9)
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 75
        server.script.clear()
        with working(config, "worker", "--once", "--now", NOW.isoformat()) as process:
            assert process.wait(60) == 0
        assert len(server.taken) == 1


def test_p2_stopped_between_the_dot_and_its_answer(tmp_path: Path) -> None:
    """The answer is waited for, also when asked twice, and noted: the letter is not in doubt."""
    with MailServer({"DOT": [Says(b"250 2.0.0 taken\r\n", delay=4)]}) as server:
        config = furnish(tmp_path, f"sqlite:///{tmp_path}/digest.db", server.port, 1)
        with working(config, "worker", "--once", "--now", NOW.isoformat()) as process:
            until(lambda: not server.script["DOT"])
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)
        with working(config, "worker", "--once", "--now", NOW.isoformat()) as process:
            assert process.wait(60) == 0
        assert len(server.taken) == 1
        with open_app(load(config, {})) as app:
            assert app.store.outbox.count_by_state() == {"sent": 1}


def test_p3_hung_up_on_before_and_after_there_is_a_config(tmp_path: Path) -> None:
    with MailServer() as server:
        config = furnish(tmp_path, f"sqlite:///{tmp_path}/digest.db", server.port, 1)
        with working(config, "worker", stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            until(lambda: is_ignored(process.pid, signal.SIGHUP))
            process.send_signal(signal.SIGHUP)
            assert b'"event": "working"' in process.stderr.readline()
            for _ in range(20):
                process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            said = process.stderr.read()
            assert process.wait(SECONDS) == 0
        assert said.count(b"config read anew") < 20
        assert b"stopped" in said


def is_ignored(pid: int, number: signal.Signals) -> bool:
    """By proc(5), status: a mask of the signals that are ignored."""
    (mask,) = re.findall(r"^SigIgn:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return bool(int(mask, 16) >> (number - 1) & 1)


def test_p4_nobody_reads_the_log_any_more(tmp_path: Path) -> None:
    """A closed pipe, to which every event would be written, stops nothing."""
    reads, writes = os.pipe()
    os.close(reads)
    with MailServer() as server:
        config = furnish(tmp_path, f"sqlite:///{tmp_path}/digest.db", server.port, 5)
        with working(config, "worker", "--once", "--now", NOW.isoformat(), stderr=writes) as process:
            os.close(writes)
            assert process.wait(60) == 0
        assert len(server.taken) == 5
