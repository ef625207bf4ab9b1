"""R1 to R4: something is wrong with one issue, its papers or the key; no other letter suffers, and nothing is cut."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.app import load
from digest.errors import ConfigError
from digest.issues import Issue
from digest.issues.compose import compose
from digest.mail.envelope import Envelope
from digest.mail.message import Mailbox
from digest.store import Store
from tests.support.delivery_scenario import DeliveryScenario
from tests.support.journey import write_config
from tests.support.route_reader import FACTORY, reader, subscription
from tests.support.servers import MailServer
from tests.support.store_samples import keep, preprint

pytestmark = pytest.mark.faults

CLIPPED = 100_000  # bytes of a page, beyond which Gmail cuts it


def test_r1_one_reader_cannot_be_printed(anywhere: DeliveryScenario) -> None:
    """That one is told with its fault and stays due; all the others have their letters, and later so has this one."""
    scenario = anywhere
    keep(scenario.store, preprint())
    readers = [reader(name=name) for name in ("ada", "ben", "cleo")]

    def torn(issue: Issue) -> Envelope:
        if issue.subscriber.id == "ben":
            raise ConfigError("letter/html.html.j2:3: 'papers' is undefined")
        return FACTORY(issue)

    done = compose(readers, scenario.store, torn, now=scenario.now)
    assert {one.subscriber: one.fault for one in done if one.fault} == {
        "ben": "letter/html.html.j2:3: 'papers' is undefined"
    }
    with MailServer() as server:
        assert (
            scenario.round(server, recipient=lambda d: Mailbox(address=f"{d.subscriber}@example.org")).count("sent")
            == 2
        )
        compose(readers, scenario.store, FACTORY, now=scenario.now)
        assert (
            scenario.round(server, recipient=lambda d: Mailbox(address=f"{d.subscriber}@example.org")).count("sent")
            == 1
        )
        assert sorted(taken.recipients[0] for taken in server.taken) == [
            f"{n}@example.org" for n in ("ada", "ben", "cleo")
        ]


HOSTILE = st.text(st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(HOSTILE)
@example("\r\nBcc: x@example.org\r\n\r\nbody")
@example("=?utf-8?q?=0ABcc:_x=40y?=")
@example("\x00\x08\x1b[2J")
@example("\u202egnp.exe\u2066\u200b\ufeff")
@example("</table><script>alert(1)</script>")
@example("\r\n.\r\nQUIT\r\n.")
@example("wide " * 2_000)
@example("{{ 7 * 7 }}{% raw %}")
def test_r2_a_hostile_title(tmp_path_factory: pytest.TempPathFactory, title: str) -> None:
    """Text in the inbox and nothing else, in a letter that every server takes."""
    folder = tmp_path_factory.mktemp("app")
    with Store.open(f"sqlite:///{folder}/digest.db") as store, MailServer() as server:
        keep(store, preprint(title=f"We route {title}"))
        scenario = DeliveryScenario(store=store, folder=folder / "journals", log=None)  # type: ignore[arg-type]
        compose([reader()], store, FACTORY, now=scenario.now)
        done = scenario.round(server, recipient=lambda d: Mailbox(address="ada@example.org"))
        assert done.count("sent") == 1
        (taken,) = server.taken
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\x00", taken.message)
    assert max(map(len, taken.message.split(b"\r\n"))) <= 998
    head = taken.message.partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0].lower() for line in re.split(r"\r\n(?![ \t])", head)]
    assert len(names) == len(set(names))
    assert not {"bcc", "cc"} & set(names)
    letter = message_from_bytes(taken.message, policy=default)
    page = letter.get_body(("html",))
    assert page is not None
    assert "<script" not in page.get_content()


def test_r2_lone_surrogates(scenario: DeliveryScenario) -> None:
    keep(scenario.store, preprint(title="We route \ufffd experts"))
    with pytest.raises(UnicodeEncodeError):
        "\ud800".encode()  # no source hands one on: what comes in is decoded UTF-8
    compose([reader()], scenario.store, FACTORY, now=scenario.now)
    with MailServer() as server:
        assert scenario.round(server, recipient=lambda d: Mailbox(address="ada@example.org")).count("sent") == 1


def test_r3_more_than_a_page_can_hold(scenario: DeliveryScenario) -> None:
    """Shortened before Gmail would cut it; what is left out is counted, and nothing is told twice or lost silently."""
    papers = [
        preprint(f"2611.{number:05}", title=f"We route tokens, part {number}", abstract="We route. " * 150)
        for number in range(1, 301)
    ]
    keep(scenario.store, *papers)
    mine = replace(subscription("route"), quiet="send")
    (done,) = compose([reader(mine)], scenario.store, FACTORY, now=scenario.now)
    assert done.papers + done.more == 300
    with MailServer() as server:
        assert scenario.round(server, recipient=lambda d: Mailbox(address="ada@example.org")).count("sent") == 1
        (taken,) = server.taken
    page = message_from_bytes(taken.message, policy=default).get_body(("html",))
    assert page is not None
    assert len(page.get_content().encode()) < CLIPPED
    assert "</html>" in page.get_content()
    if done.more:
        assert str(done.more) in page.get_content()


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("{file: /nowhere/key.pem}", "cannot be read"),
        ("{env: NOWHERE}", "the environment has no NOWHERE"),
        ("not a key at all", "key"),
        ("'-----BEGIN PRIVATE KEY-----'", "key"),
    ],
    ids=["missing", "unset", "wrong", "torn"],
)
def test_r4_the_signing_key(tmp_path: Path, key: str, words: str) -> None:
    """Without it nothing starts, so no letter goes out unsigned; and no part of a key is in the words."""
    config = tmp_path / "config"
    with MailServer() as server:
        write_config(config, "http://127.0.0.1:9", server.port)
        file = config / "digest.yaml"
        file.write_text(f"{file.read_text()}\ndkim: {{domain: example.org, selector: one, key: {key}}}\n")
        with pytest.raises(ConfigError, match=r"dkim|`key`") as raised:
            load(config)
        assert words in str(raised.value)
        assert "BEGIN" not in str(raised.value)
        assert "not a key at all" not in str(raised.value)
        assert server.connections == 0


def test_r4_a_key_that_may_not_be_read(tmp_path: Path) -> None:
    """A folder in place of the file: nobody can read that, not even root, whom no mode keeps out."""
    config = tmp_path / "config"
    write_config(config, "http://127.0.0.1:9", 9)
    file = config / "digest.yaml"
    file.write_text(f"{file.read_text()}\ndkim: {{domain: example.org, selector: one, key: {{file: {tmp_path}}}}}\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(config)
