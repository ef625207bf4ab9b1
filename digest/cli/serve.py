"""`digest serve`: the pages."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from digest.cli import Place
from digest.errors import ConfigError


@click.command("serve", short_help="Serve the pages by which readers leave.")
@click.pass_obj
def command(place: Place) -> None:
    """Serve the pages at `listen:` (behind a proxy that speaks https for `site:`), until SIGTERM.

    `digest run` does the same beside its other work where `listen:` is set.
    """
    from digest.build import load, open_house
    from digest.cli.log import configure
    from digest.cli.stop import on_signal
    from digest.site import site
    from digest.site.serve import beside

    config = load(place.config)
    if config.listen is None or config.site is None:
        raise ConfigError("digest.yaml needs `site:`, where readers see the pages, and `listen: 127.0.0.1:8000`")
    configure()
    with open_house(config) as house:
        click.echo(f"serving {config.site} at {config.listen[0]}:{config.listen[1]}", err=True)
        app = site(lambda: house, clock=lambda: datetime.now(UTC))
        with on_signal() as stop, beside(app, *config.listen, proxies=config.proxies):
            stop.wait()
