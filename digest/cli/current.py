"""The house of a service that runs for long: under the config as it was last read and found good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.cli import Place
from digest.cli.events import log
from digest.errors import DigestError

if TYPE_CHECKING:
    from digest.app import App


class Current:
    """Holds the house; `reload` is for SIGHUP."""

    def __init__(self, app: App, place: Place) -> None:
        self.app = app
        self._place = place

    def reload(self) -> None:
        """Take the new config, or keep the old where the new one is bad."""
        from digest.app import load

        try:
            self.app = self.app.with_config(load(self._place.config))
            log().info("config read anew", readers=len(self.app.config.subscribers))
        except DigestError as error:
            log().error("config kept as it was, since the new one is bad", words=str(error))
