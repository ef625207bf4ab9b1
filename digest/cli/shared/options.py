"""Click options that several commands share: `--now`, `--confirm-restore`, and the parameter type of a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from digest.store import Store

F = TypeVar("F", bound=Callable[..., Any])


class TimeParam(click.ParamType[datetime]):
    """A point in time: ISO 8601, a date, or a span back from now such as 7d, 12h or 2w; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        span = re.fullmatch(r"(\d{1,4})([hdw])", value)
        if span:
            return _now_of(ctx) - int(span[1]) * {"h": _HOUR, "d": _DAY, "w": 7 * _DAY}[span[2]]
        from digest.papers.ranges import parse_instant

        moment = parse_instant(value)
        if moment is None:
            self.fail(
                f"{value!r} is no time: write 2026-11-20, 2026-11-20T07:30+01:00 or a span such as 7d", param, ctx
            )
        return moment


_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def _now_of(ctx: click.Context | None) -> datetime:
    given = ctx.params.get("now") if ctx else None
    return given if isinstance(given, datetime) else datetime.now(UTC)


def now_option(command: F) -> F:
    """Adds `--now TIME`: run as if it were that time."""
    return click.option(
        "--now",
        type=TimeParam(),
        default=lambda: datetime.now(UTC),
        is_eager=True,
        metavar="TIME",
        help="Take this for the present time (a rehearsal).",
    )(command)


def clock_of(ctx: click.Context, now: datetime, store: Store) -> Callable[[], datetime]:
    """The clock of a long command, for leases, rate limits and pauses; with `--now` it stands still."""
    return (lambda: now) if is_rehearsed(ctx) else shared_clock(store)


_LOCAL: Callable[[], datetime] = partial(datetime.now, UTC)


def shared_clock(store: Store, local: Callable[[], datetime] = _LOCAL) -> Callable[[], datetime]:
    """The present time: by the database's clock where machines share it, so that all judge a lease alike."""
    server = store.clock()
    if server is None:
        return local
    ahead = server - local()
    return lambda: local() + ahead


def is_rehearsed(ctx: click.Context) -> bool:
    """Whether `--now` was given."""
    return ctx.get_parameter_source("now") is not click.core.ParameterSource.DEFAULT


confirm_restore = click.option(
    "--confirm-restore",
    is_flag=True,
    help="The database was put back to an older state on purpose: what the journals say was sent is not sent again.",
)
