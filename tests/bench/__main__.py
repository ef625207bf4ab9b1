"""`python -m tests.bench NAME [--rules N] [--letters N] [--json]`: run one benchmark and print its figures."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping

NAMES = ("read", "match", "letters", "send", "day", "pages")
_MODULES = {"day": "morning"}  # day.py makes the papers and rules for all of them


def main() -> int:
    """Run the benchmark that is named; all sides of a comparison come from this one run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument(
        "--rules", type=int, metavar="N", help="of match: how many; else all four sizes, as JSON 100,000"
    )
    parser.add_argument("--letters", type=int, metavar="N", help="of send and pages: how many; else 10,000")
    parser.add_argument("--readers", type=int, metavar="N", help="of day: how many; else 100,000")
    parser.add_argument("--papers", type=int, metavar="N", help="of day: how many; else 5,000")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="of day and pages; else sqlite")
    parser.add_argument("--json", action="store_true", help="one object")
    chosen = parser.parse_args()
    if chosen.name == "match" and chosen.rules is None and not chosen.json:
        return _every_size()
    bench = importlib.import_module(f"tests.bench.{_MODULES.get(chosen.name, chosen.name)}")
    run: Callable[..., dict[str, object]] = bench.run
    asked = {name: getattr(chosen, name) for name in ("rules", "letters", "readers", "papers", "database")}
    figures = run(**{name: value for name, value in asked.items() if value is not None})
    if chosen.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    elif hasattr(bench, "show"):
        sys.stdout.writelines(f"{line}\n" for line in bench.show(figures))
    else:
        _print(figures)
    return 0


def _every_size() -> int:
    """Each in a process of its own, so that one's memory is not another's."""
    from tests.bench.match import SIZES

    for size in SIZES:
        command = [sys.executable, "-m", "tests.bench", "match", "--rules", str(size)]
        if status := subprocess.run(command, check=False).returncode:
            return status
        sys.stdout.write("\n")
    return 0


def _print(figures: Mapping[str, object]) -> None:
    for name, value in figures.items():
        sys.stdout.write(f"{name:>20}  {value:,.4g}\n" if isinstance(value, float) else f"{name:>20}  {value}\n")


if __name__ == "__main__":
    raise SystemExit(main())
