"""`digest serve`: runs the HTTP servers of the readers' and the admin's pages."""

from __future__ import annotations

from contextlib import suppress

import click

from digest.cli import CliContext
from digest.errors import ConfigError, Exit


@click.command("serve", short_help="Serve the pages of readers, and the admin's.")
@click.pass_obj
def command(context: CliContext) -> None:
    """Serve the pages of readers at `listen:` (behind a proxy that speaks https for `site:`) and those of `admin:`,
    whichever there are, until SIGTERM; SIGHUP reads the config anew, or keeps the old if it is bad.

    `digest run` does the same beside its other work.
    """
    from digest.app import load, open_app
    from digest.cli.shared.log_setup import configure_logging
    from digest.cli.shared.page_servers import serve_pages
    from digest.cli.shared.reloadable_app import ReloadableApp
    from digest.cli.shared.signals import on_signal

    config = load(context.config)
    if (config.listen is None or config.site is None) and config.admin is None:
        raise ConfigError(
            "digest.yaml needs `site:`, where readers see the pages, and `listen: 127.0.0.1:8000`; or `admin:`"
        )
    configure_logging()
    with open_app(config) as app:
        current = ReloadableApp(app, context)
        with on_signal(hang_up=current.reload, ended=Exit.DONE) as stop, serve_pages(lambda: current.app) as said:
            with suppress(OSError):  # nobody may read it
                for line in said:
                    click.echo(line, err=True)
            stop.wait()
