"""The App of a long-running command, replaced on SIGHUP when the new config is valid."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from digest.cli import CliContext
from digest.cli.shared.event_log import event_log
from digest.errors import DigestError

if TYPE_CHECKING:
    from digest.app import App
    from digest.config import Config


_DERIVED = ("subscribers", "places", "warnings")
"""Fields of a config that are no settings: readers are compared one by one."""


class ReloadableApp:
    """Holds the App of the last valid config; `reload` is the SIGHUP handler."""

    def __init__(self, app: App, context: CliContext) -> None:
        self.app = app
        self._context = context

    def reload(self) -> None:
        """Load the config again; an invalid one is logged and the old one stays in use."""
        from digest.app import load

        try:
            before = self.app.config
            self.app = self.app.with_config(load(self._context.config))
            event_log().info(
                "config read anew", readers=len(self.app.config.subscribers), **_changes(before, self.app.config)
            )
        except DigestError as error:
            event_log().error("config kept as it was, since the new one is bad", words=str(error))


def _changes(before: Config, after: Config) -> dict[str, list[str]]:
    """What a new config changes, for the log: names of readers and of settings, never values, which may be secret."""
    old, new = ({reader.id: reader for reader in config.subscribers} for config in (before, after))
    changes = {
        "added": sorted(new.keys() - old.keys()),
        "removed": sorted(old.keys() - new.keys()),
        "changed": sorted(name for name in old.keys() & new.keys() if old[name] != new[name]),
        "settings": [
            each.name
            for each in fields(after)
            if each.name not in _DERIVED and getattr(before, each.name) != getattr(after, each.name)
        ],
    }
    return {kind: names for kind, names in changes.items() if names}
