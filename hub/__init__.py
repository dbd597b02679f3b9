"""The hub: OpenLineage in, lineage and incidents out. See docs/architecture.md for the floors."""

__version__ = "0.1.0"
