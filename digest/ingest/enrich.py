"""Enrichment: bibliometrics of stored papers and followed authors, fetched in batches from OpenAlex and the like.

Optional: a failure is reported, and no letter waits for enrichment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

import httpx

from digest.authors import FollowedAuthor
from digest.authors.summary import researchers_named, service_ids
from digest.errors import DigestError, SetAside, SourceError, reason_of
from digest.http import FetchStopped, HttpClient
from digest.ingest.pull import keep_papers
from digest.limits import BackOff
from digest.sources.base import Enricher, ServiceResponse
from digest.store import SourceProgress, Store

LOOK_BACK = timedelta(days=14)
"""How long a service is asked again about a new paper that it does not know; indexing takes the services some days."""

_MOST = 2_000  # papers in one run; the next run asks about the rest
_BACK_OFF = BackOff((timedelta(minutes=30),))


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichResult:
    """Result of one service: how many ids it was asked about, and how many it knew."""

    name: str
    asked: int = 0
    known: int = 0
    fault: str | None = None
    warnings: tuple[str, ...] = ()
    set_aside: tuple[SetAside, ...] = ()  # papers that could not be kept


def enrich(
    enrichers: Iterable[Enricher],
    store: Store,
    client: HttpClient,
    people: Sequence[FollowedAuthor],
    *,
    now: datetime,
    by_hand: bool = False,
    stop: Event | None = None,
    tell: Callable[[EnrichResult], None] = lambda _: None,
) -> list[EnrichResult]:
    """Ask each service about new papers, about the known papers of followed authors, and about those authors."""
    results = []
    for enricher in enrichers:
        if (stop is not None and stop.is_set()) or enricher_is_resting(enricher, store, now, by_hand=by_hand):
            continue
        result = _ask(enricher, store, client, people, now=now, stop=stop)
        if result.asked or result.fault:
            tell(result)
            results.append(result)
    return results


def enricher_is_resting(enricher: Enricher, store: Store, now: datetime, *, by_hand: bool = False) -> bool:
    """Whether a service must not be asked yet: its interval or its back-off is not over."""
    state = store.sources.get(enricher.name)
    if state.next_try and state.next_try > now and (state.asked_to_wait or not by_hand):
        return True
    return not by_hand and state.last_ok is not None and state.last_ok + enricher.every > now


def _ask(
    enricher: Enricher,
    store: Store,
    client: HttpClient,
    people: Sequence[FollowedAuthor],
    *,
    now: datetime,
    stop: Event | None,
) -> EnrichResult:
    asked = known = 0
    warnings, set_aside = list[str](), list[SetAside]()

    def answer(request: httpx.Request) -> ServiceResponse:
        fetched = client.get(request, allow_private=enricher.allow_private, service=enricher.kind, stop=stop)
        return ServiceResponse(
            url=fetched.url, status=fetched.status, body=fetched.body, content_type=fetched.content_type
        )

    def result(fault: str | None = None) -> EnrichResult:
        return EnrichResult(
            name=enricher.name,
            asked=asked,
            known=known,
            fault=fault,
            warnings=tuple(warnings),
            set_aside=tuple(set_aside),
        )

    try:
        for keys in _batches(_papers_to_ask(enricher, store, people, now), enricher.most):
            papers = store.papers.get_many(keys)
            if request := enricher.ask(keys, papers):
                found = enricher.read(answer(request), keys, papers)
                kept = keep_papers(store, enricher.name, found.papers, now=now, since=now, first=True)
                set_aside += kept.set_aside
                store.bibliometrics.save(enricher.kind, keys, found.figures, now=now)
                asked, known = asked + len(keys), known + len(found.figures)
                warnings += found.warnings
        for ids in _batches(_people_to_ask(enricher, store, people, now), enricher.most):
            if request := enricher.ask_people(ids):
                persons = {each.key: each for each in enricher.read_people(answer(request), ids).values()}
                store.bibliometrics.save(enricher.kind, [f"{enricher.kind}:{one}" for one in ids], persons, now=now)
                asked, known = asked + len(ids), known + len(persons)
    except FetchStopped as error:
        return result(str(error))
    except SourceError as error:
        next_try = now + (error.retry_after or _BACK_OFF.pause(1))
        store.sources.record_failure(
            enricher.name, what=str(error), now=now, next_try=next_try, asked=error.retry_after is not None
        )
        return result(str(error))
    except DigestError:  # the database is at fault, and would be for every other service
        raise
    except Exception as error:  # noqa: BLE001, whatever one service makes of an answer, the others are asked
        what = f"{enricher.name}: {reason_of(error)}"
        store.sources.record_failure(enricher.name, what=what, now=now, next_try=now + _BACK_OFF.pause(1), asked=False)
        return result(what)
    store.papers.add([], now=now, since=now, first=True, progress=SourceProgress(enricher.name, done=True))
    return result()


def _papers_to_ask(enricher: Enricher, store: Store, people: Sequence[FollowedAuthor], now: datetime) -> list[str]:
    theirs = list(dict.fromkeys(key for person in people for key in person.known))
    fresh = (
        store.bibliometrics.unasked(enricher.kind, now - LOOK_BACK, now=now, most=_MOST)
        if enricher.asks_about_all
        else []
    )
    return list(dict.fromkeys((*store.bibliometrics.stale(enricher.kind, theirs, now=now), *fresh)))


def _people_to_ask(enricher: Enricher, store: Store, people: Sequence[FollowedAuthor], now: datetime) -> list[str]:
    """The service's ids of followed authors, as far as rules or the bibliometrics of their known papers give them."""
    figures = store.bibliometrics.of_papers({key for person in people for key in person.known})
    found = list[str]()
    for person in people:
        said = researchers_named(person, (each for key in person.known for each in figures.get(key, ())))
        found += service_ids(person, said).get(enricher.kind, ())
    keys = [f"{enricher.kind}:{each}" for each in dict.fromkeys(found)]
    return [key.partition(":")[2] for key in store.bibliometrics.stale(enricher.kind, keys, now=now, people=True)]


def _batches(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[begin : begin + size] for begin in range(0, len(values), size))
