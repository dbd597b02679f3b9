"""Finds who must act on an incident and writes the intent to tell them; sends nothing itself."""
