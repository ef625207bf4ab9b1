"""Tests of the rule language and the matcher."""
