"""Tests of digest/cli/shared."""
