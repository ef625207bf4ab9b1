"""Tests of whose a paper is."""
