"""Ingestion: pulls papers from the sources into the store, enriches them, and judges the health of each source."""
