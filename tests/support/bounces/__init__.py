"""Samples of messages that mail servers return."""
