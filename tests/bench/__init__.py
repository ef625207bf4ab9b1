"""Benchmarks: `python -m tests.bench NAME [--json]` prints both sides of a comparison from one run."""
