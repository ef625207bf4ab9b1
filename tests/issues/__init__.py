"""Tests of digest/issues."""
