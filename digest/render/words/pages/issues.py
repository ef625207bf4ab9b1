"""What the web copies of issues say, and their feeds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Issues:
    """`{}` is the subscription, a number or a rule's title, as the name says."""

    gone: str  # no such issue is kept
    gone_note: str
    quiet: str
    behind: str  # the heading of what the letter had no room for
    before: str  # the issue before
    after: str
    others: str  # issues around this one
    more: str  # feedback on a paper
    less: str
    author: str
    mute: str
    said_more: str  # it was given before
    said_less: str


ISSUES = {
    "en": Issues(
        gone="This issue is not kept here",
        gone_note="It was a preview, which nobody keeps, or it is so old that it was dropped, or its reader has made "
        "older links useless.",
        quiet="Nothing stands in this issue.",
        behind="Told too, without room in the letter",
        before="the issue before",
        after="the issue after",
        others="Other issues",
        more="More like this",
        less="Less like this",
        author="Is this the person you follow?",
        mute="Mute a term",
        said_more="You said: more like this",
        said_less="You said: less like this",
    ),
    "de": Issues(
        gone="Diese Ausgabe ist hier nicht aufgehoben",
        gone_note="Sie war eine Vorschau, die niemand aufhebt, oder sie ist so alt, dass sie nicht mehr da ist, oder "
        "ältere Verweise wurden ungültig gemacht.",
        quiet="In dieser Ausgabe steht nichts.",
        behind="Auch gemeldet, ohne Platz im Brief",
        before="die Ausgabe davor",
        after="die Ausgabe danach",
        others="Andere Ausgaben",
        more="Mehr davon",
        less="Weniger davon",
        author="Ist das die Person, der Sie folgen?",
        mute="Einen Begriff stummschalten",
        said_more="Sie sagten: mehr davon",
        said_less="Sie sagten: weniger davon",
    ),
}
