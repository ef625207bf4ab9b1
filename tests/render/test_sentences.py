"""The sentences and labels of a letter, in English and German."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.authors import AuthorVerdict
from digest.issues import Absence, IssueKind
from digest.papers.scholarly_metrics import Researcher
from digest.render import labels, sentences
from digest.render.sentences import IssueSummary, SectionCount, SubscriptionSummary
from digest.subscriptions import Schedule
from digest.text.translations import languages, translations
from tests.support.issues import AT_ONCE, WEEKDAYS

TODAY = date(2026, 11, 20)
EN, DE = translations("en"), translations("de")
ZHOU = SectionCount(count=2, name="Yunhua Zhou", author=True)
SPARSE = SectionCount(count=5, name="Sparse models")


def summary(
    *shares: SectionCount, kind: IssueKind = "scheduled", days: int = 1, title: str = "", event: str = "new"
) -> IssueSummary:
    return IssueSummary(
        kind=kind, sections=shares, since=TODAY - timedelta(days=days), today=TODAY, title=title, event=event
    )


def reason(
    kind: IssueKind = "scheduled",
    when: Schedule = WEEKDAYS,
    zone: str = "Europe/London",
    authors: int = 1,
    rules: int = 1,
) -> SubscriptionSummary:
    return SubscriptionSummary(kind=kind, when=when, zone=zone, authors=authors, rules=rules)


ONE = SectionCount(count=1, name="Sparse models")
CASES: list[tuple[IssueSummary, str, str]] = [
    (
        summary(ZHOU, SPARSE),
        "7 papers: 2 by Yunhua Zhou, 5 on sparse models",
        "Seven papers today: two by Yunhua Zhou, five on sparse models.",
    ),
    (summary(SPARSE), "5 papers on sparse models", "Five papers on sparse models today."),
    (summary(SPARSE, days=3), "5 papers on sparse models", "Five papers on sparse models since Tuesday."),
    (summary(SPARSE, days=7), "5 papers on sparse models", "Five papers on sparse models in the past week."),
    (summary(SPARSE, days=20), "5 papers on sparse models", "Five papers on sparse models since 31 October."),
    (summary(), "No new papers today", "Nothing new for you today."),
    (summary(days=4), "No new papers since Monday", "Nothing new for you since Monday."),
    (summary(ONE, title="Top-k"), "Top-k", "One paper on sparse models today."),
    (summary(ONE, title="Top-k", event="revised v2"), "Revised: Top-k", "One paper on sparse models today."),
    (
        summary(ONE, title="Top-k", event="withdrawn"),
        "Withdrawn: Top-k",
        "One paper on sparse models was withdrawn.",
    ),
    (summary(ONE, title="Re: Top-k"), "“Re: Top-k”", "One paper on sparse models today."),
    (
        summary(ONE, kind="alert", title="Top-k"),
        "New on sparse models: Top-k",
        "Just in: one paper on sparse models.",
    ),
    (summary(ZHOU, kind="alert"), "2 new papers by Yunhua Zhou", "Just in: two papers by Yunhua Zhou."),
    (
        summary(ZHOU, ONE, kind="alert"),
        "3 new papers: 2 by Yunhua Zhou, 1 on sparse models",
        "Just in: three papers: two by Yunhua Zhou, one on sparse models.",
    ),
    (
        summary(SectionCount(count=1), title="Top-k", event="withdrawn"),
        "Withdrawn: Top-k",
        "One paper that you had before was withdrawn.",
    ),
    (
        summary(SectionCount(count=1_200, name="Bayesian inference"), SectionCount(count=13, name="MoE")),
        "1,213 papers: 1,200 on Bayesian inference, 13 on MoE",
        "1,213 papers today: 1,200 on Bayesian inference, 13 on MoE.",
    ),
]


@pytest.mark.parametrize(("told", "subject", "lede"), CASES)
def test_subject_and_first_line_sum_up(told: IssueSummary, subject: str, lede: str) -> None:
    assert sentences.subject(EN, told, 150) == subject
    assert sentences.lede(EN, told, 90) == lede


def test_what_has_no_room_is_counted() -> None:
    many = summary(*(SectionCount(count=3, name=f"A rule with a rather long name, {n}") for n in range(9)))
    assert sentences.lede(EN, many, 90) == "27 papers today: three on A rule with a rather long name, 0, 24 more."
    assert sentences.subject(EN, many, 150).endswith(", 18 more")


names = st.text(min_size=1, max_size=80).filter(str.strip)
shares = st.builds(SectionCount, count=st.integers(1, 2_000), name=names, author=st.booleans())


@given(shares=st.lists(shares, min_size=1, max_size=12), kind=st.sampled_from(["scheduled", "alert", "manual"]))
def test_the_room_holds(shares: list[SectionCount], kind: IssueKind) -> None:
    for title in ("", "A title " * 40):
        told = summary(*shares, kind=kind, title=title, days=9)
        for t in map(translations, languages()):
            assert 0 < len(sentences.subject(t, told, 150)) <= 150
            assert 0 < len(sentences.lede(t, told, 90)) <= 90


@pytest.mark.parametrize(
    ("when", "spoken"),
    [
        (WEEKDAYS, "every weekday at 07:30 (America/New York)"),
        (Schedule(days=frozenset(range(7)), hour=18, minute=5, at_once=False), "every day at 18:05 (America/New York)"),
        (Schedule(days=frozenset([3, 0]), hour=0, minute=0, at_once=False), "every Monday and Thursday at 00:00"),
        (Schedule(days=frozenset([6]), hour=0, minute=0, at_once=False), "every Sunday at 00:00"),
        (Schedule(days=frozenset([0, 2, 4]), hour=0, minute=0, at_once=False), "every Monday, Wednesday and Friday at"),
        (AT_ONCE, "as soon as papers arrive"),
    ],
)
def test_the_footer_says_when_and_why(when: Schedule, spoken: str) -> None:
    why = sentences.why(
        EN, SubscriptionSummary(kind="scheduled", when=when, zone="America/New_York", authors=1, rules=2)
    )
    assert why.startswith(f"You get this {spoken}")
    assert why.endswith(" because you follow 1 author and 2 rules.")


def test_a_letter_sent_by_hand_says_so() -> None:
    why = sentences.why(EN, reason(kind="manual", authors=0, rules=1))
    assert why == (
        "This letter was sent by hand. "
        "Otherwise you get one every weekday at 07:30 (Europe/London) because you follow 1 rule."
    )


@pytest.mark.parametrize(
    ("event", "label"),
    [("new", ""), ("revised v2", "revised: v2"), ("withdrawn", "withdrawn"), ("published", "now published")],
)
def test_what_is_not_new_is_labelled(event: str, label: str) -> None:
    assert labels.event_label(EN, event) == label


def test_days_are_written_out_and_the_year_only_where_it_differs() -> None:
    assert labels.full_day(EN, TODAY) == "Friday, 20 November 2026"
    assert labels.short_day(EN, date(2026, 6, 1), TODAY) == "1 Jun"
    assert labels.short_day(EN, date(2025, 6, 1), TODAY) == "1 Jun 2025"


def test_the_label_of_news_says_what_changed() -> None:
    assert labels.event_label(EN, "revised v2", ("title", "comment")) == "revised: v2, new title, new comment"
    assert labels.event_label(EN, "published", ("journal", "doi")) == "now published, journal reference, DOI"
    assert labels.event_label(EN, "new", ("title",)) == ""


def late(*parts: str, why: Literal["late", "fault"] = "late", since: datetime | None = None) -> list[Absence]:
    return [Absence(kind="arxiv", part=part, why=why, since=since) for part in parts]


MORNING = datetime(2026, 11, 20, 7, 30, tzinfo=ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("absences", "next_on", "said"),
    [
        (
            late("cs.CL"),
            TODAY + timedelta(days=1),
            "arXiv cs.CL had not announced by 07:30; its papers will be in tomorrow's issue.",
        ),
        (
            late("cs.CL", "cs.LG"),
            TODAY + timedelta(days=3),
            "arXiv cs.CL and cs.LG had not announced by 07:30; their papers will be in the next issue.",
        ),
        (
            late(*"abcdefg"),
            None,
            "arXiv a, b, c, d and 3 more had not announced by 07:30; their papers will be in the next issue.",
        ),
        (
            late("cs.CL", why="fault", since=MORNING - timedelta(hours=20)),
            None,
            "arXiv cs.CL could not be reached since 19 November, 11:30; "
            "its papers will be in the first issue after it answers.",
        ),
        (
            [Absence(kind="feeds", part="Annals", why="fault"), Absence(kind="biorxiv", part="", why="fault")],
            None,
            "bioRxiv and Annals could not be reached; their papers will be in the first issue after they answer.",
        ),
    ],
)
def test_what_a_letter_had_to_do_without(absences: list[Absence], next_on: date | None, said: str) -> None:
    assert sentences.absence(EN, absences, MORNING, next_on) == said


def test_numbers_with_their_source_and_day() -> None:
    turing = Researcher(service="semanticscholar", id="1", name="A. Turing", papers=57, citations=13621, h_index=22)
    said = labels.researcher(EN, turing, "Semantic Scholar", "20 Nov")
    assert said == "57 papers, 13,621 citations, h-index 22 (Semantic Scholar, 20 Nov)"


GERMAN: list[tuple[IssueSummary, str, str]] = [
    (
        summary(ZHOU, SPARSE),
        "7 Arbeiten: 2 von Yunhua Zhou, 5 zu Sparse models",
        "Sieben Arbeiten heute: zwei von Yunhua Zhou, fünf zu Sparse models.",
    ),
    (summary(days=2), "Nichts Neues seit Mittwoch", "Nichts Neues für Sie seit Mittwoch."),
    (
        summary(ONE, kind="alert", title="Top-k"),
        "Neu zu Sparse models: Top-k",
        "Eben eingetroffen: eine Arbeit zu Sparse models.",
    ),
    (
        summary(SectionCount(count=1_200, name="Trending papers", voted=True), days=7),
        "1.200 Arbeiten viel beachtet",
        "1.200 Arbeiten viel beachtet in der letzten Woche.",
    ),
]


@pytest.mark.parametrize(("told", "subject", "lede"), GERMAN)
def test_german(told: IssueSummary, subject: str, lede: str) -> None:
    assert sentences.subject(DE, told, 150) == subject
    assert sentences.lede(DE, told, 90) == lede


def test_german_footer_dates_and_labels() -> None:
    why = sentences.why(
        DE, SubscriptionSummary(kind="scheduled", when=WEEKDAYS, zone="Europe/Berlin", authors=1, rules=2)
    )
    assert (
        why == "Sie bekommen ihn an jedem Werktag um 07:30 Uhr (Europe/Berlin), weil Sie 1 Person und 2 Regeln folgen."
    )
    assert labels.full_day(DE, TODAY) == "Freitag, 20. November 2026"
    assert labels.event_label(DE, "revised v2", ("title",)) == "überarbeitet: v2, neuer Titel"
    said = sentences.absence(DE, late("cs.CL"), MORNING, TODAY + timedelta(days=1))
    assert said == "arXiv cs.CL hatte bis 07:30 Uhr nichts angekündigt; dessen Arbeiten stehen im Brief von morgen."


def test_german_knows_all_evidence() -> None:
    verdict = AuthorVerdict(
        outcome="possibly", evidence=("same field: cs.LG", "no shared co-author", "name by initials")
    )
    said = "vielleicht von Wei Zhang: dasselbe Fach: cs.LG; niemand gemeinsam; der Name mit Initialen"
    assert labels.doubt(DE, "Wei Zhang", verdict) == said


@pytest.mark.parametrize("event", ["new", "revised v2", "revised", "published", "withdrawn", "odd"])
@pytest.mark.parametrize("days", [0, 3, 7, 20])
@pytest.mark.parametrize("kind", ["scheduled", "alert", "manual", "test"])
def test_every_language_has_every_sentence(kind: IssueKind, days: int, event: str) -> None:
    parts = (ZHOU, ONE, SectionCount(count=1), SectionCount(count=2, name="x", voted=True))
    for t in map(translations, languages()):
        for sections in ((), *((part,) for part in parts), parts):
            for title in ("", "Top-k"):
                told = summary(*sections, kind=kind, days=days, title=title if sections else "", event=event)
                assert sentences.subject(t, told, 150)
                assert sentences.lede(t, told, 90)
        assert all(sentences.more(t, part) for part in parts)


def test_every_language_says_what_was_missing() -> None:
    for t in map(translations, languages()):
        assert sentences.absence(t, [Absence(kind="biorxiv", part="", why="fault")], MORNING, None)
        assert sentences.rest(t, "arxiv", "holiday") != sentences.rest(t, "arxiv", "weekend")
