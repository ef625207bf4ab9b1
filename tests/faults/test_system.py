"""D7 and T1: the system has no more files or memory, interrupts us, or sets its clock."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.delivery import Delivered
from digest.errors import DigestError
from digest.issues.compose import compose
from tests.support.delivery_scenario import DeliveryScenario
from tests.support.graph_reader import FACTORY, reader
from tests.support.processes import child, until
from tests.support.servers import MailServer, Says

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]


@contextmanager
def files_left(count: int) -> Iterator[None]:
    """So many more files may be opened."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = {int(name) for name in os.listdir("/proc/self/fd")}
    free = [number for number in range(len(used) + count + 1) if number not in used][:count]
    resource.setrlimit(resource.RLIMIT_NOFILE, (free[-1] + 1 if free else 0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_d7_no_more_files(scenario: DeliveryScenario) -> None:
    """Whatever cannot be opened, the round stops in words and the next one goes on."""
    scenario.put("ada", "ben")
    with MailServer() as server:
        for count in range(1, 12):
            with files_left(count), suppress(DigestError):
                scenario.round(server)
            scenario.later(minutes=20)
        scenario.holds(server)


def test_d7_no_more_memory(scenario: DeliveryScenario) -> None:
    """A letter that cannot be held costs that process; what it left is taken over, and the others go out."""
    scenario.put("ada", "ben")
    with MailServer() as server:
        code = (
            "import resource, runpy, sys\n"
            "size = 1024 * int(open('/proc/self/statm').read().split()[0]) * 4\n"
            "sys.argv = sys.argv[1:]\n"
            "from tests.support import dying_process\n"
            "real = dying_process._Journal.dot\n"
            "class Tight(dying_process._Journal):\n"
            "    def dot(self, delivery, epoch):\n"
            "        resource.setrlimit(resource.RLIMIT_AS, (size, size))\n"
            "        held = bytearray(2**34)\n"
            "dying_process._Journal = Tight\n"
            "dying_process.main()\n"
        )
        url = scenario.store.engine.url.render_as_string()
        given = ["child", "deliver", url, str(scenario.folder), scenario.now.isoformat(), "--port", str(server.port)]
        done = subprocess.run(
            [sys.executable, "-c", code, *given], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert "MemoryError" in done.stderr
        assert server.taken == []
        assert scenario.round(server).count("sent") == 2
        scenario.holds(server)


def test_d7_interrupted_all_the_time(scenario: DeliveryScenario) -> None:
    """A signal every few milliseconds interrupts every call, and no call minds."""
    scenario.put(*(f"reader{number}" for number in range(60)))
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    try:
        with MailServer({"RCPT": [Says(b"250 2.1.5 ok\r\n", delay=0.05)] * 3}) as server:
            assert scenario.round(server, connections=3).count("sent") == 60
            signal.setitimer(signal.ITIMER_REAL, 0)
            scenario.holds(server)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rung


JUMPS = {
    "an hour on": timedelta(hours=1),
    "an hour back": timedelta(hours=-1),
    "a day on": timedelta(days=1),
    "a day back": timedelta(days=-1),
    "years back": timedelta(days=-20_000),
}


@pytest.mark.parametrize("jump", JUMPS)
def test_t1_the_clock_jumps_between_two_letters(anywhere: DeliveryScenario, jump: str) -> None:
    scenario = anywhere
    scenario.put("ada", "ben", "cleo")

    def tick(letter: Delivered) -> None:
        if letter.subscriber == "ada":
            scenario.now += JUMPS[jump]

    with MailServer() as server:
        assert scenario.round(server, tell=tick).count("sent") == 3
        scenario.now -= JUMPS[jump]
        scenario.holds(server)


@pytest.mark.parametrize("jump", JUMPS)
def test_t1_the_clock_jumps_while_another_is_at_work(scenario: DeliveryScenario, tmp_path: Path, jump: str) -> None:
    """Whoever takes its letters by the clock sends them; it looks at its lease before the dot, and does not."""
    scenario.now = datetime.now(UTC)
    scenario.put("ada")
    with MailServer({"RCPT": Says(b"250 2.1.5 ok\r\n", delay=2)}) as server, MailServer() as other:
        moved = tmp_path / "moved"
        with child(scenario, "deliver", "--port", server.port, "--moved", moved) as process:
            until(lambda: "RCPT" in server.verbs())
            moved.write_text(str(JUMPS[jump].total_seconds()))
            real, scenario.now = scenario.now, scenario.now + JUMPS[jump]
            scenario.round(other)
            scenario.now = real
            assert process.wait(60) == 0
        assert scenario.arrived(server, other) == {"ada": 1}
        scenario.holds(server, other)


@pytest.mark.parametrize("jump", JUMPS)
def test_t1_the_clock_jumps_between_two_issues(scenario: DeliveryScenario, jump: str) -> None:
    """No slot has two issues, whatever the clock says; and when it is right again, the day has its issue."""
    ada = [reader("Europe/Berlin", "daily 07:30")]
    moments = [
        scenario.now,
        scenario.now + JUMPS[jump],
        scenario.now + timedelta(hours=1),
        scenario.now + timedelta(days=2),
    ]
    for moment in moments:
        for _ in range(2):
            compose(ada, scenario.store, FACTORY, now=moment)
    slots = [str(row["slot"])[:10] for row in scenario.rows("SELECT slot FROM issue")]
    assert len(slots) == len(set(slots))
    assert f"{scenario.now:%Y-%m-%d}" in slots
    assert f"{scenario.now + timedelta(days=2):%Y-%m-%d}" in slots
