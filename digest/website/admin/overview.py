"""The admin's overview: findings to act on, statistics, circuit breakers; and /metrics for Prometheus."""

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
from digest.website.admin.base import AdminView, format_duration, format_utc, outbox_path

_PAGE_OF_TOPIC = {
    "due": ("/due", "Due"),
    "outbox": ("/outbox", "Outbox"),
    "relay": ("#left-alone", "Left alone"),
    "domain": ("#left-alone", "Left alone"),
    "reader": ("/readers", "Readers"),
    "source": ("/sources", "Sources"),
    "owner": ("/sources", "Sources"),
}
_HEALTHY = ("well", "weekend", "holiday")
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


class OverviewView(AdminView):
    """`/` and `/metrics`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.show, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    def show(self, request: Request) -> Response:
        app, now = self.app(), self.clock()
        figures, brakes, health = app.store.stats.collect(now=now), app.store.breakers.list_all(), app.health(now)
        findings = sorted(app.service_findings(now), key=lambda each: each.outcome != "wrong")
        return self.admin_page(
            request,
            "overview",
            "Overview",
            findings=[(each, *_where_to_act(each)) for each in findings if each.outcome != "well"],
            letters=[
                (str(state), f"{count:,}", "" if state in _UNLISTED else outbox_path(state))
                for state in _STATES
                if (count := figures.letters.get(state, 0))
            ],
            others=list(_other_figures(figures, len(app.readers()), now)),
            tries=sorted(figures.tries.items()),
            heard=sorted(figures.evidence.items()),
            brakes=[
                (each, format_utc(each.until) if each.until and each.until > now else "", format_utc(each.at))
                for each in brakes
            ],
            unwell=[each for each in health if each.word not in _HEALTHY],
        )

    def metrics(self, request: Request) -> Response:
        app, now = self.app(), self.clock()
        said = exposition(
            app.store.stats.collect(now=now),
            app.store.breakers.list_all(),
            app.health(now),
            app.conditions(now),
            now=now,
        )
        return Response(said, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def _where_to_act(finding: Finding) -> tuple[str, str, str]:
    """The remedy (empty if the linked page names it), the path of the page to act on, and that page's name."""
    if finding.about == "outbox":
        for state, said in UNRESOLVED.items():
            if finding.words.endswith(said):
                return "", outbox_path(state), f"Outbox: {state}"
    return finding.mend, *_PAGE_OF_TOPIC[finding.about]


def _other_figures(figures: ServiceStats, readers: int, now: datetime) -> Iterator[tuple[str, str, str]]:
    """Name, value and path of each further figure."""
    waiting, due = figures.oldest_waiting, figures.oldest_due
    yield "readers", f"{readers:,}", "/readers"
    yield "oldest letter that waits", format_duration(now - waiting) if waiting else "none waits", "/outbox"
    yield "longest due", format_duration(now - due) if due else "nothing is due", "/due"
    yield "addresses that get no letters", f"{figures.suppressed:,}", "/suppressions"
    yield "papers", f"{figures.papers:,}", ""
