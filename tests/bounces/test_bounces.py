"""What came back: bounces and complaints count once, and only against the address that one letter alone had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.bounces import BounceRead, ReturnAddress, mailbox, read_bounces
from digest.bounces.mailbox import MailboxMessage
from digest.errors import MailboxError
from digest.links.token import stamp
from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.mail.message import Mailbox
from digest.store import NOTICE, NewIssue, Store
from tests.support.bounce_reports import complaint, report
from tests.support.store_samples import NOW, envelope

DAY = timedelta(days=1)
KEYS = ("an old secret of this house", "the present secret of this house")
RETURN_ADDRESS = ReturnAddress(address=Mailbox(address="b@bounces.example.org"), keys=KEYS, domain="example.org")


def sent(store: Store, *readers: str, at: datetime = NOW, state: DeliveryState = DeliveryState.SENT) -> dict[str, str]:
    """A letter to each reader; the address to which its bounces go."""
    for reader in readers:
        letter = replace(envelope(reader), message_id=f"<{reader}.{at:%m%d}@example.org>")
        assert store.issues.publish(
            NewIssue(
                subscriber=reader,
                subscription="Sparse",
                kind="scheduled",
                slot=at.isoformat(),
                number=1,
                created=at,
                since=at - DAY,
                until=at,
                envelope=letter,
            )
        )
    claimed = store.outbox.claim(now=at, owner="test", limit=100, lease=DAY)
    store.outbox.record_results(
        [
            DeliveryAttempt(delivery=each.id, epoch=each.epoch, state=state, words="250 ok", began=at, ended=at)
            for each in claimed
        ]
    )
    return {
        each.subscriber: f"b+{stamp(each.id, each.envelope.message_id, KEYS)}@bounces.example.org" for each in claimed
    }


VACATION = b"From: ada@example.org\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n"


def listen(
    store: Store,
    folder: Path,
    *messages: bytes,
    now: datetime = NOW + DAY,
    return_address: ReturnAddress = RETURN_ADDRESS,
) -> list[BounceRead]:
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for message in messages:
        number = sum(1 for _ in folder.rglob("*.eml*"))
        (folder / "new" / f"{number:05}.eml").write_bytes(message)
    return read_bounces(store, mailbox.open_mailbox(f"maildir:{folder}"), "box", return_address, clock=lambda: now)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tmp_path / "bounces"


def test_an_address_that_is_wrong_from_the_start_gets_no_more_letters(store: Store, box: Path) -> None:
    to = sent(store, "ada", "ben")
    (result,) = listen(store, box, report(to["ada"]))
    assert (result.kind, result.subscriber, result.proven, result.suppressed) == ("hard", "ada", True, True)
    (row,) = store.suppressions.list_all()
    assert row.address == "ada@example.org"
    assert "5.1.1" in row.evidence[0]


def test_an_address_that_has_worked_needs_five_days_of_it(store: Store, box: Path) -> None:
    sent(store, "ada", at=NOW - 60 * DAY)
    for day in range(5):
        at = NOW + day * DAY
        to = sent(store, "ada", at=at)
        both = (report(to["ada"]), report(to["ada"], words="550 again the same day"))
        listen(store, box, *both, now=at + timedelta(hours=1))
        assert bool(store.suppressions.list_all()) == (day == 4)


def test_a_quiet_week_wipes_the_slate(store: Store, box: Path) -> None:
    sent(store, "ada", at=NOW - 60 * DAY)
    for day in (0, 1, 2, 3, 7, 11, 12, 13, 14):
        to = sent(store, "ada", at=NOW + day * DAY)
        if day != 7:
            listen(store, box, report(to["ada"]), now=NOW + day * DAY + timedelta(hours=1))
    assert store.suppressions.list_all() == []


def test_a_week_without_a_letter_is_no_quiet_week(store: Store, box: Path) -> None:
    sent(store, "ada", at=NOW - 60 * DAY)
    for week in range(5):
        at = NOW + week * 7 * DAY + timedelta(minutes=week)
        to = sent(store, "ada", at=at)
        listen(store, box, report(to["ada"]), now=at + timedelta(hours=1))
        assert bool(store.suppressions.list_all()) == (week == 4)


@pytest.mark.parametrize(
    "message",
    [
        report("{ada}", status="5.7.1", words="550 5.7.1 blocked, see our policy"),
        report("{ada}", status="4.4.1", action="delayed", words="451 4.4.1 no answer"),
        report("{ada}", status="4.2.2", action="delayed", words="452 4.2.2 mailbox full"),
        report("{ada}", status="2.0.0", action="relayed", words="250 ok"),
        VACATION.replace(b"\r\n\r\n", b"\r\nTo: {ada}\r\n\r\n"),
        b"To: {ada}\r\n\r\nhello\r\n",
        b"",
        b"\0\xff" * 999,
    ],
)
def test_what_says_nothing_lasting_of_the_address_counts_nothing(store: Store, box: Path, message: bytes) -> None:
    to = sent(store, "ada")
    for day in range(9):
        listen(store, box, message.replace(b"{ada}", to["ada"].encode()), now=NOW + day * DAY)
    assert store.suppressions.list_all() == []
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT coalesce(sum(points), 0) FROM evidence").scalar() == 0


def test_a_full_mailbox_is_forgiven_for_long(store: Store, box: Path) -> None:
    sent(store, "ada", at=NOW - 60 * DAY)
    for day in range(20):
        to = sent(store, "ada", at=NOW + day * DAY)
        full = report(to["ada"], status="5.2.2", words="552 5.2.2 mailbox full")
        listen(store, box, full, now=NOW + day * DAY + timedelta(hours=1))
        assert bool(store.suppressions.list_all()) == (day == 19)


@pytest.mark.parametrize(
    "to",
    [
        "b@bounces.example.org",
        "b+aaaaaaaaaaaaaaaaaaaaaaaa@bounces.example.org",
        f"b+{stamp(1, '<ada.1120@example.org>', ['a secret that is not ours'])}@bounces.example.org",
        f"b+{stamp(2, '<ada.1120@example.org>', KEYS)}@bounces.example.org",
        f"b+{stamp(99, '<gone@example.org>', KEYS)}@bounces.example.org",
    ],
)
def test_a_forged_report_counts_nothing(store: Store, box: Path, to: str) -> None:
    sent(store, "ada", "ben")
    (result,) = listen(store, box, report(to))
    assert (result.kind, result.subscriber, result.proven, result.suppressed) == ("hard", "ada", False, False)
    assert store.suppressions.list_all() == []


def test_a_stamp_of_an_older_key_and_in_capitals_is_believed(store: Store, box: Path) -> None:
    to = sent(store, "ada")["ada"]
    older = replace(RETURN_ADDRESS, keys=(*KEYS, "the next secret"))
    assert listen(store, box, report(to.upper()), return_address=older)[0].proven


def test_an_old_letter_counts_no_more(store: Store, box: Path) -> None:
    to = sent(store, "ada")["ada"]
    (result,) = listen(store, box, report(to), now=NOW + 31 * DAY)
    assert result.proven
    assert store.suppressions.list_all() == []


def test_a_complaint_ends_the_subscription_at_once(store: Store, box: Path) -> None:
    to = sent(store, "ada")["ada"]
    (result,) = listen(store, box, complaint(to))
    assert (result.kind, result.left) == ("complaint", True)
    assert list(store.unsubscribes.list_all()) == [("ada", "Sparse")]


def test_a_complaint_about_a_notice_that_belongs_to_nobody_makes_nobody_leave(store: Store, box: Path) -> None:
    letter = replace(envelope("ada"), message_id="<notice@example.org>")
    store.outbox.add_notice("a link", letter, subscriber="", kind=NOTICE, now=NOW)
    [held] = store.outbox.claim(now=NOW, owner="a process", limit=1, lease=DAY)
    (result,) = listen(store, box, complaint(f"b+{stamp(held.id, held.envelope.message_id, KEYS)}@bounces.example.org"))
    assert (result.kind, result.proven, result.left) == ("complaint", True, False)
    assert store.unsubscribes.list_all() == {}


def test_a_complaint_that_proves_nothing_ends_nothing(store: Store, box: Path) -> None:
    sent(store, "ada")
    (result,) = listen(store, box, complaint("papers@example.org"))
    assert (result.kind, result.subscriber, result.left) == ("complaint", "ada", False)
    assert store.unsubscribes.list_all() == {}


def test_a_bounce_of_a_letter_in_doubt_shows_that_it_arrived(store: Store, box: Path) -> None:
    to = sent(store, "ada", state=DeliveryState.IN_DOUBT)["ada"]
    listen(store, box, report(to, status="5.7.1", words="550 5.7.1 policy"))
    assert store.outbox.count_by_state() == {"sent": 1}


class BreakingMailbox:
    """A mailbox whose connection breaks before a message is marked as done, once for each message."""

    def __init__(self, *messages: bytes) -> None:
        self._contents = messages

    def __enter__(self) -> BreakingMailbox:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def messages(self) -> Iterator[MailboxMessage]:
        yield from (MailboxMessage(id=str(number), message=message) for number, message in enumerate(self._contents))

    def done(self, message: MailboxMessage) -> None:
        raise MailboxError("the line is gone")


def test_a_message_is_dealt_with_once_although_the_box_breaks(store: Store, box: Path) -> None:
    sent(store, "ada", at=NOW - 60 * DAY)
    to = sent(store, "ada")["ada"]
    for _ in range(9):
        with pytest.raises(MailboxError):
            read_bounces(store, BreakingMailbox(report(to)), "imap", RETURN_ADDRESS, clock=lambda: NOW + DAY)
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*), sum(points) FROM evidence").one() == (1, 1.0)


def test_a_storm_is_read_and_nothing_is_sent(store: Store, box: Path) -> None:
    to = sent(store, "ada")["ada"]
    storm = [report(to), report("b@bounces.example.org"), report("x@elsewhere.example", reader="nobody")] * 100
    assert len(listen(store, box, *storm)) == 300
    assert store.outbox.count_by_state() == {"sent": 1}
    assert listen(store, box) == []
    assert "@" not in "".join(result.words for result in listen(store, box, *storm[:3]))


def test_letters_again_with_a_clean_slate(store: Store, box: Path) -> None:
    to = sent(store, "ada")["ada"]
    listen(store, box, report(to))
    assert store.suppressions.remove("ada@example.org")
    assert not store.suppressions.remove("ada@example.org")
    assert store.suppressions.list_all() == []
    assert store.suppressions.add("ada@example.org", "by hand", now=NOW)
    assert not store.suppressions.add("ada@example.org", "again", now=NOW)
