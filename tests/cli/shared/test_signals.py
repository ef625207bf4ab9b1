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
import signal, sys
from digest.cli.shared.log_setup import configure_logging
from digest.cli.shared.signals import on_signal

configure_logging()

def fail():
    raise RuntimeError("no such file")

with on_signal(hang_up=fail) as stop:
    signal.raise_signal(signal.SIGHUP)
    signal.raise_signal(signal.SIGTERM)
    sys.exit(0 if stop.wait(30) else 1)
"""


def test_who_cannot_read_anew_can_still_be_stopped() -> None:
    done = subprocess.run([sys.executable, "-c", FAILING], stderr=subprocess.PIPE, timeout=120, check=False)
    assert done.returncode == 0
    assert b"could not be obeyed" in done.stderr
    assert b"no such file" in done.stderr


def test_a_second_interrupt_does_not_wait() -> None:
    with on_signal() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.wait(10)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_signals_are_as_they_were() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with on_signal():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
