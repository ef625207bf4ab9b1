"""The config: digest.yaml and subscribers/*.yaml, read whole and judged before anything runs.

::

    folder.load ── document.read      a file, with the place of each value
                ├─ judge.judged       held against house.HouseEntry or reader.ReaderEntry
                └─ Config             frozen; or ConfigError with every problem of every file
"""

from digest.config.admin import Admin
from digest.config.bounces import Bounces
from digest.config.folder import load
from digest.config.relay import Relay
from digest.config.values import Config

__all__ = ["Admin", "Bounces", "Config", "Relay", "load"]
