"""Tests of digest/names."""
