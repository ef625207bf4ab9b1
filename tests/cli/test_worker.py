"""`digest worker`: beside the daemon on one file, or from the queue of many machines."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.app import load, open_app
from digest.app.queue import Job
from digest.cli import digest
from tests.support.many_readers import furnish
from tests.support.servers import MailServer
from tests.support.store_samples import NOW

READERS = 5
REHEARSED = ("--once", "--now", NOW.isoformat())


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def call(config: Path, *words: str) -> Result:
    return CliRunner().invoke(digest, ["--config", str(config), *words])


def test_without_a_queue_a_worker_looks_for_what_is_due(tmp_path: Path, mail: MailServer) -> None:
    config = furnish(tmp_path, f"sqlite:///{tmp_path}/digest.db", mail.port, READERS)
    assert call(config, "worker", *REHEARSED).exit_code == 0
    assert len(mail.taken) == READERS
    assert call(config, "worker", *REHEARSED).exit_code == 0
    assert len(mail.taken) == READERS


def test_with_a_queue_the_daemon_hands_on_and_the_worker_does(
    tmp_path: Path, postgres_url: str, mail: MailServer
) -> None:
    config = furnish(tmp_path, postgres_url, mail.port, READERS)
    assert call(config, "run", *REHEARSED).exit_code == 0
    assert call(config, "run", *REHEARSED).exit_code == 0  # a second daemon adds nothing
    assert not mail.taken
    with open_app(load(config, {})) as app:
        assert app.queue.waiting() == {Job("compose"): 1}
    assert call(config, "worker", *REHEARSED).exit_code == 0
    assert len(mail.taken) == READERS


def test_a_worker_works_until_it_is_asked_to_stop(tmp_path: Path, mail: MailServer) -> None:
    config = furnish(tmp_path, f"sqlite:///{tmp_path}/digest.db", mail.port, READERS)
    command = [sys.executable, "-m", "digest", "--config", str(config), "worker"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr is not None
        assert '"event": "working"' in worker.stderr.readline()
        worker.send_signal(signal.SIGTERM)
        assert "stopped" in worker.stderr.read()
        assert worker.wait() == 0


def test_a_rehearsal_is_done_once(tmp_path: Path, mail: MailServer) -> None:
    config = furnish(tmp_path, f"sqlite:///{tmp_path}/digest.db", mail.port, 1)
    said = call(config, "worker", "--now", NOW.isoformat())
    assert (said.exit_code, "--now goes with --once" in said.output) == (2, True)
