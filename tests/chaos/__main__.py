"""``python -m tests.chaos``: kill delivering processes at random until all letters are out; one line of JSON.

It fails where a letter is lost or came twice. Letters in doubt are counted, and which of them had arrived.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.storm import Storm, rage


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="at least so many; letters are added until then")
    parser.add_argument("--letters", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--workers", type=int, default=1, choices=(1, 2), help="of two one is killed each time")
    parser.add_argument("--database", help="URL of an empty database; without it a SQLite file that is gone afterwards")
    parser.add_argument("--wait", type=float, default=0.0, help="seconds until the server answers a letter's end")
    parser.add_argument("--lines", type=int, default=240, help="of a letter; 240 make 20 kB")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with TemporaryDirectory(prefix="chaos-") as folder:
        figures = rage(
            Storm(
                kills=given.kills,
                letters=given.letters,
                connections=given.connections,
                workers=given.workers,
                database=given.database or f"sqlite:///{folder}/digest.db",
                folder=Path(folder),
                wait=given.wait,
                lines=given.lines,
                seed=given.seed,
            )
        )
    sys.stdout.write(json.dumps(figures) + "\n")
    return int(bool(figures["lost"] or figures["twice"] or figures["strangers"]))


if __name__ == "__main__":
    sys.exit(main())
