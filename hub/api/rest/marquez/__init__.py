"""Marquez's REST surface: its routes, its shapes and its errors over the hub's own projections.

docs/marquez.md tells what differs on purpose.
"""
