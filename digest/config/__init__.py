"""The config: digest.yaml and subscribers/*.yaml, read whole and validated before anything runs.

::

    loader.load ─┬─ yaml_file.read_yaml   a file, with line and column of each value
                 ├─ validate.validated    against digest_yaml.ConfigEntry or subscriber_yaml.ReaderEntry
                 ├─ cross_checks          several keys or files together
                 └─ Config                frozen; or ConfigError with every problem of every file
"""

from digest.config.admin import Admin
from digest.config.bounces import Bounces
from digest.config.config import Config
from digest.config.loader import load
from digest.config.relay import ChannelKind, Relay

__all__ = ["Admin", "Bounces", "ChannelKind", "Config", "Relay", "load"]
