"""What the running service tells of itself, one event after the other; where it goes is log.py's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def log() -> Any:
    """The log of the service; loaded when it is first asked for, so that `--help` need not wait."""
    import structlog

    return structlog.get_logger("digest")


def level(fault: object, doubt: object = None) -> Callable[..., Any]:
    """How loud an event is: an error where something failed, a warning where somebody should look."""
    loud: Callable[..., Any] = log().error if fault else log().warning if doubt else log().info
    return loud
