"""What is not sent, why, and what a person decides about it: one letter, or those that are ticked."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.mail.delivery_state import MANUAL_TRANSITIONS, NEXT_STEPS, DeliveryState
from digest.store import OutboxRow
from digest.website.admin.base import PER_PAGE, Desk, outbox_path, page_of, pages_of, reader_path, stamp
from digest.website.admin.flash import VERBS
from digest.website.view import Form

_LISTED = (
    DeliveryState.IN_DOUBT,
    DeliveryState.FAILED,
    DeliveryState.POISON,
    DeliveryState.SUPPRESSED,
    DeliveryState.DEFERRED,
    DeliveryState.READY,
    DeliveryState.LEASED,
    DeliveryState.CANCELLED,
)
"""States by which letters are looked at, those that wait for a person first."""

_WAYS = {
    "deliver": "by itself under `digest run`, or by `digest deliver`",
    "retry": "“Retry”",
    "presume": "“Presume sent”",
    "suppressions": "the page of suppressions",
    "show": "`digest outbox show ID`",
}
_NOTHING = "nothing"  # what Enter in a tick box asks for
_BUTTONS = {"retry": "Retry", "presume-sent": "Presume sent", "cancel": "Cancel"}


class Outbox(Desk):
    """`/outbox`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/outbox", self.look, methods=["GET"]),
            Route("/outbox", self.acting(self.decide), methods=["POST"]),
        ]

    def look(self, request: Request) -> Response:
        state, store = _state(request.query_params.get("state", "")), self.app().store
        counts = store.outbox.count_by_state()
        count = counts.get(state, 0) if state else sum(counts.get(each, 0) for each in _LISTED if each != "cancelled")
        pages = pages_of(count)
        page = min(page_of(request), pages)
        rows = store.lists.letters(state=state, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        return self.show(
            request,
            "outbox",
            f"Outbox: {state}" if state else "Outbox",
            state=state or "",
            states=[(each, f"{counts[each]:,}", outbox_path(each)) for each in _LISTED if counts.get(each)],
            count=count,
            page=page,
            pages=pages,
            base=f"{outbox_path(state)}&" if state else "/outbox?",
            rows=[_row(each) for each in rows],
            advice=[
                (each, NEXT_STEPS[each].format(**_WAYS)) for each in _LISTED if any(row.state == each for row in rows)
            ],
            buttons=_BUTTONS,
        )

    def decide(self, request: Request, form: Form) -> Response:
        """Do with letters what a button says: `retry=17` is about one, `do=retry` about those that are ticked."""
        verb, typed = next(((verb, [form.text(verb)]) for verb in VERBS if verb in form), (form.text("do"), None))
        if verb not in (*VERBS, _NOTHING):
            raise HTTPException(400, "nothing of that kind can be done")
        ids = _numbers(typed if typed is not None else form.texts("letter"))
        state = _state(form.text("state"))
        page = {"page": _numbers([form.text("page") or "1"])[0]}
        back = f"/outbox?{urlencode({'state': state, **page} if state else page)}"
        if verb == _NOTHING:
            return self.see(back)
        if not ids:
            return self.see(f"{back}&told=no-letters")
        wanted = VERBS[verb]
        among = MANUAL_TRANSITIONS[wanted]
        before = self.app().store.outbox.decide(ids, wanted, among, now=self.clock(), words=f"{verb}, by hand")
        done = [number for number in ids if before.get(number) in among]
        return self.done(
            request,
            back,
            verb,
            log={"letters": done},
            done=len(done),
            stays=sorted({str(before[each]) for each in ids if each in before and before[each] not in among}),
            unknown=sum(number not in before for number in ids) or "",
        )


def _state(text: str) -> DeliveryState | None:
    return next((state for state in _LISTED if state == text), None)


def _numbers(texts: Sequence[str]) -> list[int]:
    """The numbers of letters, each once. Raises HTTPException where one is none."""
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in texts):
        raise HTTPException(400, "a letter has a number")
    return list(dict.fromkeys(map(int, texts)))


def _row(row: OutboxRow) -> dict[str, object]:
    return {
        "id": row.id,
        "reader": row.subscriber,
        "path": reader_path(row.subscriber),
        "address": row.recipient,
        "message_id": row.message_id,
        "state": str(row.state),
        "reason": row.reason or "",
        "attempts": row.attempts,
        "next": stamp(row.next_at),
        "created": stamp(row.created),
        "verbs": [verb for verb in _BUTTONS if row.state in MANUAL_TRANSITIONS[VERBS[verb]]],
    }
