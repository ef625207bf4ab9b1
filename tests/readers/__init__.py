"""Tests of digest/readers."""
