"""What a page says after something was done: the address bar holds a short code, and the words are ours alone."""

from __future__ import annotations

from starlette.datastructures import QueryParams

from digest.mail.delivery_state import MANUAL_TRANSITIONS, DeliveryState, describe_transition

VERBS = {"retry": DeliveryState.READY, "cancel": DeliveryState.CANCELLED, "presume-sent": DeliveryState.SENT}
"""What a person may do with a letter."""

_WORDS = {
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
_DONE = {
    DeliveryState.READY: ("goes out with the next round, the same bytes", "go out with the next round, the same bytes"),
    DeliveryState.CANCELLED: ("is never sent; its papers count as told", "are never sent; their papers count as told"),
    DeliveryState.SENT: (
        "has arrived, as far as you know: not sent again",
        "have arrived, as far as you know: not sent again",
    ),
}
"""What becomes of one letter, and of several."""

_MOST = 1_000_000


def told(asked: QueryParams) -> str:
    """The sentence of a code in the query; empty where it is none of ours."""
    code = asked.get("told", "")
    if code in VERBS:
        return _decided(VERBS[code], asked)
    return _WORDS.get(code, "")


def _decided(state: DeliveryState, asked: QueryParams) -> str:
    done, unknown = _count(asked.get("done")), _count(asked.get("unknown"))
    said = [f"{_letters(done)} {_DONE[state][done != 1]}."] if done else []
    for was in DeliveryState:
        if was in asked.getlist("stays") and was not in MANUAL_TRANSITIONS[state]:
            said.append(f"A letter {describe_transition(was, state)}.")
    if unknown:
        said.append(f"{_letters(unknown)}: {describe_transition(None, state)}.")
    return " ".join(said)


def _letters(count: int) -> str:
    return f"{count:,} letter{'' if count == 1 else 's'}"


def _count(text: str | None) -> int:
    return min(int(text), _MOST) if text and text.isascii() and text.isdigit() and len(text) < 8 else 0
