"""How the commands take the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from digest.cli.shared.options import clock_of, now_option, shared_clock
from digest.store import Store


@pytest.mark.parametrize(("words", "goes_on"), [([], True), (["--now", "2026-11-20T07:30"], False)])
def test_the_clock_of_a_command_goes_on_and_in_a_rehearsal_stands_still(
    words: list[str], goes_on: bool, tmp_path: Path
) -> None:
    database = Store.open(f"sqlite:///{tmp_path / 'd.db'}")

    @click.command()
    @now_option
    @click.pass_context
    def wait(ctx: click.Context, now: datetime) -> None:
        clock = clock_of(ctx, now, database)
        before = clock()
        time.sleep(0.01)
        click.echo(clock() > before)

    assert CliRunner().invoke(wait, words).stdout == f"{goes_on}\n"


def test_machines_that_share_a_database_go_by_its_clock(store: Store) -> None:
    def ahead() -> datetime:
        return datetime.now(UTC) + timedelta(days=10)

    late = shared_clock(store, ahead)() - datetime.now(UTC)
    assert late < timedelta(days=1) if store.is_shared else late > timedelta(days=9)
