"""The first page: what needs doing, in figures and in words, each with the way to where one does it; and metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.app.doctor import UNRESOLVED, Finding
from digest.app.metrics import exposition
from digest.mail.delivery_state import DeliveryState
from digest.store import ServiceStats
from digest.website.admin.base import Desk, outbox_path, span, stamp

_PLACES = {
    "due": ("/due", "Due"),
    "outbox": ("/outbox", "Outbox"),
    "relay": ("#left-alone", "Left alone"),
    "domain": ("#left-alone", "Left alone"),
    "reader": ("/readers", "Readers"),
    "source": ("/sources", "Sources"),
}
_WELL = ("well", "weekend", "holiday")
_STATES = (
    DeliveryState.SENT,
    DeliveryState.READY,
    DeliveryState.LEASED,
    DeliveryState.DEFERRED,
    DeliveryState.IN_DOUBT,
    DeliveryState.FAILED,
    DeliveryState.SUPPRESSED,
    DeliveryState.POISON,
    DeliveryState.CANCELLED,
    DeliveryState.MERGED,
)
_UNLISTED = (DeliveryState.SENT, DeliveryState.MERGED)


class Overview(Desk):
    """`/` and `/metrics`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.look, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    def look(self, request: Request) -> Response:
        app, now = self.app(), self.clock()
        figures, brakes, health = app.store.stats.collect(now=now), app.store.breakers.list_all(), app.health(now)
        findings = sorted(app.service_findings(now), key=lambda each: each.outcome != "wrong")
        return self.show(
            request,
            "overview",
            "Overview",
            findings=[(each, *_place(each)) for each in findings if each.outcome != "well"],
            letters=[
                (str(state), f"{count:,}", "" if state in _UNLISTED else outbox_path(state))
                for state in _STATES
                if (count := figures.letters.get(state, 0))
            ],
            others=list(_others(figures, len(app.readers()), now)),
            tries=sorted(figures.tries.items()),
            heard=sorted(figures.evidence.items()),
            brakes=[
                (each, stamp(each.until) if each.until and each.until > now else "", stamp(each.at)) for each in brakes
            ],
            unwell=[each for each in health if each.word not in _WELL],
        )

    def metrics(self, request: Request) -> Response:
        app, now = self.app(), self.clock()
        said = exposition(app.store.stats.collect(now=now), app.store.breakers.list_all(), app.health(now), now=now)
        return Response(said, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def _place(finding: Finding) -> tuple[str, str, str]:
    """What to do, unless the page says that to which one is led; where one sees more of it and acts; its name."""
    if finding.about == "outbox":
        for state, said in UNRESOLVED.items():
            if finding.words.endswith(said):
                return "", outbox_path(state), f"Outbox: {state}"
    return finding.mend, *_PLACES[finding.about]


def _others(figures: ServiceStats, readers: int, now: datetime) -> Iterator[tuple[str, str, str]]:
    """What it is, how much, and where more is said."""
    waiting, due = figures.oldest_waiting, figures.oldest_due
    yield "readers", f"{readers:,}", "/readers"
    yield "oldest letter that waits", span(now - waiting) if waiting else "none waits", "/outbox"
    yield "longest due", span(now - due) if due else "nothing is due", "/due"
    yield "addresses that get no letters", f"{figures.suppressed:,}", "/suppressions"
    yield "papers", f"{figures.papers:,}", ""
