"""D11: a backup that is put back does not undo what people told us since."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.app import load, open_app

pytestmark = pytest.mark.faults

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)


def test_d11_who_left_since_the_backup_gets_no_letter(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "config/subscribers").mkdir(parents=True)
    (tmp_path / "config/digest.yaml").write_text(
        f"database: sqlite:///{tmp_path}/digest.db\njournal: {tmp_path}/letters\n"
        "sender: M <papers@lab.example>\nsmtp: 'maildir:mail'\n"
        "sources:\n  feeds: [{name: F, url: 'http://127.0.0.1:9/none.xml', allow_private: true}]\n"
    )
    (tmp_path / "config/subscribers/ada.yaml").write_text(
        "email: ada@lab.example\ntimezone: UTC\nsubscriptions:\n  - {name: A, when: daily 07:30, rules: [model]}\n"
    )
    config = load(tmp_path / "config", env={})
    with open_app(config) as app:
        app.compose(now=NOW)
        app.store.copy_to(str(tmp_path / "backup.db"))
        app.store.unsubscribes.add("ada", "", "the reader asked to", now=NOW)
    for file in tmp_path.glob("digest.db*"):
        file.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "digest.db")
    with open_app(config) as app:
        assert app.store.unsubscribes.list_all().keys() == {("ada", "")}
        assert "1 statement" in caplog.text
        with app.store.writing() as connection:  # put back once more, while the service runs
            connection.exec_driver_sql("DELETE FROM departure")
            connection.exec_driver_sql("DELETE FROM statement_log")
        assert app.compose(now=NOW.replace(month=12, day=1)) == []
        assert app.store.unsubscribes.list_all().keys() == {("ada", "")}
