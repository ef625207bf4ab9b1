"""The log: one JSON object a line where no person looks, and never an address, a login or a token in it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import structlog

from digest.cli.shared.log_setup import masked

_PROGRAM = """
import logging
import structlog
from digest.cli.shared.log_setup import configure_logging
configure_logging()
log = structlog.get_logger("digest")
log.info("delivered", reader="ada", words="550 5.1.1 <ada@example.org> unknown")
log.debug("not this")
logging.getLogger("apscheduler").warning("late by %d s for %s", 3, "ada@example.org")
logging.getLogger("apscheduler").info("not this either")
try:
    raise ValueError("smtp://me:secret@mail.example.org refused /unsubscribe/1abc.def")
except ValueError:
    log.exception("a beat failed", beat="tick")
"""


def test_each_event_is_one_line_of_json() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True)
    assert done.stdout == ""
    said, library, failed = [json.loads(line) for line in done.stderr.splitlines()]
    assert said | {"timestamp": ""} == {
        "event": "delivered",
        "level": "info",
        "reader": "ada",
        "words": "550 5.1.1 <<address>> unknown",
        "timestamp": "",
    }
    assert (library["event"], library["level"]) == ("late by 3 s for <address>", "warning")
    assert "Traceback" in failed["exception"]
    assert not [secret for secret in ("me:secret", "1abc", "@example") if secret in done.stderr]


@pytest.mark.parametrize(
    "value", ["x ada@example.org y", ["ada@example.org"], {"a": {"b": "ada@example.org"}}, ("jörg@exämple.org",)]
)
def test_addresses_are_masked_however_deep(value: object) -> None:
    event: structlog.typing.EventDict = {"event": "x", "value": value}
    assert "@" not in str(masked(None, "info", event))
