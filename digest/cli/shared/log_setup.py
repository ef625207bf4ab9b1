"""Configures structlog: one event a line, JSON where no terminal is; addresses, logins and tokens are masked."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

_ADDRESS = re.compile(r"[^\s<>@\"']+@[^\s<>@\"',;]+")
_TOKEN = re.compile(r"/(unsubscribe|confirm|move|me|issue|feed)/[\w.~-]+")
_LOGIN = re.compile(r"(?<=://)[^/\s@]+:[^/\s@]+@")


def configure_logging() -> None:
    """Log to standard error from here on; what libraries log goes the same way, from warnings on."""
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_bare, *last]))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _bare(logger: Any, name: str, event: EventDict) -> EventDict:
    """Without what the standard library adds for itself."""
    for key in ("_record", "_from_structlog"):
        event.pop(key, None)
    return event


def masked(logger: Any, name: str, event: EventDict) -> EventDict:
    """No addresses, logins and tokens, whoever said them: what a server answers may quote any."""
    return {key: _without(value) for key, value in event.items()}


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return _ADDRESS.sub("<address>", _TOKEN.sub(r"/\1/<token>", _LOGIN.sub("", value)))
    if isinstance(value, (list, tuple)):
        return [_without(each) for each in value]
    return {key: _without(each) for key, each in value.items()} if isinstance(value, dict) else value
