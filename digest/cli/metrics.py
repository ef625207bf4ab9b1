"""`digest metrics`: prints the metrics of the service in Prometheus' text format."""

from __future__ import annotations

from datetime import datetime

import click

from digest.cli import CliContext
from digest.cli.shared.options import now_option


@click.command("metrics", short_help="Print figures for Prometheus.")
@now_option
@click.pass_obj
def command(context: CliContext, now: datetime) -> None:
    """Print figures in the text format of Prometheus, counted from the database: letters by state, what is late, what
    came back, how the sources are.

    For the textfile collector: digest metrics > /var/lib/node_exporter/digest.prom
    """
    from digest.app import load, open_app
    from digest.app.metrics import exposition

    with open_app(load(context.config), looking=True) as app:
        sources, figures, breakers = app.health(now), app.store.stats.collect(now=now), app.store.breakers.list_all()
        found = app.conditions(now)
    click.echo(exposition(figures, breakers, sources, found, now=now), nl=False)
