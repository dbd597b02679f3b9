"""Finds plugins, checks them, and guards each call into them. Nothing here knows the store."""
