"""How the commands take the time."""

from __future__ import annotations

import time
from datetime import datetime

import click
import pytest
from click.testing import CliRunner

from digest.cli.shared.options import clock_of, now_option


@pytest.mark.parametrize(("words", "goes_on"), [([], True), (["--now", "2026-11-20T07:30"], False)])
def test_the_clock_of_a_command_goes_on_and_in_a_rehearsal_stands_still(words: list[str], goes_on: bool) -> None:
    @click.command()
    @now_option
    @click.pass_context
    def wait(ctx: click.Context, now: datetime) -> None:
        clock = clock_of(ctx, now)
        before = clock()
        time.sleep(0.01)
        click.echo(clock() > before)

    assert CliRunner().invoke(wait, words).stdout == f"{goes_on}\n"
