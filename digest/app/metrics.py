"""Metrics for Prometheus, counted from the database on request, so that any process can serve them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from digest.app.conditions import Condition
from digest.ingest.health import SourceHealth
from digest.mail.delivery_state import DeliveryState
from digest.store import CircuitBreaker, ServiceStats


def exposition(
    figures: ServiceStats,
    breakers: Iterable[CircuitBreaker],
    sources: Sequence[SourceHealth],
    conditions: Sequence[Condition] = (),
    *,
    now: datetime,
) -> bytes:
    """The metrics in Prometheus' text format 0.0.4, without any reader's name or address."""
    book = CollectorRegistry(auto_describe=False)
    book.register(_ServiceCollector(figures, tuple(breakers), sources, conditions, now))
    return generate_latest(book)


class _ServiceCollector(Collector):
    def __init__(
        self,
        figures: ServiceStats,
        breakers: Sequence[CircuitBreaker],
        sources: Sequence[SourceHealth],
        conditions: Sequence[Condition],
        now: datetime,
    ) -> None:
        self._figures, self._breakers, self._sources, self._now = figures, breakers, sources, now
        self._conditions = conditions

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        letters = {str(state): 0 for state in DeliveryState} | dict(figures.letters)
        yield _family("digest_letters", "Letters by state; pruned ones are not counted.", "state", letters)
        yield _family("digest_tries_last_day", "Tries to send, by outcome.", "outcome", figures.tries)
        yield _family("digest_heard_last_day", "What came back, by kind.", "kind", figures.evidence)
        yield _gauge("digest_mail_in_doubt", "Letters of which nobody knows.", letters[DeliveryState.IN_DOUBT])
        yield _gauge("digest_oldest_waiting_seconds", "Age of the oldest letter.", self._age(figures.oldest_waiting))
        yield _gauge("digest_oldest_due_seconds", "Age of the oldest slot not served.", self._age(figures.oldest_due))
        yield _gauge("digest_suppressed_addresses", "Addresses that get no letters.", figures.suppressed)
        yield _gauge("digest_papers", "Papers in the store.", figures.papers)
        resting = [each for each in self._breakers if each.until and each.until > self._now]
        kinds = {kind: sum(each.kind == kind for each in resting) for kind in ("relay", "domain")}
        yield _family("digest_left_alone", "Relays and domains that are left alone for now.", "kind", kinds)
        needs = Counter(each.kind for each in self._conditions)
        yield _family("digest_needs_person", "What needs a person: `digest doctor` says more.", "kind", needs)
        failures = {each.name: each.failures for each in self._sources}
        yield _family("digest_source_failures", "Failures of a source in a row.", "source", failures)
        ages = {each.name: self._age(each.last_ok) for each in self._sources if each.last_ok}
        yield _family("digest_source_age_seconds", "Since a source last answered.", "source", ages)
        unwell = {each.name: int(each.word in ("well", "weekend", "holiday")) for each in self._sources}
        yield _family("digest_source_well", "Whether a source is well: `digest sources` says more.", "source", unwell)

    def _age(self, moment: datetime | None) -> float:
        return max(0.0, (self._now - moment).total_seconds()) if moment else 0.0


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _family(name: str, about: str, label: str, values: object) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for key, value in dict(values).items():  # type: ignore[call-overload]
        family.add_metric([str(key)], value)
    return family
