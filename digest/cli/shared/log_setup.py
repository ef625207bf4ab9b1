"""Configures structlog: one event a line, as JSON unless on a terminal; masks addresses, logins and tokens."""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

_ADDRESS = re.compile(r"[^\s<>@\"']+@[^\s<>@\"',;]+")
_TOKEN = re.compile(r"/(unsubscribe|confirm|move|me|issue|feed)/[\w.~-]+")
_LOGIN = re.compile(r"(?<=://)[^/\s@]+:[^/\s@]+@")


def configure_logging() -> None:
    """Log to standard error from now on, with the warnings and errors of libraries."""
    people = sys.stderr.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Processor] = (
        [masked, structlog.dev.ConsoleRenderer()]
        if people
        else [structlog.processors.format_exc_info, masked, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _LogWriter(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_bare, *last]))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _LogWriter(structlog.PrintLogger):
    """Writes lines to standard error; where nobody reads it any more (a closed pipe), that stops nothing."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):  # ValueError: the stream itself was closed
            super().msg(message)

    debug = info = warning = error = critical = msg


def _bare(logger: Any, name: str, event: EventDict) -> EventDict:
    """Drop the keys that structlog adds for records of the standard library."""
    for key in ("_record", "_from_structlog"):
        event.pop(key, None)
    return event


def masked(logger: Any, name: str, event: EventDict) -> EventDict:
    """Mask addresses, logins and tokens in every value, since a server's reply may quote them."""
    return {key: _without(value) for key, value in event.items()}


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return _ADDRESS.sub("<address>", _TOKEN.sub(r"/\1/<token>", _LOGIN.sub("", value)))
    if isinstance(value, (list, tuple)):
        return [_without(each) for each in value]
    return {key: _without(each) for key, each in value.items()} if isinstance(value, dict) else value
