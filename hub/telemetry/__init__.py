"""Logs and metrics: their names and how they are set up. No decision depends on either."""
