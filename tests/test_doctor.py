"""Will letters arrive? Every record that can be wrong, a relay, the address of one-click, and a test letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx
import pytest

from digest.build import load, open_house
from digest.config import Config
from digest.dkim import Signer, new_key
from digest.doctor import Finding, examine
from digest.errors import DigestError
from tests.config.files import HOUSE, folder
from tests.servers import MailServer
from tests.store.samples import NOW

SIGNER = Signer(domain="example.org", selector="papers", key=new_key(ed25519=True))
GOOD = {
    "example.org": ["v=spf1 mx ~all", "another text"],
    "papers._domainkey.example.org": [SIGNER.record],
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
    return replace(load(folder(tmp_path, HOUSE), env={}), signers=(SIGNER,), site="https://papers.example.org")


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
    assert list(found(config)) == ["From", "SPF", "DKIM", "DMARC", "relay", "one-click"]


@pytest.mark.parametrize(
    ("about", "name", "records", "outcome", "words"),
    [
        ("SPF", "example.org", [], "wrong", "does not say who sends"),
        ("SPF", "example.org", ["v=spf1 -all", "v=spf1 ~all"], "wrong", "has 2 records"),
        ("SPF", "example.org", ["v=spf1 +all"], "wrong", "lets everybody"),
        ("SPF", "example.org", ["v=spf1 mx"], "doubtful", "forbids nothing"),
        ("SPF", "example.org", ["v=spf1 " + "include:a.example " * 11 + "~all"], "wrong", "11 look-ups"),
        ("SPF", "example.org", ["v=spf1 redirect=_spf.example.net"], "well", "redirect"),
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
    below = load(folder(tmp_path, HOUSE.replace("@example.org", "@papers.lab.example.org")), env={})
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


def test_a_question_that_is_not_answered_stops_no_other(config: Config) -> None:
    findings = found(config, Zone({"broken": []}, mail=False))
    assert findings["From"].outcome == "wrong"
    assert {findings[name].outcome for name in ("SPF", "DKIM", "DMARC")} == {"unknown"}
    assert findings["relay"].outcome == "well"


def test_a_test_letter_arrives(tmp_path: Path) -> None:
    with MailServer() as mail:
        config = folder(tmp_path, HOUSE.replace("smtp://localhost:2525", f"smtp://127.0.0.1:{mail.port}"))
        with open_house(load(config, env={}), looking=True) as house:
            assert house.test_letter("grace@example.net", now=NOW)
            greeting = {each.about: each for each in house.examine(Zone())}["relay"]
        [taken] = mail.taken
    assert taken.recipients == ("grace@example.net",)
    letter = message_from_bytes(taken.message, policy=default)
    assert letter["Subject"] == "A test letter"
    assert (greeting.outcome, greeting.words.partition(": ")[2]) == ("well", "answers, in clear, on this machine")
