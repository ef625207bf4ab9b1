"""Tests of digest/ingest."""
