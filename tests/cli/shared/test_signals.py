"""Signals: whatever they interrupt, they are obeyed, and the process neither hangs nor dies of them."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from digest.cli.shared.signals import on_signal

LOGGING = """\
import os, signal, sys, threading, time
from digest.cli.shared.event_log import event_log
from digest.cli.shared.log_setup import configure_logging
from digest.cli.shared.signals import on_signal

configure_logging()
anew = []

def read_anew():
    anew.append(event_log().info("config read anew"))

def many():
    while not ended.wait(0.0002):
        os.kill(os.getpid(), signal.SIGHUP)

ended = threading.Event()
with on_signal(hang_up=read_anew) as stop:
    sender = threading.Thread(target=many)
    sender.start()
    for number in range(3_000):
        event_log().info("at work", number=number)
    ended.set()
    sender.join()
    os.kill(os.getpid(), signal.SIGTERM)
    sys.exit(0 if stop.wait(30) and anew else 1)
"""


def test_no_signal_hangs_who_writes_to_the_log_at_that_moment() -> None:
    done = subprocess.run([sys.executable, "-c", LOGGING], stderr=subprocess.PIPE, timeout=120, check=False)
    assert done.returncode == 0
    assert done.stderr.count(b"at work") == 3_000


FAILING = """\
import signal, sys, threading
from digest.cli.shared.log_setup import configure_logging
from digest.cli.shared.signals import on_signal

configure_logging()
called = threading.Semaphore(0)

def fail():
    called.release()
    raise RuntimeError("no such file")

with on_signal(hang_up=fail) as stop:
    for _ in range(2):  # the second one is obeyed when the first was logged
        signal.raise_signal(signal.SIGHUP)
        called.acquire()
    signal.raise_signal(signal.SIGTERM)
    sys.exit(0 if stop.wait(30) else 1)
"""


def test_who_cannot_read_anew_can_still_be_stopped() -> None:
    done = subprocess.run([sys.executable, "-c", FAILING], stderr=subprocess.PIPE, timeout=120, check=False)
    assert done.returncode == 0
    assert b"could not be obeyed" in done.stderr
    assert b"no such file" in done.stderr


SILENT = """\
import os, signal, threading, time
from digest.cli.shared.signals import on_signal
from digest.process import EXIT_GATE

def answer():
    time.sleep(3)
    os.write(1, b"answered")
    EXIT_GATE.release(1)

with on_signal():
    if {at_dot}:
        EXIT_GATE.hold(1)
        threading.Thread(target=answer).start()
    for number in {numbers}:
        signal.raise_signal(number)
    held = threading.Lock()
    held.acquire()
    held.acquire()  # without a time-out, as a main thread waits
"""


@pytest.mark.parametrize(
    ("at_dot", "numbers", "code", "said"),
    [
        (False, [signal.SIGTERM], 75, b""),
        (False, [signal.SIGTERM, signal.SIGTERM], 75, b""),
        (False, [signal.SIGINT, signal.SIGINT], 130, b""),
        (True, [signal.SIGTERM, signal.SIGTERM], 75, b"answered"),
    ],
)
def test_who_waits_for_ever_is_ended_but_not_between_the_dot_and_its_answer(
    at_dot: bool, numbers: list[int], code: int, said: bytes
) -> None:
    program = SILENT.format(at_dot=at_dot, numbers=[int(number) for number in numbers])
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (code, said)


def test_a_hang_up_before_there_is_a_config_means_nothing() -> None:
    program = (
        "import os, signal, sys\n"
        "sys.argv = ['digest', 'run']\n"
        "import digest.__main__\n"
        "os.kill(os.getpid(), signal.SIGHUP)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


def test_afterwards_signals_are_as_they_were() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with on_signal():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
