"""F31 to F33: one receiving domain is at odds with us, and then everything at once; the others go on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.mail.delivery_state import DeliveryState
from digest.mail.envelope import Envelope
from digest.mail.message import Mailbox, build_message
from digest.store.outbox_write import add_letter
from tests.chaos.sink import arrived, sink
from tests.support.delivery_scenario import QUICK, SENDER, DeliveryScenario
from tests.support.servers import DomainServer
from tests.support.store_samples import NOW

pytestmark = pytest.mark.faults


def test_f31_one_domain_puts_all_off(scenario: DeliveryScenario) -> None:
    """After some letters it is left alone as a whole, and no letter to others waits for it."""
    scenario.put(*(f"slow{number}" for number in range(8)), domain="slow.example")
    scenario.put(*(f"good{number}" for number in range(8)), domain="good.example")
    with DomainServer({"slow.example": "451 4.3.0 not now"}) as server:
        scenario.round(server)
        states = scenario.states()
        assert all(states[f"good{number}"] == "sent" for number in range(8))
        slow = [states[f"slow{number}"] for number in range(8)]
        assert (slow.count("deferred"), slow.count("ready")) == (5, 3)  # the last three were not even asked about
        (breaker,) = scenario.store.breakers.list_all()
        assert (breaker.kind, breaker.name, breaker.until is not None) == ("domain", "slow.example", True)
        assert scenario.round(server).letters == ()
        scenario.holds(server)
    assert scenario.store.breakers.list_all() == []


def test_f31_a_domain_that_is_too_busy_is_left_alone_at_once(scenario: DeliveryScenario) -> None:
    scenario.put("slow0", "slow1", "slow2", domain="slow.example")
    scenario.put("good0")
    with DomainServer({"slow.example": "450 4.7.28 too many letters, rate limited"}) as server:
        scenario.round(server)
        assert scenario.states() == {"slow0": "deferred", "slow1": "ready", "slow2": "ready", "good0": "sent"}
        (breaker,) = scenario.store.breakers.list_all()
        assert breaker.until == scenario.now + timedelta(minutes=15)
        scenario.holds(server)


def test_f32_a_domain_that_calls_all_spam(scenario: DeliveryScenario) -> None:
    """No address is suppressed for what is said of the sender; the domain rests, and the admin reads why."""
    scenario.put(*(f"cold{number}" for number in range(6)), domain="cold.example")
    scenario.put("good0", "good1")
    with DomainServer({"cold.example": "550 5.7.1 spam: we do not like you"}) as server:
        scenario.round(server)
        states = scenario.states()
        assert [states[f"cold{number}"] for number in range(6)] == ["deferred"] * 3 + ["ready"] * 3
        assert scenario.store.suppressions.list_all() == []
        (breaker,) = scenario.store.breakers.list_all()
        assert breaker.until == scenario.now + timedelta(hours=4)
        assert "we do not like you" in breaker.words
        assert "SPF, DKIM and DMARC" in breaker.words
        scenario.holds(server)


LETTERS = 10_000


def test_f33_a_tenth_of_all_letters_meets_a_fault(scenario: DeliveryScenario, tmp_path: Path) -> None:
    """Every passing fault, drawn by a seed: all letters are out in the end, once each but for those in doubt."""
    names = [f"reader{number}" for number in range(LETTERS)]
    _put_many(scenario, names)
    with sink(tmp_path / "arrived", share=0.02, seed=33) as port:
        for _ in range(400):
            done = scenario.round(scenario.route(port, timeouts=QUICK), connections=4)
            scenario.later(minutes=17)
            if not done.letters and not done.stopped and set(scenario.states().values()) <= {"sent", "in doubt"}:
                break
    keys = arrived(tmp_path / "arrived")
    twice = {scenario.key(name) for name, doubts in _doubts(scenario).items() if doubts}
    assert set(keys) == {scenario.key(name) for name in names}
    assert all(count == 1 or (key in twice and count == 2) for key, count in keys.items())
    states = scenario.states()
    assert set(states.values()) <= {DeliveryState.SENT, DeliveryState.IN_DOUBT}
    assert list(states.values()).count(DeliveryState.IN_DOUBT) <= len(twice)
    scenario.no_secret_is_told()


def _doubts(scenario: DeliveryScenario) -> dict[str, int]:
    return {str(row["subscriber"]): row["doubts"] for row in scenario.rows("SELECT * FROM delivery")}


def _put_many(scenario: DeliveryScenario, names: list[str]) -> None:
    """In one transaction, over fifty domains."""
    with scenario.store.writing() as connection:
        for number, name in enumerate(names):
            mailbox = Mailbox(address=f"{name}@d{number % 50}.example")
            scenario.homes[name] = mailbox.address
            key = scenario.key(name)
            message = build_message(
                sender=SENDER, to=mailbox, subject="7 papers", text="Seven.\n", message_id=key, date=NOW
            )
            envelope = Envelope(sender=SENDER.wire, recipient=mailbox.wire, message=message, message_id=key)
            assert add_letter(connection, envelope, created=NOW, notice=name, subscriber=name, kind="notice")
