"""S1 to S9: several at once on one database, and readers who change their minds while a letter is on its way."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from digest.app import load
from digest.config import Config
from digest.delivery import Delivered, NotSent, SendPolicy
from digest.issues.compose import compose
from digest.mail.address import address_key
from digest.mail.envelope import LeasedDelivery
from digest.mail.message import Mailbox
from digest.readers import ReaderDirectory
from tests.support.config_files import READER, folder
from tests.support.delivery_scenario import DeliveryScenario
from tests.support.graph_reader import FACTORY, reader
from tests.support.processes import child, until
from tests.support.servers import MailServer, Says
from tests.support.store_samples import sign_up

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("count", [2, 8])
def test_s1_several_schedulers_at_once(anywhere: DeliveryScenario, tmp_path: Path, count: int) -> None:
    """Each finds the same slot due; one issue is made, and one letter goes out."""
    scenario, start = anywhere, tmp_path / "start"
    with ExitStack() as stack:
        children = [stack.enter_context(child(scenario, "compose", "--start", start)) for _ in range(count)]
        start.touch()
        for each in children:
            _, errors = each.communicate(timeout=60)
            assert each.returncode == 0, errors
    assert [row["slot"] for row in scenario.rows("SELECT slot FROM issue")] == ["2026-11-20T07:30"]
    with MailServer() as server:
        scenario.homes["ada"] = "ada@example.org"
        assert scenario.round(server).count("sent") == 1
        assert len(server.taken) == 1


def test_s2_several_senders_at_once(anywhere: DeliveryScenario) -> None:
    scenario = anywhere
    scenario.put(*(f"reader{number}" for number in range(240)))
    with MailServer() as server:
        with ExitStack() as stack:
            given = ("deliver", "--port", server.port, "--connections", 2)
            children = [stack.enter_context(child(scenario, *given)) for _ in range(2)]
            for each in children:
                _, errors = each.communicate(timeout=60)
                assert each.returncode == 0, errors
        assert set(scenario.arrived(server).values()) == {1}
        scenario.holds(server)


def test_s3_three_days_down(scenario: DeliveryScenario) -> None:
    """One letter catches up, not three."""
    scenario.homes["ada"] = "ada@example.org"
    ada = [reader("Europe/London", "daily 07:30")]
    with MailServer() as server:
        for days in (0, 3):
            scenario.later(days=days)
            for _ in range(3):
                compose(ada, scenario.store, FACTORY, now=scenario.now)
                scenario.round(server)
        slots = [row["slot"] for row in scenario.rows("SELECT slot FROM issue ORDER BY id")]
        assert slots == ["2026-11-20T07:30", "2026-11-23T07:30"]
        assert len(server.taken) == 2


def test_s4_the_reader_leaves_while_the_letter_waits(anywhere: DeliveryScenario) -> None:
    scenario = anywhere
    scenario.put("ada", "ben")
    scenario.store.unsubscribes.add("ada", "Mine", "asked to", now=scenario.now)
    with MailServer() as server:
        scenario.round(server)
        assert scenario.arrived(server) == {"ben": 1}
        scenario.holds(server, final={"ada": "cancelled"})


def test_s4_the_reader_leaves_while_the_letter_is_in_hand(anywhere: DeliveryScenario) -> None:
    """Without PIPELINING no letter is announced with the one before: each is looked at right before it goes."""
    scenario = anywhere
    scenario.put("ada", "ben", "cleo")

    def leave(letter: Delivered) -> None:
        if letter.subscriber == "ada":
            scenario.store.unsubscribes.add("ben", "", "a complaint", now=scenario.now)

    with MailServer(extensions=[]) as server:
        scenario.round(server, tell=leave)
        assert scenario.arrived(server) == {"ada": 1, "cleo": 1}
        scenario.holds(server, final={"ben": "cancelled"})


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()], ids=["announced", "next"])
def test_s4_the_reader_leaves_while_the_letter_before_is_slow_to_end(
    anywhere: DeliveryScenario, extensions: tuple[str, ...]
) -> None:
    """Even one that was announced is looked at anew, where that was long ago."""
    scenario = anywhere
    scenario.put("ada", "ben", "cleo")
    slow = Says(b"250 2.0.0 ok\r\n", delay=2)
    with MailServer({"DOT": slow}, extensions=extensions) as server, ThreadPoolExecutor() as pool:
        done = pool.submit(scenario.round, server)
        until(lambda: len(server.taken) == 1)
        scenario.store.unsubscribes.add("ben", "Mine", "asked to", now=scenario.now)
        done.result()
        assert scenario.arrived(server) == {"ada": 1, "cleo": 1}
        scenario.holds(server, final={"ben": "cancelled"})


def test_s4_the_reader_leaves_while_a_pace_is_kept(scenario: DeliveryScenario) -> None:
    """Two seconds between two letters are long enough to leave."""
    scenario.put("ada", "ben", "cleo")
    with MailServer() as server, ThreadPoolExecutor() as pool:
        done = pool.submit(scenario.round, replace(scenario.route(server), per_second=0.5))
        until(lambda: len(server.taken) == 1)
        scenario.store.unsubscribes.add("ben", "Mine", "asked to", now=scenario.now)
        done.result()
        assert scenario.arrived(server) == {"ada": 1, "cleo": 1}
        scenario.holds(server, final={"ben": "cancelled"})


def test_s4_the_reader_is_no_more_in_the_files(scenario: DeliveryScenario) -> None:
    scenario.put("ada")
    with MailServer() as server:
        scenario.round(server, recipient=lambda _: NotSent("the reader has left"))
        scenario.holds(server, final={"ada": "cancelled"})


def test_s5_the_address_changes_between_two_tries(anywhere: DeliveryScenario) -> None:
    """The new one gets the letter, once, and the old one is nowhere in it."""
    scenario = anywhere
    scenario.put("ada")
    with MailServer({"DOT": Says.line("451 4.3.0 later")}) as server:
        scenario.round(server)
        scenario.homes["ada"] = "ada@elsewhere.example"
        scenario.later(hours=1)
        scenario.round(server)
        (taken,) = server.taken
        assert taken.recipients == ("ada@elsewhere.example",)
        assert b"readers.example" not in taken.message
        scenario.holds(server)
    scenario.no_secret_is_told()


SPELLINGS = {
    "the case": ("ada@readers.example", "Ada@Readers.Example"),
    "composed and not": ("j\u00f6rg@readers.example", "jo\u0308rg@readers.example"),
    "punycode": ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
}


@pytest.mark.parametrize("which", SPELLINGS)
def test_s6_one_mailbox_spelled_in_two_ways(anywhere: DeliveryScenario, which: str) -> None:
    """Who subscribed twice has two subscriptions, one copy of each; what stands against the mailbox holds for both."""
    scenario = anywhere
    scenario.put("ada", "ben")
    scenario.homes["ada"], scenario.homes["ben"] = SPELLINGS[which]
    assert unicodedata.normalize("NFC", SPELLINGS[which][0])
    keys = {address_key(Mailbox(address=spelled).wire) for spelled in SPELLINGS[which]}
    assert len(keys) == 1
    with MailServer(extensions=["SMTPUTF8", "8BITMIME"]) as server:
        scenario.round(server)
        assert scenario.arrived(server) == {"ada": 1, "ben": 1}
        scenario.put("cleo", "dora")
        scenario.homes["cleo"], scenario.homes["dora"] = SPELLINGS[which]
        scenario.store.suppressions.add(keys.pop(), "it bounced", now=scenario.now)
        scenario.round(server)
        scenario.holds(server, final={"cleo": "suppressed", "dora": "suppressed"})


@pytest.mark.parametrize("other", ["a.da@readers.example", "ada+papers@readers.example"])
def test_s6_dots_and_tags_are_other_mailboxes(scenario: DeliveryScenario, other: str) -> None:
    """Which provider takes them for one is nobody's business but that provider's."""
    scenario.put("ada", "ben")
    scenario.homes["ben"] = other
    scenario.store.suppressions.add(address_key("ada@readers.example"), "it bounced", now=scenario.now)
    scenario.holds(final={"ada": "suppressed"})


@pytest.mark.parametrize("announced", [False, True], ids=["next", "announced"])
def test_s7_the_address_is_suppressed_while_the_letter_is_in_hand(anywhere: DeliveryScenario, announced: bool) -> None:
    """Looked at right before MAIL; only a letter that is announced already is let go."""
    scenario = anywhere
    scenario.put("ada", "ben", "cleo")

    def suppress(letter: Delivered) -> None:
        if letter.subscriber == "ada":
            scenario.store.suppressions.add(address_key("ben@readers.example"), "it bounced", now=scenario.now)
            scenario.store.suppressions.add(address_key("cleo@readers.example"), "it bounced", now=scenario.now)

    with MailServer(extensions=["PIPELINING"] if announced else []) as server:
        scenario.round(server, tell=suppress)
        gone = {"cleo": "suppressed"} if announced else {"ben": "suppressed", "cleo": "suppressed"}
        assert set(scenario.arrived(server)) == {"ada", "ben", "cleo"} - set(gone)
        scenario.holds(server, final=gone)


def test_s7_where_a_pace_is_kept_no_letter_is_announced(anywhere: DeliveryScenario) -> None:
    """The one before would be asked about too early."""
    scenario = anywhere
    scenario.put("ada", "ben")

    def suppress(letter: Delivered) -> None:
        scenario.store.suppressions.add(address_key("ben@readers.example"), "it bounced", now=scenario.now)

    with MailServer() as server:
        scenario.round(replace(scenario.route(server), per_second=1_000.0), tell=suppress)
        assert scenario.arrived(server) == {"ada": 1}
        scenario.holds(server, final={"ben": "suppressed"})


class _Interrupted(SendPolicy):
    """Another connection refreshes the directory between an answer from it and the question how new that is."""

    def recipient(self, delivery: LeasedDelivery) -> tuple[Mailbox | NotSent | None, int]:
        answer = super().recipient(delivery)
        self._directory.readers(self._store)
        return answer


def _policy(scenario: DeliveryScenario, config: Config, kind: type[SendPolicy] = SendPolicy) -> SendPolicy:
    return kind(config, ReaderDirectory(config), scenario.store, FACTORY, lambda: scenario.now)


def test_s8_the_directory_is_refreshed_by_another_connection(scenario: DeliveryScenario, tmp_path: Path) -> None:
    """Nobody has left: each letter goes out."""
    config = load(folder(tmp_path, ada=READER), env={})
    scenario.put("ada", domain="example.org")
    with MailServer() as server:
        scenario.round(server, policy=_policy(scenario, config, _Interrupted))
        assert scenario.states() == {"ada": "sent"}


def test_s9_nothing_is_cancelled_on_a_cache_s_word(scenario: DeliveryScenario, tmp_path: Path) -> None:
    """A reader whose document cannot be read has not left: the papers come later; who has left is told of."""
    config, store = load(folder(tmp_path, ada=READER), env={}), scenario.store
    sign_up(store)
    store.readers.update_document("web-eve", lambda document: document | {"timezone": "Nowhere/At_all"})
    scenario.put("web-eve", "gone")
    with MailServer() as server:
        scenario.round(server, policy=_policy(scenario, config))
        assert server.taken == []
    assert scenario.states() == {"web-eve": "merged", "gone": "cancelled"}
    ended = store.outbox.ended(scenario.now)
    assert {(row.subscriber, row.state, row.reason) for row in ended} == {
        ("web-eve", "merged", "the reader cannot be read now: `digest check` and `digest doctor` say why"),
        ("gone", "cancelled", "the reader has left"),
    }
