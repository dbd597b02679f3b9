"""Thin edges between the network and the floors below. No SQL and no decision lives here."""
