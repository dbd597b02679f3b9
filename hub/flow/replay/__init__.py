"""Feeds journal entries and dead letters through the current code a second time."""
