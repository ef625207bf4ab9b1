"""Tests of digest/bounces."""
