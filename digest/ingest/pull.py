"""Pulls papers from all sources into the store, one transaction for each page of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Event

import httpx

from digest.errors import DigestError, SetAside, SourceError, reason_of
from digest.http import FetchResult, FetchStopped, HttpClient, Validators
from digest.limits import BackOff
from digest.papers import Paper
from digest.papers.updates import LOOK_BACK
from digest.sources.base import PaperLookUp, ResultPage, ServiceResponse, Source
from digest.store import SourceProgress, SourceState, Store, TransactionHook

_BACK_OFF = BackOff.doubling(timedelta(minutes=15), timedelta(hours=4))  # without a Retry-After
_BLOCKED = timedelta(days=1)  # wait after a publisher's refusal of machines
_LEASE = timedelta(minutes=10)  # time that one machine holds a source
_MOST_PAGES = 2_000  # more pages mean that the paging goes in a circle


@dataclass(frozen=True, slots=True, kw_only=True)
class PullResult:
    """Result of pulling one source."""

    source: str
    papers: int = 0
    new: int = 0
    updates: int = 0  # revised, published, withdrawn
    warnings: tuple[str, ...] = ()
    set_aside: tuple[SetAside, ...] = ()  # papers that could not be kept
    fault: str | None = None
    resting: datetime | None = None  # not asked: its next try is at this time


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
    """Fetch and store the papers of each source that is due; a failing source stops no other.

    `by_hand` ignores the interval of a source, but never a Retry-After; `digest sources retry` does. With `since` the
    harvest begins there, and papers older than the usual look-back are stored without being announced. A failed source
    continues at the next run after its last whole page. At the end the `look_ups` complete papers that a feed announced
    and no harvest has brought. `in_transaction` is called in the transaction of a page with news. Where machines share
    the database, each source is leased by one of them at a time; a run by hand ignores the lease.
    """
    results = []
    if set_back := store.future_instants.set_back(now):
        results.append(PullResult(source="clock", set_aside=tuple(set_back)))
        tell(results[0])
    asked: list[Source | PaperLookUp] = [*sources, *look_ups]
    for source in asked:
        if stop is not None and stop.is_set():
            break
        with _lease(source.name, store, now, by_hand=by_hand) as leased:
            if not leased:
                continue
            try:
                result = _ask(
                    source,
                    store,
                    client,
                    now=now,
                    by_hand=by_hand,
                    since=since,
                    stop=stop,
                    in_transaction=in_transaction,
                )
            except DigestError:  # the database is at fault, and would be for every other source
                raise
            except Exception as error:  # noqa: BLE001, whatever one source makes of an answer, the others are asked
                result = _failed(source, store, error, now)
        if result is not None:
            tell(result)
            results.append(result)
    return results


def is_resting(source: Source | PaperLookUp, store: Store, now: datetime) -> bool:
    """Whether a source must not be asked yet: its interval or its back-off is not over."""
    return _resting(source, store.sources.get(source.name), now, by_hand=False) is not None


@contextmanager
def _lease(name: str, store: Store, now: datetime, *, by_hand: bool) -> Iterator[bool]:
    """Lease a source from the other machines for a pull; False if another machine holds it."""
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
    lifted = state.failures > 0 and state.next_try is None  # by `digest sources retry`
    try:
        if isinstance(source, Source):
            pages = _pull_pages(source, store, client, now=now, since=since, stop=stop, in_transaction=in_transaction)
        else:
            pages = _look_up(source, store, client, now=now, stop=stop, in_transaction=in_transaction)
        with client.passing_over_waits() if lifted else nullcontext():
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


def _failed(source: Source | PaperLookUp, store: Store, error: Exception, now: datetime) -> PullResult:
    """Record that a source failed in a way that nobody foresaw."""
    what = f"{source.name}: {reason_of(error)}"
    next_try = now + _BACK_OFF.pause(store.sources.get(source.name).failures + 1)
    store.sources.record_failure(source.name, what=what, now=now, next_try=next_try)
    return PullResult(source=source.name, fault=what)


def _resting(source: Source | PaperLookUp, state: SourceState, now: datetime, *, by_hand: bool) -> datetime | None:
    """The time of the next try of a source; None if it may be asked now."""
    waits = [state.next_try] if state.next_try and (not by_hand or state.asked_to_wait) else []
    if not by_hand and state.last_ok:
        waits.append(state.last_ok + source.every)
    return max((wait for wait in waits if wait > now), default=None)


def _pull_pages(
    source: Source,
    store: Store,
    client: HttpClient,
    *,
    now: datetime,
    since: datetime | None,
    stop: Event | None,
    in_transaction: TransactionHook | None,
) -> Iterator[PullResult]:
    """Fetch page after page of one source; each page is stored before the next request."""
    state = store.sources.get(source.name)
    first = since is not None or state.last_ok is None
    cursor = _resume_cursor(state, since)
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
        # With the validators of a page that has a next one, is truncated or stale, a 304 would hide the rest.
        given = (fetched.validators.etag, fetched.validators.last_modified)
        validators = given if done and not page.stale and any(given) else None
        progress = SourceProgress(
            source.name, cursor=page.cursor, url=url, validators=validators, done=done, batch=page.batch
        )
        kept = keep_papers(
            store,
            source.name,
            page.papers,
            now=now,
            since=look_back,
            first=first,
            progress=progress,
            in_transaction=in_transaction,
        )
        yield replace(kept, warnings=(*page.warnings, *_moved(fetched)))
        if page.cut:
            raise SourceError(
                f"{source.name}: the answer broke off; what was whole is kept, the rest is asked for again"
            )
        request = page.next
    raise SourceError(f"{source.name}: more than {_MOST_PAGES} pages; the service seems to lead in a circle")


def _resume_cursor(state: SourceState, since: datetime | None) -> str | None:
    """The cursor to continue from; None: begin at `since`. A `since` after the last whole pull would leave a gap."""
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
    """Look up papers in batches that a feed announced within the look-back and that are known from it alone."""
    keys = store.papers.announced_only(source.kind, now - LOOK_BACK)
    for batch in (keys[begin : begin + source.most] for begin in range(0, len(keys), source.most)):
        request = source.ask(batch)
        fetched = client.get(request, allow_private=source.allow_private, service=source.kind, stop=stop)
        page = source.read(_answer(fetched), now)
        progress = SourceProgress(source.name, done=True)
        kept = keep_papers(
            store,
            source.name,
            page.papers,
            now=now,
            since=now - LOOK_BACK,
            first=False,
            progress=progress,
            in_transaction=in_transaction,
        )
        yield replace(kept, warnings=page.warnings)


def keep_papers(
    store: Store,
    source: str,
    papers: Sequence[Paper],
    *,
    now: datetime,
    since: datetime,
    first: bool,
    progress: SourceProgress | None = None,
    in_transaction: TransactionHook | None = None,
) -> PullResult:
    """Keep a page of a source in one transaction; where that fails, in ever smaller parts, so that a bad paper is set
    aside alone.

    The progress of the source is written last. Raises DigestError where the database itself fails.
    """

    try:
        added = store.papers.add(
            papers, now=now, since=since, first=first, progress=progress, in_transaction=in_transaction
        )
        return PullResult(source=source, papers=len(papers), new=added.new, updates=added.updates)
    except DigestError:
        raise
    except Exception as error:
        if not papers:
            raise
        if len(papers) == 1:
            aside = SetAside.of("paper", papers[0].key, error)
            store.set_aside.record([aside], place=source, now=now)
            result = PullResult(source=source, set_aside=(aside,))
        else:
            keep = partial(keep_papers, store, source, now=now, since=since, first=first, in_transaction=in_transaction)
            result = _add(keep(papers[: len(papers) // 2]), keep(papers[len(papers) // 2 :]))
    store.papers.add([], now=now, since=since, first=first, progress=progress)
    return result


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
        set_aside=(*total.set_aside, *page.set_aside),
    )
