"""What the pages say by which a reader leaves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """`{}` is the subscription."""

    ask: str
    ask_note: str
    leave: str  # a button
    left: str
    left_note: str
    come_back: str  # a button
    back: str


LEAVING = {
    "en": Leaving(
        ask="No more of “{}”?",
        ask_note="Nothing has changed yet. Press the button, and no more letters of this subscription come to you.",
        leave="Unsubscribe",
        left="No more of “{}”",
        left_note="You will get no more letters of this subscription, also none that waits to be sent.",
        come_back="Send it again",
        back="You get “{}” again",
    ),
    "de": Leaving(
        ask="„{}“ nicht mehr?",
        ask_note="Noch hat sich nichts geändert. Ein Druck auf den Knopf, und es kommen keine Briefe mehr davon.",
        leave="Abbestellen",
        left="„{}“ kommt nicht mehr",
        left_note="Davon kommen keine Briefe mehr, auch keiner, der noch auf den Versand wartet.",
        come_back="Doch wieder schicken",
        back="„{}“ kommt wieder",
    ),
}
