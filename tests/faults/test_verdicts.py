"""Whose fault a refusal is: the reader's address, our account at the relay, or the relay."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.delivery_scenario import DeliveryScenario
from tests.support.servers import DROP, DomainServer, MailServer, Says, Verb

pytestmark = pytest.mark.faults

STEPS: tuple[Verb, ...] = ("MAIL", "RCPT", "DOT")
READERS = [f"reader{number}" for number in range(8)]


@pytest.mark.parametrize(
    "reply",
    [
        "554 5.7.1 Service unavailable; client host blocked",
        "550 5.4.1 Recipient address rejected: Access denied",
        "550 5.1.1 user unknown",
        "550 user unknown",
        "553 5.1.2 we know no such host",
        "552 5.2.2 mailbox full",
        "554 no",
    ],
)
def test_v1_a_relay_that_refuses_everybody_costs_no_letter_and_suppresses_nobody(
    scenario: DeliveryScenario, reply: str
) -> None:
    scenario.put(*READERS)
    with MailServer({"RCPT": [Says.line(reply)] * 200}) as server:
        for _ in range(12):  # half a day
            scenario.round(server)
            scenario.later(hours=1)
        assert set(scenario.states().values()) <= {"deferred", "ready"}
        assert [each.kind for each in scenario.store.breakers.list_all() if each.kind == "relay"] == ["relay"]
    assert scenario.store.suppressions.list_all() == []
    scenario.holds()


def test_v1_a_domain_that_refuses_everybody_rests_and_no_other(scenario: DeliveryScenario) -> None:
    scenario.put(*READERS, domain="table-away.example")
    scenario.put(*(f"good{number}" for number in range(9)))
    with DomainServer({"table-away.example": "550 5.1.1 user unknown"}) as server:
        for _ in range(12):
            scenario.round(server)
            scenario.later(hours=1)
        states = scenario.states()
        assert {states[name] for name in READERS} <= {"deferred", "ready"}
        assert {states[f"good{number}"] for number in range(9)} == {"sent"}
        assert {each.kind for each in scenario.store.breakers.list_all()} <= {"domain"}
        assert scenario.store.suppressions.list_all() == []
        scenario.holds(server)


def test_v2_an_address_fails_alone_where_most_others_are_taken(scenario: DeliveryScenario) -> None:
    scenario.put(*READERS)
    refused = Says.line("550 5.1.1 no such user")
    with MailServer({"RCPT": [refused, refused]}) as server:
        scenario.round(server)
        states = scenario.states()
        assert sorted(states.values()) == ["failed"] * 2 + ["sent"] * 6
        assert len(scenario.store.suppressions.list_all()) == 2
        scenario.holds(server, final={name: state for name, state in states.items() if state == "failed"})


def test_v3_an_address_that_took_a_letter_lately_is_asked_again(scenario: DeliveryScenario) -> None:
    scenario.put("ada")
    with MailServer() as server:
        scenario.round(server)
        scenario.later(days=29)
        scenario.put("ada", at=scenario.now, number=2)
        server.script["RCPT"] = [Says.line("550 5.1.1 no such user")]
        scenario.round(server)
    assert [row["state"] for row in scenario.rows("SELECT state FROM delivery ORDER BY id")] == ["sent", "deferred"]
    assert scenario.store.suppressions.list_all() == []
    assert "took a letter" in " ".join(scenario.said)


@pytest.mark.parametrize("step", [*STEPS])
@pytest.mark.parametrize(
    "reply",
    [
        "550 5.4.5 Daily user sending quota exceeded. x - gsmtp",
        "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
        "550 User papers has exceeded its 24-hour sending limit. Messages to 25 recipients out of 25",
        "554 5.7.1 Recipient address rejected: only 10 messages per day",
        "452 4.5.3 Your hourly sending limit is reached",
    ],
)
def test_v4_our_limit_at_a_relay_rests_it_until_it_is_over(scenario: DeliveryScenario, step: Verb, reply: str) -> None:
    scenario.put(*READERS)
    with MailServer({step: [Says.line(reply)] * 200}) as server:
        scenario.round(server)
        assert set(scenario.states().values()) <= {"deferred", "ready"}
        (breaker,) = scenario.store.breakers.list_all()
        assert (breaker.kind, breaker.name) == ("relay", "relay")
        assert breaker.until is not None
        assert breaker.until >= scenario.now + timedelta(hours=1)
        assert "its limit allows" in breaker.words
        asked = len([command for command in server.commands if command.startswith("MAIL")])
        assert asked <= 2  # one, and the next that was announced with its dot
    assert scenario.store.suppressions.list_all() == []
    scenario.holds()


@pytest.mark.parametrize("reply", ["550 5.1.1 no such user", "554 5.7.1 spam", "552 5.3.4 too large", "554 twice"])
def test_v5_a_letter_that_may_have_arrived_and_is_refused_then_stays_in_doubt(
    scenario: DeliveryScenario, reply: str
) -> None:
    scenario.put("ada")
    with MailServer({"DOT": DROP}) as server:
        scenario.round(server)
        scenario.later(hours=1)
        server.script["RCPT"] = [Says.line(reply)]
        scenario.round(server)
        assert scenario.states() == {"ada": "in doubt"}
        scenario.holds(server, final={"ada": "in doubt"}, most={"ada": 1})
