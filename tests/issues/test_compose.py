"""From the store into the outbox: what a reader is told, when, and never twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from sqlalchemy import Engine

from digest.authors import FollowedAuthor
from digest.errors import ConfigError, DigestError
from digest.issues import TRENDING, Absence, Issue
from digest.issues.compose import SHARD, ComposeResult, ComposeWindow, SourceOutlook, compose, compose_manual
from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.mail.envelope import Envelope
from digest.papers import Author, Paper
from digest.rules import author_query
from digest.store import IssueEntry, IssueStore, NewIssue, Store, TransactionHook
from digest.subscriptions import Rule, Schedule, Subscriber, Subscription, TrendingSection
from tests.support.people import MUSIC, STARS, VISION
from tests.support.route_reader import FACTORY, reader, subscription
from tests.support.store_samples import NOW, already_sent, keep, preprint

DAY = timedelta(days=1)


class Recorder:
    """A letter factory that records the issues it rendered."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def __call__(self, issue: Issue) -> Envelope:
        if "unprintable" in [item.paper.title for item in issue.items]:
            raise ConfigError("letter/html.html.j2:3: no such variable")
        self.issues.append(issue)
        return FACTORY(issue)

    @property
    def sent(self) -> list[list[str]]:
        """The keys in each letter."""
        return [[item.paper.key for item in issue.items] for issue in self.issues]


def run(store: Store, renderer: Recorder, *readers: Subscriber, now: datetime = NOW) -> list[ComposeResult]:
    return composed(readers or (reader(),), store, renderer, now=now)


def composed(
    readers: Sequence[Subscriber], store: Store, renderer: Callable[[Issue], Envelope], **more: Any
) -> list[ComposeResult]:
    """The letters of before have gone out by now."""
    send_all(store, more["now"])
    return compose(readers, store, renderer, **more)


def send_all(store: Store, now: datetime) -> None:
    waiting = store.outbox.claim(now=now - timedelta(minutes=1), owner="test", limit=1000, lease=DAY)
    store.outbox.record_results(
        [
            DeliveryAttempt(
                delivery=each.id, epoch=each.epoch, state=DeliveryState.SENT, words="250 ok", began=now, ended=now
            )
            for each in waiting
        ]
    )


def test_a_due_subscription_gets_one_issue_and_one_letter(store: Store) -> None:
    keep(store, preprint())
    renderer = Recorder()
    (done,) = run(store, renderer)
    assert (done.papers, done.slot, done.fault) == (1, "2026-11-20T07:30", None)
    assert run(store, renderer) == []
    assert store.outbox.count_by_state() == {"ready": 1}
    assert renderer.sent == [["arxiv:2611.00001"]]


def test_a_letter_that_could_not_go_out_is_merged_into_the_next(store: Store) -> None:
    keep(store, preprint("2611.00001"))
    renderer = Recorder()
    run(store, renderer)
    keep(store, preprint("2611.00002"), now=NOW + DAY / 2)
    compose([reader()], store, renderer, now=NOW + DAY)
    assert [sorted(keys) for keys in renderer.sent] == [["arxiv:2611.00001"], ["arxiv:2611.00001", "arxiv:2611.00002"]]
    assert store.outbox.count_by_state() == {"merged": 1, "ready": 1}
    assert [run(store, renderer, now=NOW + 2 * DAY)[0].papers, len(renderer.sent)] == [0, 2]


def test_who_has_left_a_subscription_gets_no_more_of_it_until_they_come_back(store: Store) -> None:
    keep(store, preprint("2611.00001"))
    store.unsubscribes.add("ada", "Mine", "asked to", now=NOW)
    renderer, ada = Recorder(), reader(subscription(), subscription(name="Other"))
    run(store, renderer, ada)
    assert [issue.subscription for issue in renderer.issues] == ["Other"]
    assert store.unsubscribes.remove("ada", "Mine")
    keep(store, preprint("2611.00002"), now=NOW + DAY / 2)
    run(store, renderer, ada, now=NOW + DAY)
    assert {row.subscription for row in store.issues.latest() if row.created > NOW} == {"Mine", "Other"}
    store.unsubscribes.add("ada", "", "a complaint", now=NOW)
    assert run(store, renderer, ada, now=NOW + 2 * DAY) == []


def test_before_its_hour_nothing_is_due(store: Store) -> None:
    keep(store, preprint())
    assert run(store, Recorder(), now=NOW - timedelta(minutes=1)) == []


def test_a_quiet_day_is_recorded_and_silent(store: Store) -> None:
    (done,) = run(store, Recorder())
    assert done.quiet
    assert store.outbox.count_by_state() == {}
    assert [row.state for row in store.issues.latest()] == ["quiet"]


def test_a_quiet_day_is_told_to_who_asked_for_it(store: Store) -> None:
    renderer = Recorder()
    run(store, renderer, reader(subscription(quiet="send")))
    assert store.outbox.count_by_state() == {"ready": 1}


def test_the_first_issue_looks_back_seven_days(store: Store) -> None:
    keep(store, preprint("2611.00001"), now=NOW - 8 * DAY)
    keep(store, preprint("2611.00002"), now=NOW - 6 * DAY)
    renderer = Recorder()
    run(store, renderer)
    assert renderer.sent == [["arxiv:2611.00002"]]


def test_three_days_down_are_one_letter_with_all(store: Store) -> None:
    renderer = Recorder()
    run(store, renderer)
    for day in (1, 2, 3):
        keep(store, preprint(f"2611.0000{day}", updated=NOW + day * DAY), now=NOW + day * DAY)
    run(store, renderer, now=NOW + 3 * DAY + timedelta(hours=5))
    assert renderer.sent == [["arxiv:2611.00003", "arxiv:2611.00002", "arxiv:2611.00001"]]


def test_a_changed_rule_is_read_anew_over_the_window_and_repeats_nothing(store: Store) -> None:
    keep(store, preprint("2611.00001"), preprint("2611.00002", title="Graphs", abstract="Of knots."))
    renderer = Recorder()
    run(store, renderer)
    run(store, renderer, reader(subscription("route OR knots")), now=NOW + 5 * DAY)
    assert renderer.sent == [["arxiv:2611.00001"], ["arxiv:2611.00002"]]


def test_another_name_repeats_nothing(store: Store) -> None:
    keep(store, preprint())
    renderer = Recorder()
    run(store, renderer)
    run(store, renderer, reader(subscription(name="Other")), now=NOW + DAY)
    assert renderer.sent == [["arxiv:2611.00001"]]


def test_two_subscriptions_of_one_reader_tell_a_paper_once(store: Store) -> None:
    keep(store, preprint())
    renderer = Recorder()
    run(store, renderer, reader(subscription(name="One"), subscription(name="Two")))
    assert renderer.sent == [["arxiv:2611.00001"]]


def test_what_is_behind_more_counts_as_told(store: Store) -> None:
    keep(store, *(preprint(f"2611.0000{n}") for n in range(1, 6)))
    renderer = Recorder()
    (done,) = run(store, renderer, reader(subscription(limit=2)))
    assert (done.papers, done.more) == (2, 3)
    (later,) = run(store, renderer, reader(subscription(limit=2)), now=NOW + DAY)
    assert later.quiet


def test_a_pause_keeps_what_came_for_the_first_letter_after_it(store: Store) -> None:
    renderer = Recorder()
    run(store, renderer)
    away = reader(pause_until=date(2026, 11, 25))
    for day in range(1, 5):
        keep(store, preprint(f"2611.0000{day}"), now=NOW + day * DAY - timedelta(hours=1))
        assert run(store, renderer, away, now=NOW + day * DAY) == []
    run(store, renderer, away, now=NOW + 5 * DAY)
    assert [sorted(keys) for keys in renderer.sent] == [[f"arxiv:2611.0000{day}" for day in range(1, 5)]]


def test_at_once_is_one_letter_for_all_that_is_new(store: Store) -> None:
    alert = reader(subscription(when="at once"))
    renderer = Recorder()
    assert run(store, renderer, alert) == []
    keep(store, preprint("2611.00001"), preprint("2611.00002"))
    run(store, renderer, alert)
    assert run(store, renderer, alert) == []
    keep(store, preprint("2611.00003", title="Knots", abstract="Only."))
    assert run(store, renderer, alert) == []
    keep(store, preprint("2611.00004"))  # the same now as the pulls before it
    run(store, renderer, alert)
    assert [sorted(keys) for keys in renderer.sent] == [["arxiv:2611.00001", "arxiv:2611.00002"], ["arxiv:2611.00004"]]
    assert [row.kind for row in store.issues.latest()] == ["alert", "alert"]


def test_a_reader_whose_letter_fails_stops_no_other_and_is_served_later(store: Store) -> None:
    keep(store, preprint("2611.00001", title="unprintable"), preprint("2611.00002"))
    renderer = Recorder()
    readers = [reader(), reader(subscription("id:2611.00002"), name="grace")]
    faults = {done.subscriber: done.fault for done in compose(readers, store, renderer, now=NOW)}
    assert faults == {"ada": "letter/html.html.j2:3: no such variable", "grace": None}
    mended = compose(readers, store, FACTORY, now=NOW + timedelta(minutes=1))
    assert [(done.subscriber, done.papers, done.slot) for done in mended] == [("ada", 2, "2026-11-20T07:30")]


def test_a_file_that_is_gone_is_a_reader_who_left(store: Store) -> None:
    run(store, Recorder())
    keep(store, preprint())
    assert composed([], store, FACTORY, now=NOW + DAY) == []
    renderer = Recorder()
    run(store, renderer, now=NOW + 2 * DAY)
    assert renderer.sent == [["arxiv:2611.00001"]]


def test_updates_as_each_reader_wants_them(store: Store) -> None:
    keys = {"none": "none", "unsaid": None, "all": "all"}
    readers = [reader(subscription(updates=key), name=name) for name, key in keys.items()]
    keep(store, preprint())
    compose(readers, store, FACTORY, now=NOW)
    later = NOW + DAY
    keep(store, preprint(version=2, updated=later, changed=later), now=later)
    revised = composed(readers, store, FACTORY, now=later)
    assert {done.subscriber: done.papers for done in revised} == {"none": 0, "unsaid": 0, "all": 1}
    last = NOW + 2 * DAY
    gone = preprint(version=3, updated=last, changed=last, withdrawn=True, abstract="Withdrawn.")
    keep(store, gone, now=last)
    withdrawn = composed(readers, store, FACTORY, now=last)
    assert {done.subscriber: done.papers for done in withdrawn} == {"none": 0, "unsaid": 1, "all": 1}


def test_by_hand_shows_what_was_told_before_and_writes_nothing(store: Store) -> None:
    keep(store, preprint("2611.00001"), preprint("2611.00002", published=NOW - 9 * DAY, changed=NOW - 8 * DAY))
    run(store, Recorder())
    before = (store.outbox.count_by_state(), store.issues.latest(), already_sent(store, "ada"))
    drawn = compose_manual(reader(), subscription(), store, since=NOW - 7 * DAY, until=NOW, now=NOW)
    assert keys(drawn.issue) == ["arxiv:2611.00001"]
    assert (store.outbox.count_by_state(), store.issues.latest(), already_sent(store, "ada")) == before


def test_by_hand_remembers_only_where_asked(store: Store) -> None:
    keep(store, preprint())
    for record, known in ((False, 0), (True, 1)):
        now = NOW + timedelta(seconds=record)
        drawn = compose_manual(reader(), subscription(), store, since=NOW - 7 * DAY, until=NOW, now=now)
        drawn.save(store, FACTORY(drawn.issue), record=record, now=now)
        assert len(already_sent(store, "ada")) == known
    assert [row.kind for row in store.issues.latest()] == ["manual", "manual"]


def keys(issue: Issue) -> Sequence[str]:
    return [item.paper.key for item in issue.items]


# ------------------------------------------------------------------------------------------------- followed people


def follow(person: FollowedAuthor) -> Subscription:
    return subscription(rules=(Rule(title=person.name, query=author_query(person.name), person=person),))


def told_by(person: FollowedAuthor, store: Store) -> dict[str, tuple[str, ...]]:
    """What a letter would say of each paper under that name: its key, and the outcomes that leave a doubt."""
    issue = compose_manual(reader(), follow(person), store, since=PEOPLE - DAY, until=NOW, now=NOW).issue
    return {item.paper.key: tuple(verdict.outcome for _, verdict in item.doubts) for item in issue.items}


PEOPLE = datetime(2026, 1, 1, tzinfo=UTC)
ZHANG = FollowedAuthor(name="Wei Zhang", known=tuple(paper.key for paper in VISION[:3]))


def test_a_followed_person_is_told_from_namesakes(store: Store) -> None:
    store.papers.add([*VISION, *STARS, MUSIC], now=NOW, since=PEOPLE - DAY, first=True)
    sure = {paper.key: () for paper in VISION}
    asked = told_by(ZHANG, store)
    assert sure.items() <= asked.items()
    assert {outcomes for key, outcomes in asked.items() if key not in sure} <= {("possibly",)}
    assert MUSIC.key not in asked
    assert told_by(replace(ZHANG, when_unsure="drop"), store) == sure
    assert set(told_by(replace(ZHANG, when_unsure="include"), store).values()) == {()}
    assert set(told_by(FollowedAuthor(name="Wei Zhang"), store).values()) == {("name only",), ("possibly",)}


def test_doubtful_ones_come_last(store: Store) -> None:
    store.papers.add([*VISION, *STARS], now=NOW, since=PEOPLE - DAY, first=True)
    outcomes = list(told_by(replace(ZHANG, known=ZHANG.known[:1]), store).values())
    assert outcomes == sorted(outcomes)
    assert {(), ("possibly",)} == set(outcomes)


def test_by_name_alone_only_some_are_shown(store: Store) -> None:
    papers = [preprint(f"2611.1{number:04}", authors=(Author(name="Wei Zhang"),)) for number in range(14)]
    keep(store, *papers)
    bare = follow(FollowedAuthor(name="Wei Zhang"))
    issue = compose_manual(reader(), bare, store, since=NOW - 9 * DAY, until=NOW, now=NOW).issue
    assert (issue.count, issue.more) == (10, 4)
    sure = follow(FollowedAuthor(name="Wei Zhang", categories=papers[0].categories))
    assert compose_manual(reader(), sure, store, since=NOW - 9 * DAY, until=NOW, now=NOW).issue.count == 14


def test_an_answer_reads_the_window_anew_and_repeats_nothing(store: Store) -> None:
    renderer, drop = Recorder(), replace(ZHANG, known=ZHANG.known[:1], when_unsure="drop")
    ada = reader(follow(drop))
    store.papers.add([*VISION, *STARS], now=NOW - DAY / 2, since=PEOPLE - DAY, first=True)
    composed([ada], store, renderer, now=NOW)
    assert {item.paper.key for item in renderer.issues[0].items} == {paper.key for paper in VISION}
    store.answers.save("ada", "Wei Zhang", STARS[0].key, True, now=NOW)
    composed([ada], store, renderer, now=NOW + DAY)
    assert {item.paper.key for item in renderer.issues[1].items} == {paper.key for paper in STARS}


def test_rules_are_made_ready_once(store: Store) -> None:
    renderer, ada = Recorder(), reader()
    window = ComposeWindow()
    keep(store, preprint())
    composed([ada], store, renderer, now=NOW, window=window)
    keep(store, preprint("2611.00002"))
    composed([ada], store, renderer, now=NOW + DAY, window=window)
    assert [issue.count for issue in renderer.issues] == [1, 1]


def test_a_pause_makes_no_rules_anew(store: Store) -> None:
    ada, window = reader(), ComposeWindow()
    readers = [ada]
    window.active(readers, store, now=NOW)
    ready = window.rule_set(readers)
    paused = [replace(ada, pause_until=NOW.date() + DAY)]
    window.active(paused, store, now=NOW)
    assert window.rule_set(paused) is ready
    others = [replace(ada, subscriptions=(subscription(name="Other"),))]
    window.active(others, store, now=NOW)
    assert window.rule_set(others) is not ready


# ---------------------------------------------------------------------------------------------------- what is voted for


def voted(number: int, votes: int | None, **more: object) -> Paper:
    listed = NOW.replace(hour=0, minute=0)
    return preprint(f"2611.2{number:04}", title=f"Voted {number}", votes=votes, announced=listed, **more)


def titles(issue: Issue) -> dict[str, list[str]]:
    return {section.title: [item.paper.title for item in section.items] for section in issue.sections}


def test_trending_papers_stand_beside_the_rules_by_their_votes(store: Store) -> None:
    keep(store, preprint(), *(voted(number, votes) for number, votes in enumerate([5, 50, None, 0, 20])))
    keep(store, voted(9, 99, withdrawn=True), now=NOW)
    mine = subscription("Kept", trending=TrendingSection(top=3))
    renderer = Recorder()
    composed([reader(mine)], store, renderer, now=NOW)
    assert titles(renderer.issues[0]) == {
        "Kept": ["Kept apart: routing tokens to experts"],
        "Trending papers": ["Voted 1", "Voted 4", "Voted 0"],
    }
    keep(store, replace(voted(3, 70), announced=NOW), now=NOW + DAY / 2)
    composed([reader(mine)], store, renderer, now=NOW + DAY)
    assert titles(renderer.issues[1]) == {"Trending papers": ["Voted 3"]}


def test_a_paper_that_a_rule_matches_trends_no_more(store: Store) -> None:
    keep(store, voted(1, 5), voted(2, 50))
    renderer = Recorder()
    composed([reader(subscription("ti:2 OR ti:voted", trending=TrendingSection()))], store, renderer, now=NOW)
    assert [len(section.items) for section in renderer.issues[0].sections] == [2]


def test_trending_papers_alone_and_a_day_without(store: Store) -> None:
    alone = replace(subscription(trending=TrendingSection()), rules=())
    keep(store, voted(1, 5), preprint())
    renderer = Recorder()
    assert [result.papers for result in composed([reader(alone)], store, renderer, now=NOW)] == [1]
    assert compose_manual(reader(alone), alone, store, since=NOW - DAY, until=NOW, now=NOW).contents == (
        IssueEntry(record=1, event="new", section=TRENDING),
    )
    [quiet] = composed([reader(alone)], store, renderer, now=NOW + DAY)
    assert (quiet.quiet, len(renderer.issues)) == (True, 1)
    FACTORY(renderer.issues[0])


CL = Absence(kind="arxiv", part="cs.CL", why="late", since=NOW)
BIO = Absence(kind="biorxiv", part="", why="fault")


def test_a_letter_says_what_it_had_to_do_without_and_only_to_whom_it_concerns(store: Store) -> None:
    keep(store, preprint())
    renderer = Recorder()
    every, vision, mail = (
        reader(name="ada"),
        reader(subscription(categories=("cs.CV",)), name="bob"),
        reader(subscription(sources=("biorxiv", "arxiv"), quiet="send"), name="cy"),
    )
    results = composed([every, vision, mail], store, renderer, now=NOW, outlook=lambda: SourceOutlook((CL, BIO)))
    assert [result.absences for result in results] == [(CL, BIO), (BIO,), (CL, BIO)]
    text = FACTORY.parts(renderer.issues[0]).text
    assert "arXiv cs.CL had not announced by 07:30; its papers will be in tomorrow's\nissue." in text
    assert "bioRxiv could not be reached; its papers will be in the first issue after it\nanswers." in text


def test_a_letter_without_papers_says_that_a_service_rests(store: Store) -> None:
    renderer = Recorder()
    outlook = SourceOutlook(rests={"arxiv": "holiday"})
    composed([reader(subscription(quiet="send"))], store, renderer, now=NOW, outlook=lambda: outlook)
    assert "arXiv announces nothing on its holidays." in FACTORY.parts(renderer.issues[0]).text


def test_an_alert_tells_of_what_came_and_the_outlook_is_asked_only_when_something_is_due(store: Store) -> None:
    keep(store, preprint())
    renderer = Recorder()
    at_once = reader(subscription(when="at once"))
    [alert] = composed([at_once], store, renderer, now=NOW, outlook=lambda: SourceOutlook((CL,)))
    assert alert.absences == ()

    def never() -> SourceOutlook:
        raise AssertionError("asked")

    assert composed([reader(subscription(when="at once"))], store, renderer, now=NOW, outlook=never) == []


def test_trending_papers_alone_miss_nothing_but_their_own_service() -> None:
    alone = Subscription(name="Votes", when=Schedule.parse("daily 07:30"), rules=(), trending=TrendingSection())
    assert not CL.concerns(alone)
    assert Absence(kind="huggingface", part="", why="late").concerns(alone)
    assert CL.concerns(replace(subscription(), categories=("cs",)))
    assert not CL.concerns(replace(subscription(), sources=("pubmed",)))


class _TornIssues(IssueStore):
    def publish_all(
        self, publications: Sequence[NewIssue], in_transaction: TransactionHook | None = None
    ) -> list[bool]:
        if any(each.subscriber == "bad" for each in publications):
            raise DigestError("the row is too large")
        return super().publish_all(publications, in_transaction)


class Torn(Store):
    """A database that fails over one reader's issue, and over every batch that holds it."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.issues = _TornIssues(self)


def test_an_issue_that_cannot_be_kept_stops_no_other(tmp_path: Path) -> None:
    with Torn.open(f"sqlite:///{tmp_path}/digest.db") as store:
        keep(store, preprint())
        readers = [reader(name=name) for name in ("ada", "bad", "eve")]
        done = {each.subscriber: each.fault for each in compose(readers, store, Recorder(), now=NOW)}
        assert done == {"ada": None, "bad": "the row is too large", "eve": None}
        assert [row.subscriber for row in store.subscriptions.due(NOW)] == ["bad"]
        assert [each.subscriber for each in compose(readers, store, Recorder(), now=NOW)] == [
            "bad"
        ]  # it is tried again


def test_so_many_shards_and_no_more(store: Store) -> None:
    readers = [reader(name=f"r{number:04}") for number in range(SHARD + 1)]
    quiet = compose(readers, store, Recorder(), now=NOW, shards=1)
    assert (len(quiet), len(store.subscriptions.due(NOW))) == (SHARD, 1)
    assert len(compose(readers, store, Recorder(), now=NOW, shards=1)) == 1


def test_asked_to_stop_the_rest_is_left_to_others(store: Store) -> None:
    stop = Event()
    stop.set()
    assert compose([reader()], store, Recorder(), now=NOW, stop=stop) == []
    assert len(compose([reader()], store, Recorder(), now=NOW)) == 1


def test_two_subscriptions_of_one_reader_in_one_shard_tell_a_paper_once(store: Store) -> None:
    keep(store, preprint())
    renderer = Recorder()
    run(store, renderer, reader(subscription(), subscription(name="Yours")))
    assert renderer.sent == [["arxiv:2611.00001"]]
