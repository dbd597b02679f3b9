"""Index: from the projected tables to the texts by which things are found."""

from hub.flow.index.stage import Index

__all__ = ["Index"]
