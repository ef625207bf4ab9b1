"""Migrations: they make what tables.py says, lose no row, and a failed one changes nothing."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from digest.errors import DigestError
from digest.store import Store, migrations
from digest.store.engine import connect
from digest.store.tables import metadata
from tests.support.store_samples import SINCE, already_sent, keep, preprint, publication, queue, subscribe

_REBUILD = """
from alembic import op

revision = "later"
down_revision = "{head}"


def upgrade() -> None:
    with op.batch_alter_table("paper", recreate="auto") as table:
        table.drop_column("comments_count")
    {after}
"""


def test_the_migrations_make_what_the_tables_say(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_head_names_the_newest_migration() -> None:
    folder = Path(migrations.__file__).parent
    assert ScriptDirectory(folder, version_locations=[folder / "versions"]).get_current_head() == migrations.HEAD


def test_a_database_is_opened_again_as_it_was_left(store: Store, store_url: str) -> None:
    keep(store, preprint())
    with Store.open(store_url) as again:
        assert again.papers.get("arxiv:2611.00001") == preprint()


def test_processes_that_open_a_new_database_at_once_all_get_it(empty_url: str) -> None:
    def add(number: int) -> None:
        with Store.open(empty_url) as store:
            keep(store, preprint(f"2611.{number:05d}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(1, 5)))
    with Store.open(empty_url) as store:
        assert len(store.papers.arrivals(SINCE, SINCE.replace(year=2027))) == 4


def later(folder: Path, after: str = "") -> Path:
    """The migrations, and one that replaces a table to which others refer."""
    for version in (Path(migrations.__file__).parent / "versions").glob("v*.py"):
        (folder / version.name).write_text(version.read_text())
    (folder / "later.py").write_text(_REBUILD.format(after=after, head=migrations.HEAD))
    return folder


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder 100%"
    folder.mkdir()
    return folder


def test_a_replaced_table_takes_no_row_of_others_with_it(store: Store, versions: Path) -> None:
    keep(store, preprint())
    (row,) = subscribe(store, "ada")
    store.issues.publish(publication(row, told=[(1, "new")]))
    migrations.migrate(store, head="later", versions=later(versions))
    with store.reading() as connection:
        assert "comments_count" not in {column["name"] for column in inspect(connection).get_columns("paper")}
        for table in ("paper", "name", "version", "event", "issue"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1, table


def test_a_migration_that_fails_changes_nothing(store: Store, versions: Path) -> None:
    keep(store, preprint())
    with pytest.raises(RuntimeError, match="power"):
        migrations.migrate(store, head="later", versions=later(versions, 'raise RuntimeError("power")'))
    assert store.papers.get("arxiv:2611.00001") == preprint()
    assert keep(store, preprint()) == {}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "digest.db"


def test_sqlite_is_copied_before_it_is_migrated(file: Path, versions: Path) -> None:
    with Store.open(f"sqlite:///{file}") as store:
        queue(store, "ada")
        migrations.migrate(store, head="later", versions=later(versions))
    with Store.open(f"sqlite:///{file}.{migrations.HEAD}") as copy:
        assert copy.outbox.count_by_state() == {"ready": 1}


def test_a_migration_that_orphans_rows_is_refused(file: Path, versions: Path) -> None:
    with Store.open(f"sqlite:///{file}") as store:
        keep(store, preprint())
        with pytest.raises(DigestError, match="refer to nothing; nothing was changed"):
            migrations.migrate(store, head="later", versions=later(versions, 'op.execute("DELETE FROM paper")'))
        assert store.papers.get("arxiv:2611.00001") == preprint()


def test_references_are_kept_again_after_a_migration(file: Path, versions: Path) -> None:
    with Store.open(f"sqlite:///{file}") as store:
        migrations.migrate(store, head="later", versions=later(versions))
        with store.reading() as connection:
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_a_database_of_a_newer_version_is_refused(store: Store, store_url: str) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DigestError, match="newer version"):
        Store.open(store_url)


def test_an_up_to_date_database_is_opened_without_alembic(store: Store, store_url: str) -> None:
    program = "import sys; from digest.store import Store; Store.open(sys.argv[1]); sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program, store_url], check=False).returncode == 0


_OLD_ROWS = """
INSERT INTO paper (id, work, key, title, source, ids, authors, categories, withdrawn) VALUES
  (1, 1, 'arxiv:1', 't', 'arxiv', '{}', '[]', '[]', false), (2, 2, 'arxiv:2', 't', 'arxiv', '{}', '[]', '[]', false),
  (3, 1, 'doi:3', 't', 'feeds', '{}', '[]', '[]', false), (4, 4, 'arxiv:4', 't', 'arxiv', '{}', '[]', '[]', false);
INSERT INTO event (serial, work, event, paper_id, at) VALUES
  (1, 1, 'new', 1, '2026-11-01 06:00:00'), (2, 2, 'new', 2, '2026-11-02 06:00:00'),
  (3, 1, 'published', 3, '2026-11-19 06:00:00'), (4, 4, 'new', 4, '2026-11-19 06:00:00');
INSERT INTO issue (id, subscriber, subscription, kind, slot, number, created, since, until, state) VALUES
  (5, 'ada', 'Sparse', 'scheduled', 'a', 1, '2026-11-20 07:00:00', '2026-11-19 07:00:00', '2026-11-20 07:00:00',
   'composed'),
  (6, 'ada', 'Sparse', 'manual', 'b', 0, '2026-11-20 08:00:00', '2026-11-19 07:00:00', '2026-11-20 07:00:00',
   'composed'),
  (7, 'ben', 'Sparse', 'scheduled', 'a', 1, '2026-11-20 07:00:00', '2026-11-19 07:00:00', '2026-11-20 07:00:00',
   'composed');
INSERT INTO item (issue_id, position, paper, event, section) VALUES
  (5, 0, 'doi:3', 'published', 'rule'), (6, 0, 'arxiv:2', 'new', 'rule'), (7, 0, 'arxiv:4', 'new', 'rule');
INSERT INTO memory (subscriber, work, event, issue) VALUES
  ('ada', 1, 'new', 1), ('ada', 1, 'published', 5), ('ada', 4, 'new', 5), ('ada', 2, 'new', NULL),
  ('ben', 4, 'new', 7);
INSERT INTO delivery (issue_id, subscriber, kind, sender, recipient, domain, message_id, created, state, attempts,
  crashes, doubts, epoch, reason) VALUES
  (5, 'ada', 'scheduled', 's@x.org', 'ada@x.org', 'x.org', '<5@x>', '2026-11-20 07:00:00', 'sent', 1, 0, 0, 1, NULL),
  (7, 'ben', 'scheduled', 's@x.org', 'ben@x.org', 'x.org', '<7@x>', '2026-11-20 07:00:00', 'cancelled', 0, 0, 0, 1,
   'cancel, by hand')
"""


def test_what_was_sent_before_is_known_after_the_contents_of_issues_have_moved(empty_url: str) -> None:
    with closing(Store(connect(empty_url))) as old:
        migrations.migrate(old, head="0009")
        with old.writing() as connection:
            for statement in _OLD_ROWS.split(";"):
                connection.execute(text(statement.replace(":", "\\:")))
    with Store.open(empty_url) as store:
        assert already_sent(store, "ada") == {(1, "new"), (1, "published"), (4, "new"), (2, "new")}
        assert already_sent(store, "ben") == {(4, "new")}  # cancelled by hand: that counted as sent
        assert store.already_sent.had({1: ["ada", "ben"], 2: ["ada"]}) == {("ada", 1), ("ada", 2)}
        copy = store.web_copies.get("ada", "Sparse", "scheduled", "a")
        assert copy
        assert [(each.paper, each.event, each.section) for each in (*copy.shown, *copy.behind)] == [
            ("doi:3", "published", "rule"),
            ("arxiv:4", "new", ""),
        ]
        by_hand = store.web_copies.get("ada", "Sparse", "manual", "b")
        assert by_hand
        assert [each.paper for each in by_hand.shown] == ["arxiv:2"]
        assert {issue.kind for issue in store.issues.latest()} == {"scheduled", "manual"}
        assert store.outbox.count_by_state() == {"sent": 1, "cancelled": 1}
