"""Feeds of journals and blogs, with their oddities."""
