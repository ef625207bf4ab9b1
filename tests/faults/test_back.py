"""B1 to B4: what comes back is forged, comes in thousands, means nothing, or comes from a box that breaks."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.bounces import mailbox
from digest.bounces.mailbox import BounceMailbox
from digest.bounces.parse import BounceKind
from digest.errors import MailboxError
from tests.support.bounce_reports import report
from tests.support.bounce_storm import listen, stamps
from tests.support.delivery_scenario import DeliveryScenario
from tests.support.imap_server import ImapServer
from tests.support.servers import DROP

pytestmark = pytest.mark.faults


def mbox(folder: Path, *messages: bytes) -> BounceMailbox:
    """A box of one file."""
    file = folder / "bounces"
    file.write_bytes(
        b"".join(b"From MAILER-DAEMON Fri Nov 20 07:30:00 2026\n" + m.replace(b"\r\n", b"\n") + b"\n" for m in messages)
    )
    return mailbox.open_mailbox(f"mbox:{file}")


def test_b1_a_forged_bounce(anywhere: DeliveryScenario, tmp_path: Path) -> None:
    """Whoever knows the Message-ID, the address and the form, and not the key, takes no letter from anybody."""
    scenario = anywhere
    sender = stamps(scenario, "ada")["ada"]
    local, _, domain = sender.partition("@")
    forged = [
        f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}",
        f"b+{'a' * 24}@{domain}",
        f"b+@{domain}",
        f"b+{local[2:]}@elsewhere.example",
        "b@house.example",
    ]
    heard = listen(scenario, mbox(tmp_path, *(report(to) for to in forged)))
    assert not any(each.proven or each.suppressed for each in heard)
    assert scenario.store.suppressions.list_all() == []
    assert scenario.rows("SELECT * FROM score") == []
    scenario.no_secret_is_told()
    (proved,) = listen(scenario, mbox(tmp_path, report(sender)), "another")
    assert (proved.proven, proved.suppressed) == (True, True)


STORM = 2_500
"""Reports; ten thousand take four times as long, and nothing else is different."""


def test_b2_a_storm(scenario: DeliveryScenario, tmp_path: Path) -> None:
    """Thousands of reports: each dealt with once, one reader suppressed once, and not one letter sent in reply."""
    sender = stamps(scenario, "ada", "ben")["ada"]
    storm = [report(sender, words=f"550 5.1.1 nobody, says number {number}") for number in range(500)]
    strangers = [report(f"b+{number:024}@house.example", reader=f"u{number}") for number in range(STORM - 510)]
    loop = [report("b@house.example", reader="b").replace(b"b@example.org", b"b@house.example")] * 10
    heard = listen(scenario, mbox(tmp_path, *storm, *strangers, *loop))
    assert len(heard) == STORM - 9  # the ten of the loop are one message
    assert sum(each.suppressed for each in heard) == 1
    assert [each.address for each in scenario.store.suppressions.list_all()] == ["ada@readers.example"]
    assert scenario.store.outbox.count_by_state() == {"sent": 2}  # no letter was put into the outbox
    assert listen(scenario, mbox(tmp_path, *storm[:50])) == []  # the same ones again
    scenario.no_secret_is_told()


def answer(to: str, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = "Ada <ada@readers.example>"
    message["To"] = to
    message["Subject"] = headers.pop("Subject", "Re: 7 papers")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("I am away until Monday.\n")
    return message.as_bytes()


def test_b3_answers_and_delays_count_nothing(anywhere: DeliveryScenario, tmp_path: Path) -> None:
    scenario = anywhere
    sender = stamps(scenario, "ada")["ada"]
    pieces = [
        answer(sender, Auto_Submitted="auto-replied", Subject="Out of office"),
        answer(sender, X_Autoreply="yes"),
        answer(sender, Precedence="auto_reply", Subject="Please confirm that you are a person"),
        answer(sender, Subject="Automatic reply: 7 papers"),
        report(sender, status="4.4.7", action="delayed", words="450 4.4.7 still trying"),
        report(sender, status="4.2.1", action="delayed", words="450 4.2.1 greylisted"),
        report(sender, status="5.7.1", words="550 5.7.1 spam"),
        report(sender, status="5.7.26", words="550 5.7.26 DMARC"),
    ]
    for day in range(8):
        scenario.later(days=1)
        heard = listen(scenario, mbox(tmp_path, *pieces), f"day {day}")
        assert all(each.kind != BounceKind.HARD and not each.suppressed for each in heard)
    assert scenario.store.suppressions.list_all() == []
    assert scenario.rows("SELECT * FROM score WHERE points > 0") == []
    scenario.no_secret_is_told()


def test_b4_the_line_is_lost_between_the_deed_and_its_mark(anywhere: DeliveryScenario) -> None:
    """A scripted server drops each first STORE: every message is dealt with once. (Dovecot: test_real.py)"""
    scenario = anywhere
    senders = stamps(scenario, "ada", "ben")
    messages = {
        1: report(senders["ada"], status="4.2.2", words="552 4.2.2 full"),
        2: report(senders["ben"], reader="ben"),
    }
    with ImapServer(messages, {"STORE": [DROP, DROP]}, password="s3cret") as server:
        url = f"imap://127.0.0.1:{server.port}/INBOX"
        for _ in range(2):
            with pytest.raises(MailboxError):
                listen(scenario, mailbox.open_mailbox(url, user="ada", password="s3cret"), "imap")
        assert listen(scenario, mailbox.open_mailbox(url, user="ada", password="s3cret"), "imap")
        assert server.seen == {1, 2}
    assert len(scenario.rows("SELECT * FROM evidence")) == 2
    assert len(scenario.rows("SELECT * FROM heard")) == 2
    scenario.no_secret_is_told()
