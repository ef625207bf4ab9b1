"""Tests of digest/links."""
