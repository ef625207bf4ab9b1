"""Tests of the rule language and of names."""
