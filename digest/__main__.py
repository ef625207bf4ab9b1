"""The entry point of `digest` and `python -m digest`."""

from __future__ import annotations

import signal
import sys

if {"run", "worker", "serve"} & set(sys.argv[1:]):  # SIGHUP means reload: before there is a config it means nothing
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

from digest.cli import digest


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(digest.main(prog_name="digest"))


if __name__ == "__main__":
    main()
