"""Reads bounces of sent letters from a mailbox: the address stamps of letters, and one run of the reader."""

from __future__ import annotations

from digest.bounces import BounceRead, ReturnAddress, read_bounces
from digest.bounces.mailbox import BounceMailbox
from digest.mail.message import Mailbox
from tests.support.delivery_scenario import KEY, DeliveryScenario
from tests.support.servers import MailServer

RETURN_ADDRESS = ReturnAddress(address=Mailbox(address="b@house.example"), keys=[KEY], domain="house.example")


def stamps(scenario: DeliveryScenario, *readers: str) -> dict[str, str]:
    """Letters that went out, and the address to which the bounces of each go."""
    scenario.put(*readers)
    senders: dict[str, str] = {}
    with MailServer() as server:
        scenario.round(server)
        for name in readers:
            (found,) = (taken.sender for taken in server.taken if scenario.key(name).encode() in taken.message)
            senders[name] = found
    return senders


def listen(scenario: DeliveryScenario, box: BounceMailbox, name: str = "box") -> list[BounceRead]:
    results = read_bounces(scenario.store, box, name, RETURN_ADDRESS, clock=lambda: scenario.now)
    scenario.said += [each.words for each in results]
    return results
