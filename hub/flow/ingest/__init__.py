"""Received bytes become journal entries here, in groups that share the cost of the disk."""

from hub.flow.ingest.bodies import EventReader, split_batch
from hub.flow.ingest.intake import Intake

__all__ = ["EventReader", "Intake", "split_batch"]
