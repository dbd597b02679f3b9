"""Judges objectives and failures, and appends each verdict with its evidence."""
