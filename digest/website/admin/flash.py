"""Messages after an action of the admin: the query holds a code, the text is looked up here."""

from __future__ import annotations

from starlette.datastructures import QueryParams

from digest.mail.delivery_state import MANUAL_TRANSITIONS, Decision, DeliveryState

VERBS = {"retry": DeliveryState.READY, "cancel": DeliveryState.CANCELLED, "presume-sent": DeliveryState.SENT}
"""Actions on a letter, and the states they lead to."""

_MESSAGES = {
    "left": "Nothing of that is sent any more, also no letter that waits.",
    "back": "It is sent again, from where it ended.",
    "was-there": "Nothing to do: it had not been left.",
    "suppressed": "No more letters go to that address.",
    "was-suppressed": "That address gets no letters already.",
    "lifted": "Letters go to that address again, from the next on. One that was held back is in the outbox: retry it "
    "there.",
    "was-free": "Nothing to do: that address gets its letters.",
    "no-address": "That is no mail address. Nothing was changed.",
    "no-letters": "No letter was ticked. Nothing was changed.",
}
_OUTCOMES = {
    DeliveryState.READY: ("goes out with the next round, the same bytes", "go out with the next round, the same bytes"),
    DeliveryState.CANCELLED: (
        "is never sent; its papers come with the next issue",
        "are never sent; their papers come with the next issue",
    ),
    DeliveryState.SENT: (
        "has arrived, as far as you know: not sent again",
        "have arrived, as far as you know: not sent again",
    ),
}
"""Texts for one letter, and for several."""

_MAX_COUNT = 1_000_000


def flash_message(asked: QueryParams) -> str:
    """The message of the query's code; empty for an unknown code."""
    code = asked.get("told", "")
    if code in VERBS:
        return _decision_message(VERBS[code], asked)
    return _MESSAGES.get(code, "")


def _decision_message(state: DeliveryState, asked: QueryParams) -> str:
    done, unknown, elsewhere = (_count(asked.get(name)) for name in ("done", "unknown", "elsewhere"))
    said = [f"{_letters(done)} {_OUTCOMES[state][done != 1]}."] if done else []
    for was in DeliveryState:
        if was in asked.getlist("stays") and was not in MANUAL_TRANSITIONS[state]:
            said.append(f"A letter {Decision(before=was, state=state)}.")
    if elsewhere:
        said.append(f"{_letters(elsewhere)} stayed as before: the papers came with another issue.")
    if unknown:
        said.append(f"{_letters(unknown)}: {Decision(before=None, state=state)}.")
    return " ".join(said)


def _letters(count: int) -> str:
    return f"{count:,} letter{'' if count == 1 else 's'}"


def _count(text: str | None) -> int:
    return min(int(text), _MAX_COUNT) if text and text.isascii() and text.isdigit() and len(text) < 8 else 0
