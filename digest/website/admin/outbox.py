"""The admin's outbox: letters that are not sent, the reason, and buttons to retry, cancel or presume sent."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.mail.delivery_state import MANUAL_TRANSITIONS, NEXT_STEPS, DeliveryState
from digest.store import OutboxRow
from digest.website.admin.base import PER_PAGE, AdminView, format_utc, outbox_path, page_count, page_number, reader_path
from digest.website.admin.flash import VERBS
from digest.website.view import Form

_LISTED_STATES = (
    DeliveryState.IN_DOUBT,
    DeliveryState.FAILED,
    DeliveryState.POISON,
    DeliveryState.SUPPRESSED,
    DeliveryState.DEFERRED,
    DeliveryState.READY,
    DeliveryState.LEASED,
    DeliveryState.CANCELLED,
)
"""States to filter by; those that wait for a person come first."""

_ADVICE_PLACES = {
    "deliver": "by itself under `digest run`, or by `digest deliver`",
    "retry": "“Retry”",
    "presume": "“Presume sent”",
    "suppressions": "the page of suppressions",
    "show": "`digest outbox show ID`",
}
_NO_ACTION = "nothing"  # the value that Enter in a tick box submits
_BUTTONS = {"retry": "Retry", "presume-sent": "Presume sent", "cancel": "Cancel"}


class OutboxView(AdminView):
    """`/outbox`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/outbox", self.show, methods=["GET"]),
            Route("/outbox", self.signed_form(self.decide), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        state, store = _state(request.query_params.get("state", "")), self.app().store
        counts = store.outbox.count_by_state()
        count = (
            counts.get(state, 0)
            if state
            else sum(counts.get(each, 0) for each in _LISTED_STATES if each != "cancelled")
        )
        pages = page_count(count)
        page = min(page_number(request), pages)
        rows = store.lists.letters(state=state, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        return self.admin_page(
            request,
            "outbox",
            f"Outbox: {state}" if state else "Outbox",
            state=state or "",
            states=[(each, f"{counts[each]:,}", outbox_path(each)) for each in _LISTED_STATES if counts.get(each)],
            count=count,
            page=page,
            pages=pages,
            base=f"{outbox_path(state)}&" if state else "/outbox?",
            rows=[_row(each) for each in rows],
            advice=[
                (each, NEXT_STEPS[each].format(**_ADVICE_PLACES))
                for each in _LISTED_STATES
                if any(row.state == each for row in rows)
            ],
            buttons=_BUTTONS,
        )

    def decide(self, request: Request, form: Form) -> Response:
        """Applies a button: `retry=17` to one letter, `do=retry` to the ticked letters."""
        verb, typed = next(((verb, [form.value(verb)]) for verb in VERBS if verb in form), (form.value("do"), None))
        if verb not in (*VERBS, _NO_ACTION):
            raise HTTPException(400, "nothing of that kind can be done")
        ids = _numbers(typed if typed is not None else form.values("letter"))
        state = _state(form.value("state"))
        page = {"page": _numbers([form.value("page") or "1"])[0]}
        back = f"/outbox?{urlencode({'state': state, **page} if state else page)}"
        if verb == _NO_ACTION:
            return self.redirect(back)
        if not ids:
            return self.redirect(f"{back}&told=no-letters")
        wanted = VERBS[verb]
        decisions = self.app().store.outbox.decide(ids, wanted, now=self.clock(), words=f"{verb}, by hand")
        done = [number for number in ids if decisions[number].is_done]
        stays = [each for each in decisions.values() if each.before is not None and not each.is_done]
        return self.redirect_with_message(
            request,
            back,
            verb,
            log={"letters": done},
            done=len(done),
            stays=sorted({str(each.before) for each in stays if each.conflict is None}),
            elsewhere=sum(each.conflict is not None for each in stays) or "",
            unknown=sum(each.before is None for each in decisions.values()) or "",
        )


def _state(text: str) -> DeliveryState | None:
    return next((state for state in _LISTED_STATES if state == text), None)


def _numbers(texts: Sequence[str]) -> list[int]:
    """Ids of letters, each once. Raises HTTPException (400) for anything else."""
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
        "next": format_utc(row.next_at),
        "created": format_utc(row.created),
        "verbs": [verb for verb in _BUTTONS if row.state in MANUAL_TRANSITIONS[VERBS[verb]]],
    }
