"""From the sources into the store: ask politely, read, keep; one page, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event

import httpx

from digest.errors import SourceError
from digest.http import FetchResult, FetchStopped, HttpClient, Validators
from digest.limits import BackOff
from digest.papers.updates import LOOK_BACK
from digest.sources.base import PaperLookUp, ResultPage, ServiceResponse, Source
from digest.store import SourceProgress, SourceState, Store, TransactionHook

_BACK_OFF = BackOff.doubling(timedelta(minutes=15), timedelta(hours=4))  # where a source does not ask for more itself
_BLOCKED = timedelta(days=1)  # before a service is asked again that refuses machines
_LEASE = timedelta(minutes=10)  # that other machines leave a source to the one that asks it
_MOST_PAGES = 2_000  # a walk that is longer goes in a circle


@dataclass(frozen=True, slots=True, kw_only=True)
class PullResult:
    """How asking one source went."""

    source: str
    papers: int = 0
    new: int = 0
    updates: int = 0  # revised, published, withdrawn
    warnings: tuple[str, ...] = ()
    fault: str | None = None
    resting: datetime | None = None  # not asked: its time has not come


def pull(
    sources: Iterable[Source],
    store: Store,
    client: HttpClient,
    *,
    now: datetime,
    look_ups: Iterable[PaperLookUp] = (),
    by_hand: bool = False,
    since: datetime | None = None,
    stop: Event | None = None,
    in_transaction: TransactionHook | None = None,
    tell: Callable[[PullResult], None] = lambda _: None,
) -> list[PullResult]:
    """Ask each source whose time has come and keep what it says; a source that fails stops no other.

    By hand the sources' own pace is passed over, a Retry-After never. With `since` the walk begins there, and what is
    older than the usual look-back is kept without being announced. A failed source goes on next time where its last
    whole page ended. At last the `look_ups` fill in what a feed announced and no harvest has told of.
    `in_transaction` is called in the transaction of a page that brought news. Where machines share the database, each
    source is asked by one of them at a time; by hand also beside that one.
    """
    results = []
    asked: list[Source | PaperLookUp] = [*sources, *look_ups]
    for source in asked:
        if stop is not None and stop.is_set():
            break
        with _claimed(source.name, store, now, by_hand=by_hand) as mine:
            if not mine:
                continue
            result = _ask(
                source, store, client, now=now, by_hand=by_hand, since=since, stop=stop, in_transaction=in_transaction
            )
        if result is not None:
            tell(result)
            results.append(result)
    return results


def is_resting(source: Source | PaperLookUp, store: Store, now: datetime) -> bool:
    """Whether the time of a source has not come."""
    return _resting(source, store.sources.get(source.name), now, by_hand=False) is not None


@contextmanager
def _claimed(name: str, store: Store, now: datetime, *, by_hand: bool) -> Iterator[bool]:
    """Whether a source is ours to ask, while no other machine does."""
    if by_hand or not store.is_shared:
        yield True
    elif store.leases.acquire(f"pull {name}", now=now, lease=_LEASE):
        yield False
    else:
        try:
            yield True
        finally:
            store.leases.release(f"pull {name}", at=now)


def _ask(
    source: Source | PaperLookUp,
    store: Store,
    client: HttpClient,
    *,
    now: datetime,
    by_hand: bool,
    since: datetime | None,
    stop: Event | None,
    in_transaction: TransactionHook | None,
) -> PullResult | None:
    state = store.sources.get(source.name)
    resting = _resting(source, state, now, by_hand=by_hand)
    if resting:
        return PullResult(source=source.name, resting=resting)
    result = PullResult(source=source.name)
    try:
        if isinstance(source, Source):
            pages = _walk(source, store, client, now=now, since=since, stop=stop, in_transaction=in_transaction)
        else:
            pages = _look_up(source, store, client, now=now, stop=stop, in_transaction=in_transaction)
        for page in pages:
            result = _add(result, page)
    except FetchStopped as error:
        return replace(result, fault=str(error))
    except SourceError as error:
        blocked = source.refused(error.status) if isinstance(source, Source) and error.status else ""
        next_try = now + (error.retry_after or (_BLOCKED if blocked else _BACK_OFF.pause(state.failures + 1)))
        what = blocked or str(error)
        store.sources.record_failure(
            source.name, what=what, now=now, next_try=next_try, asked=error.retry_after is not None
        )
        return replace(result, fault=f"{source.name}: {blocked}" if blocked else str(error))
    return result if isinstance(source, Source) or result.papers else None


def _resting(source: Source | PaperLookUp, state: SourceState, now: datetime, *, by_hand: bool) -> datetime | None:
    """When the source may be asked again, if that is later than now."""
    waits = [state.next_try] if state.next_try and (not by_hand or state.asked_to_wait) else []
    if not by_hand and state.last_ok:
        waits.append(state.last_ok + source.every)
    return max((wait for wait in waits if wait > now), default=None)


def _walk(
    source: Source,
    store: Store,
    client: HttpClient,
    *,
    now: datetime,
    since: datetime | None,
    stop: Event | None,
    in_transaction: TransactionHook | None,
) -> Iterator[PullResult]:
    """Page after page of one source, each kept before the next is asked for."""
    state = store.sources.get(source.name)
    first = since is not None or state.last_ok is None
    cursor = _goes_on(state, since)
    look_back = now - LOOK_BACK
    request: httpx.Request | None = source.first(cursor, since or look_back, now)
    restarted = False
    for _ in range(_MOST_PAGES):
        if request is None:
            return
        url = str(request.url)
        fetched = client.get(
            request,
            validators=Validators(*state.validators.get(url, ())),
            allow_private=source.allow_private,
            service=source.kind,
            stop=stop,
        )
        page = ResultPage() if fetched.not_modified else source.read(_answer(fetched, url), now)
        if page.restart:
            if restarted:
                raise SourceError(f"{source.name}: the service refused its own resumption token twice")
            restarted, request = True, source.first(store.sources.get(source.name).cursor, since or look_back, now)
            continue
        done = page.next is None and not page.cut
        # Validators of a page that leads on, that was cut or is old would hide the rest behind a 304.
        seals = (fetched.validators.etag, fetched.validators.last_modified)
        validators = seals if done and not page.stale and any(seals) else None
        progress = SourceProgress(
            source.name, cursor=page.cursor, url=url, validators=validators, done=done, batch=page.batch
        )
        added = store.papers.add(
            page.papers, now=now, since=look_back, first=first, progress=progress, in_transaction=in_transaction
        )
        yield PullResult(
            source=source.name,
            papers=len(page.papers),
            new=added.new,
            updates=added.updates,
            warnings=(*page.warnings, *_moved(fetched)),
        )
        if page.cut:
            raise SourceError(
                f"{source.name}: the answer broke off; what was whole is kept, the rest is asked for again"
            )
        request = page.next
    raise SourceError(f"{source.name}: more than {_MOST_PAGES} pages; the service seems to lead in a circle")


def _goes_on(state: SourceState, since: datetime | None) -> str | None:
    """The cursor to go on from, or None to begin at `since`: never later than the last whole walk, for no gap."""
    reached = since is None or (state.last_ok is not None and state.last_ok < since)
    return state.cursor if reached else None


def _look_up(
    source: PaperLookUp,
    store: Store,
    client: HttpClient,
    *,
    now: datetime,
    stop: Event | None,
    in_transaction: TransactionHook | None,
) -> Iterator[PullResult]:
    """What was announced within the look-back and is known from its feed alone, asked for in batches."""
    keys = store.papers.announced_only(source.kind, now - LOOK_BACK)
    for batch in (keys[begin : begin + source.most] for begin in range(0, len(keys), source.most)):
        request = source.ask(batch)
        fetched = client.get(request, allow_private=source.allow_private, service=source.kind, stop=stop)
        page = source.read(_answer(fetched), now)
        progress = SourceProgress(source.name, done=True)
        added = store.papers.add(
            page.papers, now=now, since=now - LOOK_BACK, first=False, progress=progress, in_transaction=in_transaction
        )
        yield PullResult(
            source=source.name,
            papers=len(page.papers),
            new=added.new,
            updates=added.updates,
            warnings=page.warnings,
        )


def _answer(fetched: FetchResult, asked: str = "") -> ServiceResponse:
    return ServiceResponse(
        url=fetched.url,
        asked=asked,
        status=fetched.status,
        body=fetched.body,
        content_type=fetched.content_type,
        headers=fetched.headers,
    )


def _moved(fetched: FetchResult) -> tuple[str, ...]:
    return (f"has moved for good: write {fetched.moved_to} into the config",) if fetched.moved_to else ()


def _add(total: PullResult, page: PullResult) -> PullResult:
    return replace(
        total,
        papers=total.papers + page.papers,
        new=total.new + page.new,
        updates=total.updates + page.updates,
        warnings=(*total.warnings, *page.warnings),
    )
