"""Migrations: they make what tables.py says, lose no row, and a failed one changes nothing."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from digest.errors import DigestError
from digest.store import Store, migrations
from digest.store.tables import metadata
from tests.support.store_samples import SINCE, keep, preprint, publication, queue, subscribe

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
        for table in ("paper", "name", "version", "event", "memory"):
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
