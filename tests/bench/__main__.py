"""`python -m tests.bench NAME [--json]`: run one benchmark and print its figures."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Sequence

NAMES = ("read", "match", "letters", "send")


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark that is named; both sides of a comparison come from this one run."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    if len(names) != 1 or names[0] not in NAMES or set(arguments) - {*names, "--json"}:
        sys.stderr.write(f"usage: python -m tests.bench {{{'|'.join(NAMES)}}} [--json]\n")
        return 2
    run: Callable[[], dict[str, object]] = importlib.import_module(f"tests.bench.{names[0]}").run
    figures = run()
    if "--json" in arguments:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        for name, value in figures.items():
            sys.stdout.write(f"{name:>20}  {value:,.4g}\n" if isinstance(value, float) else f"{name:>20}  {value}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
