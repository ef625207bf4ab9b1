"""Will letters arrive? Every record that can be wrong, a relay, the address of one-click, and a test letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest.app import load, open_app
from digest.app.doctor import (
    Finding,
    clock_findings,
    examine,
    in_doubt_findings,
    language_findings,
    relay_log_findings,
    service_findings,
)
from digest.config import Bounces, Config
from digest.config.subscriber_yaml import subscriber_from
from digest.delivery.log_evidence import LogEvidence
from digest.errors import DigestError
from digest.ingest.health import SourceHealth
from digest.mail.dkim import Signer, generate_key
from digest.mail.message import Mailbox
from digest.store import CircuitBreaker, ServiceStats, Store
from tests.support.config_files import DIGEST_YAML, folder
from tests.support.servers import MailServer
from tests.support.store_samples import NOW

DAY = timedelta(days=1)
WRITTEN: dict[str, Any] = {
    "email": "ada@example.org",
    "subscriptions": [{"name": "Sparse models", "when": "weekdays 07:30", "rules": ["ti:sparse"]}],
}
SIGNER = Signer(domain="example.org", selector="papers", key=generate_key(ed25519=True))
GOOD = {
    "example.org": ["v=spf1 mx ~all", "another text"],
    "papers._domainkey.example.org": [SIGNER.record],
    "bounces.example.org": ["v=spf1 mx ~all"],
    "_dmarc.example.org": ["v=DMARC1; p=none; rua=mailto:a@example.org"],
}


@dataclass
class Zone:
    """A resolver that knows what a test says."""

    records: Mapping[str, Sequence[str]] = field(default_factory=lambda: GOOD)
    mail: bool = True

    def texts(self, name: str) -> list[str]:
        if "broken" in self.records:
            raise DigestError(f"DNS did not answer for TXT of {name}: Timeout")
        return list(self.records.get(name, ()))

    def has_mail(self, name: str) -> bool:
        return self.mail


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return replace(
        load(folder(tmp_path, DIGEST_YAML), env={}),
        signers=(SIGNER,),
        site="https://papers.example.org",
        bounces=Bounces(address=Mailbox(address="b@bounces.example.org")),
    )


def found(
    config: Config,
    zone: Zone | None = None,
    *,
    greet: Callable[[], str] | None = lambda: "answers, TLSv1.3",
    status: int = 404,
) -> dict[str, Finding]:
    def ask(request: httpx.Request) -> int:
        assert (request.method, request.content) == ("POST", b"List-Unsubscribe=One-Click")
        return status

    relays = {str(relay): greet for relay in config.relays} if greet else {}
    return {finding.about: finding for finding in examine(config, zone or Zone(), greet=relays, ask=ask)}


def test_all_is_well(config: Config) -> None:
    assert {finding.outcome for finding in found(config).values()} == {"well"}
    assert list(found(config)) == ["From", "SPF", "DKIM", "DMARC", "relay", "one-click", "bounces"]


@pytest.mark.parametrize(
    ("about", "name", "records", "outcome", "words"),
    [
        ("SPF", "bounces.example.org", [], "wrong", "does not say who sends"),
        ("SPF", "bounces.example.org", ["v=spf1 -all", "v=spf1 ~all"], "wrong", "has 2 records"),
        ("SPF", "bounces.example.org", ["v=spf1 +all"], "wrong", "lets everybody"),
        ("SPF", "bounces.example.org", ["v=spf1 mx"], "doubtful", "forbids nothing"),
        ("SPF", "bounces.example.org", ["v=spf1 " + "include:a.example " * 11 + "~all"], "wrong", "11 look-ups"),
        ("SPF", "bounces.example.org", ["v=spf1 redirect=_spf.example.net"], "well", "redirect"),
        ("DKIM", "papers._domainkey.example.org", [], "wrong", "no record"),
        ("DKIM", "papers._domainkey.example.org", ["v=DKIM1; p="], "wrong", "revoked"),
        ("DKIM", "papers._domainkey.example.org", ["v=DKIM1; k=rsa; p=AAAA"], "wrong", "another key"),
        ("DKIM", "papers._domainkey.example.org", [SIGNER.record + "; t=y"], "doubtful", "a test"),
        ("DMARC", "_dmarc.example.org", [], "wrong", "no policy"),
        ("DMARC", "_dmarc.example.org", ["v=DMARC1; p=maybe"], "wrong", "no policy"),
        ("DMARC", "_dmarc.example.org", ["v=DMARC1; p=none; pct=50"], "doubtful", "pct mean nothing"),
        ("DMARC", "_dmarc.example.org", ["v=DMARC1; p=none", "v=DMARC1; p=reject"], "wrong", "2 records"),
    ],
)
def test_each_record_that_can_be_wrong(
    config: Config, about: str, name: str, records: list[str], outcome: str, words: str
) -> None:
    finding = found(config, Zone({**GOOD, name: records}))[about]
    assert (finding.outcome, words in finding.words) == (outcome, True)
    assert finding.mend or outcome == "well"


def test_what_to_write_into_the_zone(config: Config) -> None:
    without = found(config, Zone({}))
    assert without["DKIM"].mend.startswith('papers._domainkey.example.org. IN TXT ( "v=DKIM1; k=ed25519; p=')
    assert without["DMARC"].mend.startswith('_dmarc.example.org. IN TXT "v=DMARC1; p=none')
    assert found(replace(config, signers=()))["DKIM"].mend.startswith("digest dkim-keygen")


def test_a_policy_above_holds_too(config: Config, tmp_path: Path) -> None:
    below = load(folder(tmp_path, DIGEST_YAML.replace("@example.org", "@papers.lab.example.org")), env={})
    zone = Zone({"_dmarc.example.org": ["v=DMARC1; p=reject"], "papers.lab.example.org": ["v=spf1 mx -all"]})
    assert found(below, zone)["DMARC"].words.endswith("(at example.org)")


def test_the_relay_and_the_one_click_address(config: Config) -> None:
    def refuse() -> str:
        raise DigestError("mail.example.org:587: certificate verify failed")

    assert found(config, greet=refuse)["relay"].words == "mail.example.org:587: certificate verify failed"
    assert found(config, greet=lambda: "answers, in clear, in clear text")["relay"].outcome == "doubtful"
    assert found(config, greet=lambda: "answers, in clear, on this machine")["relay"].outcome == "well"
    assert found(config, greet=None)["relay"].outcome == "doubtful"
    assert found(config, status=302)["one-click"].outcome == "wrong"
    assert found(config, status=500)["one-click"].outcome == "doubtful"
    assert found(replace(config, site=None))["one-click"].outcome == "doubtful"
    assert found(replace(config, site="http://localhost:8000"))["one-click"].outcome == "wrong"


def test_what_comes_back_is_read_by_somebody(config: Config) -> None:
    assert found(replace(config, bounces=None))["bounces"].outcome == "doubtful"
    assert found(config, Zone(mail=False))["bounces"].outcome == "wrong"
    elsewhere = replace(config, bounces=Bounces(address=Mailbox(address="b@bounces.example.net")))
    assert found(elsewhere)["bounces"].outcome == "well"
    assert found(replace(elsewhere, signers=()))["bounces"].outcome == "doubtful"


def figures(**more: Any) -> ServiceStats:
    none: dict[str, Any] = {"letters": {}, "tries": {}, "evidence": {}, "suppressed": 0, "papers": 0}
    return ServiceStats(**({"oldest_waiting": None, "oldest_due": None} | none | more))


def stuck(**more: Any) -> dict[str, tuple[str, str]]:
    return {each.about: (each.outcome, each.words) for each in service_findings(figures(**more), (), (), now=NOW)}


def test_what_is_late_or_waits_for_a_person_is_told() -> None:
    long_ago, just_now = NOW - timedelta(hours=1), NOW - timedelta(minutes=1)
    assert stuck(letters={"sent": 1234}) == {
        "due": ("well", "every issue that was due is written"),
        "outbox": ("well", "nothing is stuck; 1,234 letters sent"),
    }
    assert stuck(oldest_due=just_now, oldest_waiting=just_now)["due"][0] == "well"
    assert stuck(oldest_due=long_ago)["due"][0] == "wrong"
    assert stuck(oldest_waiting=long_ago)["outbox"] == ("wrong", "letters wait since 2026-11-20 06:30 UTC")
    for state in ("in doubt", "failed", "poison", "suppressed"):
        assert stuck(letters={state: 1})["outbox"][0] == "doubtful"


def test_who_is_left_alone_and_which_source_is_unwell_is_told() -> None:
    breaker = CircuitBreaker(kind="relay", name="smtp://r:25", failures=5, until=NOW + DAY, at=NOW, words="535 no")
    over = replace(breaker, name="smtp://s:25", until=NOW - DAY)
    health = SourceHealth(
        name="arxiv",
        word="failing",
        last_ok=None,
        next_try=NOW,
        failures=3,
        error="HTTP 503",
        today=None,
        usual=None,
        yesterday=None,
        usual_yesterday=None,
    )
    found = list(service_findings(figures(), [breaker, over], [health, replace(health, word="well")], now=NOW))
    assert [(each.about, each.outcome) for each in found[2:]] == [("relay", "wrong"), ("source", "doubtful")]
    assert "535 no" in found[2].words
    assert found[3].words == "arxiv: failing: HTTP 503"


def test_who_signed_up_and_gets_no_letters_is_told() -> None:
    unread = {"web-abc": "the address is that of ada too, whose file counts"}
    [finding] = [each for each in service_findings(figures(), (), (), unread, now=NOW) if each.about == "reader"]
    assert (finding.outcome, finding.words.partition(": ")[2]) == ("wrong", unread["web-abc"])


def test_a_reader_whose_language_there_is_not_is_told() -> None:
    readers = [
        subscriber_from("web-abc", {**WRITTEN, "language": "zh"}, "en"),
        subscriber_from("web-def", {**WRITTEN, "language": "de_AT"}, "en"),
        subscriber_from("web-ghi", WRITTEN, "en"),
    ]
    [finding] = language_findings(readers)
    assert (finding.about, finding.outcome) == ("reader", "doubtful")
    assert finding.words == "web-abc reads English: there is no language zh"


def test_what_the_relays_logs_say_is_told(config: Config, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    relay = replace(config.relays[0], log=log)
    [unread] = relay_log_findings([relay, config.relays[0]])
    assert (unread.about, unread.outcome) == ("relay", "doubtful")
    assert unread.words.startswith(f"{relay}: its log {log} cannot be read: there is no such file")
    log.touch()
    [read] = relay_log_findings([relay])
    assert (read.outcome, read.words, read.mend) == ("well", f"{relay}: its log {log} can be read", "")

    def word(words: str, *, sent: bool) -> LogEvidence:
        return LogEvidence(delivery=1, subscriber="ada", message_id="<1@example.org>", words=words, sent=sent)

    words = [word("it has it", sent=True), word("it does not", sent=False), word("it does not", sent=False)]
    settled, missing = in_doubt_findings(words)
    assert (settled.outcome, settled.words[:24]) == ("well", "1 letter in doubt had be")
    assert (missing.outcome, missing.words) == ("doubtful", "2 in doubt: it does not")


def test_a_question_that_is_not_answered_stops_no_other(config: Config) -> None:
    findings = found(config, Zone({"broken": []}, mail=False))
    assert findings["From"].outcome == "wrong"
    assert {findings[name].outcome for name in ("SPF", "DKIM", "DMARC")} == {"unknown"}
    assert findings["relay"].outcome == "well"


def test_a_test_letter_arrives(tmp_path: Path) -> None:
    with MailServer() as mail:
        config = folder(tmp_path, DIGEST_YAML.replace("smtp://localhost:2525", f"smtp://127.0.0.1:{mail.port}"))
        with open_app(load(config, env={}), looking=True) as app:
            assert app.send_test_letter("grace@example.net", now=NOW)
            greeting = {each.about: each for each in app.examine(Zone(), now=NOW)}["relay"]
        [taken] = mail.taken
    assert taken.recipients == ("grace@example.net",)
    letter = message_from_bytes(taken.message, policy=default)
    assert letter["Subject"] == "A test letter"
    assert (greeting.outcome, greeting.words.partition(": ")[2]) == ("well", "answers, in clear, on this machine")


@pytest.mark.parametrize(("off", "words"), [(1, "2,400 s ahead of"), (-1, "2,400 s behind"), (0, "is the database's")])
def test_a_machine_whose_clock_is_not_the_databases_is_told(store: Store, off: int, words: str) -> None:
    now = datetime.now(UTC)
    theirs = store.clock()
    if theirs is None:  # SQLite has this machine's
        assert list(clock_findings(theirs, now)) == []
        return
    assert abs(now - theirs) < timedelta(minutes=1)
    (found,) = clock_findings(theirs, theirs + off * timedelta(minutes=40))
    assert words in found.words
    assert (found.outcome, "NTP" in found.mend) == (("wrong", True) if off else ("well", False))
