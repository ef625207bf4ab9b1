"""Tests of digest/subscriptions."""
