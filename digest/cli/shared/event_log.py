"""Structured log events of the running service (structlog); log_setup.py decides where they go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def event_log() -> Any:
    """The logger of the service; structlog is imported on first use, so that `--help` stays fast."""
    import structlog

    return structlog.get_logger("digest")


def level(fault: object, doubt: object = None) -> Callable[..., Any]:
    """The log method of an event: `error` if there is a fault, `warning` if somebody should look, else `info`."""
    loud: Callable[..., Any] = event_log().error if fault else event_log().warning if doubt else event_log().info
    return loud
