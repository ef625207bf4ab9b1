"""Two days of all services at once: the letter is right, says what is missing, and catches up without repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from digest.app import load, open_app
from digest.http import HttpClient
from digest.http.transport import HttpTransport
from digest.issues.compose import ComposeResult
from tests.support.journey import Hurry
from tests.support.servers import MailServer, Reply
from tests.support.services import FRIDAY, SERVICES, THURSDAY, Services, title

MORNING = datetime(2026, 11, 19, 7, 35, tzinfo=UTC)
DAY = timedelta(days=1)
READER = """\
email: ada@example.org
timezone: UTC
subscriptions:
  - {name: Graphs, when: daily 07:30, rules: [graph], quiet: send}
"""
FAULTS = {
    "down": Reply(500, b"broken"),
    "slow": Reply(200, b"too late", drip_head=0.1),
    "throttled": Reply(429, b"Rate exceeded.", {"Retry-After": "7200"}),
    "page": Reply(200, b"<!doctype html><title>Sorry</title>"),
    "empty": Reply(200, b""),
}
NAMES = {
    "arxiv": "arXiv cs.CL",
    "huggingface": "Hugging Face",
    "biorxiv": "bioRxiv",
    "medrxiv": "medRxiv",
    "pubmed": "PubMed Graphs",
    "crossref": "Crossref Nature",
    "europepmc": "Europe PMC Graphs",
    "openreview": "OpenReview ICLR",
    "feeds": "Annals",
}


@dataclass
class Replay:
    services: Services
    mail: MailServer
    folder: Path

    def morning(self, now: datetime) -> list[ComposeResult]:
        """What a new process does at this hour; a wait of the web costs no time, a slow answer a second."""
        clock = Hurry()
        self.services.today = now.date()
        client = HttpClient(contact="a@example.org", clock=clock, sleep=clock.sleep, wire=HttpTransport(timeout=0.4))
        with open_app(load(self.folder / "config", env={}), client=client) as app:
            app.pull(now=now)
            composed = app.compose(now=now)
            app.deliver(lambda: now)
        return composed

    @property
    def letters(self) -> list[str]:
        messages = (message_from_bytes(taken.message, policy=default) for taken in self.mail.taken)
        bodies = (message.get_body(("plain",)) for message in messages)
        return [" ".join(str(body.get_content()).split()) for body in bodies if body is not None]

    def told(self, service: str) -> Counter[str]:
        """How often each day's paper of a service came."""
        days = {"Thursday": THURSDAY, "Friday": FRIDAY}
        return Counter({name: sum(title(service, day) in text for text in self.letters) for name, day in days.items()})


@pytest.fixture
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    monkeypatch.chdir(tmp_path)
    with Services() as services, MailServer() as mail:
        (tmp_path / "config/subscribers").mkdir(parents=True)
        (tmp_path / "config/digest.yaml").write_text(services.config(f"smtp://127.0.0.1:{mail.port}"))
        (tmp_path / "config/subscribers/ada.yaml").write_text(READER)
        yield Replay(services, mail, tmp_path)


ONCE = Counter({"Thursday": 1, "Friday": 1})


def test_all_services_are_up(replay: Replay) -> None:
    replay.morning(MORNING)
    replay.morning(MORNING + timedelta(minutes=30))
    replay.morning(MORNING + DAY)
    assert len(replay.letters) == 2
    assert {service: replay.told(service) for service in SERVICES} == dict.fromkeys(SERVICES, ONCE)
    assert not any("reached" in text or "announced by" in text for text in replay.letters)


@pytest.mark.parametrize(
    ("service", "fault"),
    [
        *((service, fault) for service in SERVICES for fault in ("down", "slow", "throttled")),
        *((service, fault) for service in ("arxiv", "pubmed", "feeds") for fault in ("page", "empty")),
    ],
)
def test_one_service_fails_for_a_day(replay: Replay, service: str, fault: str) -> None:
    replay.services.faults[service] = FAULTS[fault]
    [composed] = replay.morning(MORNING)
    assert [(each.kind, each.why) for each in composed.absences] == [(service, "fault")]
    [letter] = replay.letters
    assert f"{NAMES[service]} could not be reached; its papers will be in the first issue after it answers." in letter
    assert [each for each in SERVICES if not replay.told(each)["Thursday"]] == [service]
    del replay.services.faults[service]
    [composed] = replay.morning(MORNING + DAY)
    assert composed.absences == ()
    assert {each: replay.told(each) for each in SERVICES} == dict.fromkeys(SERVICES, ONCE)
    assert "reached" not in replay.letters[1]


def test_a_service_that_fails_after_a_good_day_is_told_with_its_last_hour(replay: Replay) -> None:
    replay.morning(MORNING)
    replay.services.faults["pubmed"] = FAULTS["down"]
    replay.morning(MORNING + DAY)
    assert "PubMed Graphs could not be reached since 19 November, 07:35" in replay.letters[1]
    assert replay.told("pubmed") == Counter({"Thursday": 1, "Friday": 0})
    del replay.services.faults["pubmed"]
    replay.morning(MORNING + DAY + timedelta(hours=5))
    replay.morning(MORNING + 2 * DAY)
    assert replay.told("pubmed") == ONCE


@pytest.mark.parametrize("service", [service for service in SERVICES if service != "arxiv"])
def test_what_a_service_brings_a_day_late_is_in_the_next_letter(replay: Replay, service: str) -> None:
    replay.morning(MORNING)
    replay.services.stale = {service}
    replay.morning(MORNING + DAY)
    assert replay.told(service) == Counter({"Thursday": 1, "Friday": 0})
    replay.services.stale = set()
    replay.morning(MORNING + 2 * DAY)
    assert {each: replay.told(each) for each in SERVICES} == dict.fromkeys(SERVICES, ONCE)


def test_arxiv_has_not_announced_yet(replay: Replay) -> None:
    replay.morning(MORNING)
    late = replay.services
    late.faults["arxiv"] = late.reply("arxiv", "/rss/cs.CL")  # yesterday's list, and no harvest
    [composed] = replay.morning(MORNING + DAY)
    assert [(each.kind, each.part, each.why) for each in composed.absences] == [("arxiv", "cs.CL", "late")]
    assert "arXiv cs.CL had not announced by 07:35; its papers will be in tomorrow's issue." in replay.letters[1]
    assert replay.told("arxiv") == Counter({"Thursday": 1, "Friday": 0})
    late.faults.clear()
    replay.morning(MORNING + DAY + timedelta(hours=3))
    late.faults["arxiv"] = FAULTS["down"]  # its papers are there already
    replay.morning(MORNING + 2 * DAY)
    assert replay.told("arxiv") == ONCE


def test_all_services_fail_and_come_back(replay: Replay) -> None:
    replay.services.faults = dict.fromkeys(SERVICES, FAULTS["throttled"])
    [composed] = replay.morning(MORNING)
    assert {each.kind for each in composed.absences} == set(SERVICES)
    replay.services.faults.clear()
    replay.morning(MORNING + DAY)
    assert {service: replay.told(service) for service in SERVICES} == dict.fromkeys(SERVICES, ONCE)
