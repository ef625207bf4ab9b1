"""The App of a long-running command, replaced on SIGHUP when the new config is valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.cli import CliContext
from digest.cli.shared.event_log import event_log
from digest.errors import DigestError

if TYPE_CHECKING:
    from digest.app import App


class ReloadableApp:
    """Holds the App of the last valid config; `reload` is the SIGHUP handler."""

    def __init__(self, app: App, context: CliContext) -> None:
        self.app = app
        self._context = context

    def reload(self) -> None:
        """Load the config again; an invalid one is logged and the old one stays in use."""
        from digest.app import load

        try:
            self.app = self.app.with_config(load(self._context.config))
            event_log().info("config read anew", readers=len(self.app.config.subscribers))
        except DigestError as error:
            event_log().error("config kept as it was, since the new one is bad", words=str(error))
