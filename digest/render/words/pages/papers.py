"""What the page of a paper says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """`{}` is a day in `withdrawn_on`, a number in `more` and `places`, a version in `events`."""

    code: str
    date: str  # the pattern of a day (https://unicode.org/reports/tr35/tr35-dates.html)
    withdrawn: str
    withdrawn_on: str
    is_withdrawn: str  # of another record, in a row of facts
    more: str  # of authors, to be unfolded
    places: str  # affiliations, to be unfolded
    no_abstract: str
    published: str
    updated: str
    announced: str
    journal: str
    comment: str
    versions: str  # a heading, as are the two that follow
    others: str
    history: str
    record: str  # a link to the page of another record
    events: Mapping[str, str]
    unknown: str
    unknown_note: str


PAPERS = {
    "en": Papers(
        code="en",
        date="d MMMM y",
        withdrawn="This paper was withdrawn.",
        withdrawn_on="This paper was withdrawn; we heard of it on {}.",
        is_withdrawn="withdrawn",
        more="and {} more",
        places="{} affiliations",
        no_abstract="No service has told us its abstract.",
        published="First published",
        updated="This version",
        announced="Announced",
        journal="Journal",
        comment="Comment",
        versions="Versions",
        others="Also at",
        history="History",
        record="its page here",
        events={
            "new": "first seen here",
            "revised": "revised: {}",
            "published": "published in a journal or at a conference",
            "withdrawn": "withdrawn",
        },
        unknown="We know no such paper",
        unknown_note="It may have another name here, or it comes from a service that is not read here. Titles in "
        "letters and lists lead to the right page.",
    ),
    "de": Papers(
        code="de",
        date="d. MMMM y",
        withdrawn="Diese Arbeit wurde zurückgezogen.",
        withdrawn_on="Diese Arbeit wurde zurückgezogen; davon erfuhren wir am {}.",
        is_withdrawn="zurückgezogen",
        more="und {} weitere",
        places="{} Einrichtungen",
        no_abstract="Ihre Zusammenfassung hat uns kein Dienst mitgeteilt.",
        published="Zuerst erschienen",
        updated="Diese Fassung",
        announced="Angekündigt",
        journal="Zeitschrift",
        comment="Anmerkung",
        versions="Fassungen",
        others="Auch bei",
        history="Verlauf",
        record="die Seite dazu",
        events={
            "new": "hier zum ersten Mal gesehen",
            "revised": "überarbeitet: {}",
            "published": "in einer Zeitschrift oder auf einer Tagung erschienen",
            "withdrawn": "zurückgezogen",
        },
        unknown="Diese Arbeit kennen wir nicht",
        unknown_note="Vielleicht heißt sie hier anders, oder sie kommt von einem Dienst, der hier nicht gelesen wird. "
        "Die Titel in Briefen und Listen führen zur richtigen Seite.",
    ),
}
