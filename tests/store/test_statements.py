"""What people told us is noted in the log, and applied again to a database that does not know it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from digest.delivery.recovery import apply_statements
from digest.delivery.statement_log import StatementFile
from digest.errors import DigestError
from digest.issues.compose import compose
from digest.mail.envelope import LeasedDelivery
from digest.store import AppendedStatements, BounceEvidence, PendingRequest, ReaderRow, SendGuard, Statement, Store
from digest.store import tables as t
from tests.support.graph_reader import FACTORY, reader
from tests.support.store_samples import NOW, keep, preprint

DAY = timedelta(days=1)
EVE = ReaderRow(
    id="web-eve",
    address="eve@example.org",
    document={"email": "eve@example.org", "subscriptions": [{"name": "Sparse", "when": "daily 07:30"}]},
    created=NOW,
)
TABLES = (t.departure, t.pause, t.mute, t.links, t.suppression, t.reader, t.pending, t.statement_log)


@pytest.fixture
def noted(store: Store, tmp_path: Path) -> Store:
    store.statements = log(store, tmp_path)
    return store


def log(store: Store, folder: Path) -> StatementFile:
    return StatementFile(folder / "letters", store.journals.database_id(), lambda: NOW)


def file_of(folder: Path) -> Path:
    [found] = (folder / "letters").glob("*.statements")
    return found


@contextmanager
def restored(store: Store) -> Iterator[None]:
    """What is done within is undone in the database, as by a backup that is put back."""
    with store.reading() as connection:
        before = {table: [dict(row) for row in connection.execute(table.select()).mappings()] for table in TABLES}
    yield
    with store.writing() as connection:
        for table in TABLES:
            connection.execute(delete(table))
            if before[table]:
                connection.execute(table.insert(), before[table])


def sign_up(store: Store, row: ReaderRow = EVE) -> None:
    asked = PendingRequest(id=row.id, kind="sign-up", address=row.address, at=NOW, expires=NOW + DAY)
    store.readers.add_pending(asked, [], most=9, within=DAY, now=NOW)
    names = [each["name"] for each in row.document["subscriptions"]]
    store.readers.admit(row.id, lambda _, known, __: (known or row, names), now=NOW)


def move(store: Store, address: str) -> None:
    asked = PendingRequest(id=address, kind="address", address=address, subscriber=EVE.id, at=NOW, expires=NOW + DAY)
    store.readers.add_pending(asked, [], most=9, within=DAY, now=NOW)

    def readdress(row: ReaderRow, asked: PendingRequest) -> ReaderRow:
        return replace(row, address=asked.address, document=row.document | {"email": asked.address})

    store.readers.confirm_address_change(address, "old", readdress, now=NOW)
    assert store.readers.confirm_address_change(address, "new", readdress, now=NOW) == "done"


def moved_twice(store: Store) -> None:
    move(store, "eve@second.example")
    move(store, "eve@third.example")


def state(store: Store) -> object:
    rows = [(row.address, row.document) for row in store.readers.list_all()]
    suppressed = [row.address for row in store.suppressions.list_all()]
    return store.unsubscribes.list_all(), store.preferences.get(), sorted(suppressed), rows


def left_and_back(store: Store) -> None:
    store.unsubscribes.add("ada", "", "the reader asked to", now=NOW)
    store.unsubscribes.remove("ben", "Graphs")


def bounced(store: Store) -> None:
    hard = [BounceEvidence(address="eve@example.org", kind="hard", points=5.0, words="550 eve@example.org unknown")]
    assert store.bounces.add_evidence(hard, now=NOW)
    assert store.bounces.add_evidence(hard, now=NOW + DAY) == []


SAID: dict[str, Callable[[Store], object]] = {
    "left, and came back": left_and_back,
    "complained": lambda store: store.bounces.record("x", now=NOW, leaves=("ada", "Graphs", "a complaint")),
    "paused": lambda store: store.preferences.pause("ada", NOW.date() + DAY, now=NOW),
    "no longer paused": lambda store: store.preferences.pause("ben", None, now=NOW),
    "muted": lambda store: store.preferences.mute("ada", "gpt", now=NOW),
    "unmuted": lambda store: store.preferences.unmute("ben", "bert"),
    "links made invalid": lambda store: store.preferences.renew_links("ben"),
    "suppressed": lambda store: store.suppressions.add("eve@example.org", "by hand", now=NOW),
    "suppressed by a bounce": bounced,
    "a suppression lifted": lambda store: store.suppressions.remove("cy@example.org"),
    "deleted": lambda store: store.readers.delete(EVE.id),
    "moved twice": moved_twice,
    "subscribed again": lambda store: sign_up(store, replace(EVE, created=NOW + DAY)),
}


@pytest.mark.parametrize("say", SAID.values(), ids=SAID)
def test_what_people_told_us_outlives_a_restore(
    noted: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture, say: Callable[[Store], object]
) -> None:
    sign_up(noted)
    with noted.writing() as connection:
        connection.execute(delete(t.pending))
    noted.unsubscribes.add("ben", "Graphs", "the reader asked to", now=NOW)
    noted.unsubscribes.add(EVE.id, "Sparse", "the reader asked to", now=NOW)
    noted.preferences.pause("ben", NOW.date(), now=NOW)
    noted.preferences.mute("ben", "bert", now=NOW)
    noted.preferences.renew_links("ben")
    noted.suppressions.add("cy@example.org", "by hand", now=NOW)
    with restored(noted):
        before = state(noted)
        say(noted)
        after = state(noted)
        apply_statements(noted, now=NOW)
        assert not caplog.messages
    assert state(noted) == before != after
    apply_statements(noted, now=NOW)
    assert state(noted) == after
    assert "applied again" in caplog.text
    caplog.clear()
    apply_statements(noted, now=NOW)
    assert not caplog.messages
    assert b"eve@example.org" not in file_of(tmp_path).read_bytes()
    assert b"cy@" not in file_of(tmp_path).read_bytes()
    assert file_of(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_statement_whose_transaction_failed_is_applied_later(noted: Store, tmp_path: Path) -> None:
    class Killed(Exception):
        """The process died before the commit."""

    class DyingLog(StatementFile):
        """Its process dies when the line is on the disk."""

        def append(self, statements: Sequence[Statement]) -> AppendedStatements:
            super().append(statements)
            raise Killed

    whole = noted.statements
    noted.statements = DyingLog(tmp_path / "letters", noted.journals.database_id(), lambda: NOW)
    with pytest.raises(Killed):
        noted.unsubscribes.add("ada", "", "the reader asked to", now=NOW)
    assert noted.unsubscribes.list_all() == {}
    noted.statements = whole
    noted.unsubscribes.remove("ben", "")
    noted.unsubscribes.add("ben", "", "the reader asked to", now=NOW)  # does not hide the line before it
    apply_statements(noted, now=NOW)
    assert noted.unsubscribes.list_all().keys() == {("ada", ""), ("ben", "")}


def test_a_suppression_holds_for_an_address_that_the_database_does_not_know(noted: Store) -> None:
    letter = LeasedDelivery(
        id=1,
        epoch=1,
        subscriber="fay",
        subscription="A",
        kind="scheduled",
        sender="",
        recipient="",
        message_id="",
        packed=b"",
        attempts=0,
        doubts=0,
        created=NOW,
    )
    with restored(noted):
        noted.suppressions.add("fay@example.org", "by hand", now=NOW)
    with SendGuard(noted) as guard:
        assert guard.check(letter, "Fay@example.org").suppressed is None
        apply_statements(noted, now=NOW)
        assert guard.check(letter, "Fay@example.org").suppressed == "by hand"
        assert noted.suppressions.list_all("fay@example.org")
        assert noted.suppressions.remove("fay@example.org")
        assert guard.check(letter, "Fay@example.org").suppressed is None


def test_lines_that_are_torn_or_spoilt_are_skipped_and_told(
    noted: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with restored(noted):
        noted.unsubscribes.add("ada", "", "x", now=NOW)
        noted.unsubscribes.add("ben", "", "x", now=NOW)
        file = file_of(tmp_path)
        file.write_bytes(file.read_bytes().replace(b"ada", b"bda") + b"1234 torn")
        noted.unsubscribes.add("cy", "", "x", now=NOW)
    apply_statements(noted, now=NOW)
    assert noted.unsubscribes.list_all().keys() == {("ben", ""), ("cy", "")}
    [told] = noted.set_aside.list_all(NOW - DAY)
    assert str(told) == "what people told us could not be read whole: 2 lines of its file are spoilt"
    assert str(told) in caplog.text


@pytest.mark.parametrize("spoil", [lambda _: b"", lambda data: b"X" + data[1:], lambda data: data[:-5]])
def test_a_log_that_is_emptied_cut_or_without_its_head_stops_nothing(
    noted: Store, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    noted.unsubscribes.add("ada", "", "x", now=NOW)
    file = file_of(tmp_path)
    file.write_bytes(spoil(file.read_bytes()))
    apply_statements(noted, now=NOW)
    with restored(noted):
        noted.unsubscribes.add("ben", "", "x", now=NOW)
    apply_statements(noted, now=NOW)
    assert noted.unsubscribes.list_all().keys() == {("ada", ""), ("ben", "")}


def test_a_database_of_before_gets_a_log_of_all_that_holds(store: Store, tmp_path: Path) -> None:
    with restored(store):
        store.unsubscribes.add("ada", "", "x", now=NOW)
        store.preferences.pause("ada", NOW.date(), now=NOW)
        store.preferences.mute("ada", "gpt", now=NOW)
        store.preferences.renew_links("ada")
        store.suppressions.add("cy@example.org", "by hand", now=NOW)
        store.statements = log(store, tmp_path)
        apply_statements(store, now=NOW)
        before = store.preferences.get()
    apply_statements(store, now=NOW)
    assert store.unsubscribes.list_all().keys() == {("ada", "")}
    assert store.preferences.get() == before
    assert [row.address[:7] for row in store.suppressions.list_all()] == ["sha256:"]


def test_a_new_database_takes_over_what_was_told_to_the_lost_one(noted: Store, tmp_path: Path) -> None:
    noted.unsubscribes.add("ada", "", "x", now=NOW)
    with Store.open(f"sqlite:///{tmp_path}/new.db") as fresh:
        fresh.statements = log(fresh, tmp_path)
        apply_statements(fresh, now=NOW)
        assert fresh.unsubscribes.list_all().keys() == {("ada", "")}
        fresh.unsubscribes.remove("ada", "")
        apply_statements(fresh, now=NOW)
        assert not fresh.unsubscribes.list_all()


def test_a_deleted_reader_leaves_no_address_in_the_log(noted: Store, tmp_path: Path) -> None:
    sign_up(noted)
    move(noted, "eve@second.example")
    assert b"second.example" in file_of(tmp_path).read_bytes()
    noted.readers.delete(EVE.id)
    assert b"second.example" not in file_of(tmp_path).read_bytes()
    apply_statements(noted, now=NOW)
    assert noted.set_aside.list_all(NOW - DAY) == []


def test_a_large_log_is_rewritten_with_what_holds(noted: Store, tmp_path: Path) -> None:
    with restored(noted):
        for _ in range(900):
            noted.preferences.mute("ada", "gpt" * 50, now=NOW)
            noted.preferences.unmute("ada", "gpt" * 50)
        noted.preferences.mute("ada", "bert", now=NOW)
        noted.unsubscribes.add("ada", "", "x", now=NOW)
        apply_statements(noted, now=NOW, shorten=True)
        assert file_of(tmp_path).stat().st_size < 1_000
        apply_statements(noted, now=NOW)
        noted.unsubscribes.remove("ada", "")
    apply_statements(noted, now=NOW)
    assert noted.preferences.get().mutes == {"ada": ("bert",)}
    assert not noted.unsubscribes.list_all()


def test_nothing_is_changed_that_cannot_be_noted(store: Store, tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("a file where the folder should be")
    store.statements = log(store, tmp_path)
    with pytest.raises(DigestError, match="cannot be written"):
        store.unsubscribes.add("ada", "", "x", now=NOW)
    assert store.unsubscribes.list_all() == {}


def test_a_renamed_file_is_renamed_again_before_what_its_new_id_said(noted: Store) -> None:
    ada = reader("Europe/Berlin", "daily 07:30")
    keep(noted, preprint("2611.00001", title="A graph"), now=NOW)
    compose([ada], noted, FACTORY, now=NOW)
    tables = (t.subscription, t.issue, t.delivery)
    named = {"lovelace": (ada.email, [each.name for each in ada.subscriptions])}
    assert noted.subscriptions.rename_readers(named) == {"ada": "lovelace"}
    noted.preferences.mute("lovelace", "gpt", now=NOW)
    with noted.writing() as connection:
        for emptied in (t.mute, t.statement_log):
            connection.execute(delete(emptied))
        for each in tables:
            connection.execute(update(each).values(subscriber="ada"))
    apply_statements(noted, now=NOW)
    assert noted.preferences.get().mutes == {"lovelace": ("gpt",)}
    with noted.reading() as connection:
        assert all(set(connection.scalars(select(each.c.subscriber))) == {"lovelace"} for each in tables)
