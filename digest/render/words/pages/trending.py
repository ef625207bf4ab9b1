"""What the pages of much-voted papers say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trending:
    """`{}` is a day; in `lede` two of them, the first and the last of a week."""

    code: str
    date: str  # the pattern of a day (https://unicode.org/reports/tr35/tr35-dates.html)
    short: str  # that of a day in the same year as the next
    title: str
    title_on: str  # of an earlier day
    lede: str
    empty: str  # in that week
    unread: str  # nothing that is voted for was ever read here
    whole: str  # before the links to files of the whole list
    earlier: str
    later: str
    today: str
    feed: str
    pages: str  # what the links to other days are, for who does not see them
    unknown: str  # no day, or one to come
    unknown_note: str


TRENDING = {
    "en": Trending(
        code="en",
        date="d MMMM y",
        short="d MMMM",
        title="Trending papers",
        title_on="Trending papers on {}",
        lede="What people at Hugging Face voted for most, of the papers of {} to {}.",
        empty="Nobody has voted for a paper of that week, or Hugging Face could not be asked.",
        unread="There are no votes here yet. They come from the daily papers of Hugging Face, which this service does "
        "not read, or has only begun to read.",
        whole="The whole list:",
        earlier="Day before",
        later="Day after",
        today="Today",
        feed="Atom feed",
        pages="Other days",
        unknown="There is no such day here",
        unknown_note="A day is written like 2026-11-20, and it has to have begun.",
    ),
    "de": Trending(
        code="de",
        date="d. MMMM y",
        short="d. MMMM",
        title="Viel beachtete Arbeiten",
        title_on="Viel beachtete Arbeiten am {}",
        lede="Wofür bei Hugging Face am meisten gestimmt wurde, unter den Arbeiten vom {} bis zum {}.",
        empty="Für Arbeiten aus dieser Woche hat niemand gestimmt, oder Hugging Face war nicht zu erreichen.",
        unread="Hier gibt es noch keine Stimmen. Sie kommen von den „Daily Papers“ bei Hugging Face, die dieser Dienst "
        "nicht liest, oder erst seit eben.",
        whole="Die ganze Liste:",
        earlier="Tag davor",
        later="Tag danach",
        today="Heute",
        feed="Atom-Feed",
        pages="Andere Tage",
        unknown="Diesen Tag gibt es hier nicht",
        unknown_note="Ein Tag schreibt sich wie 2026-11-20, und er muss begonnen haben.",
    ),
}
