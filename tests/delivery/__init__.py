"""Tests of digest/delivery."""
