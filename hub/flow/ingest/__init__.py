"""Received bytes become journal entries here, in groups that share the cost of the disk."""

from hub.flow.ingest.appender import Appender, Arrival, JournalAppender
from hub.flow.ingest.bodies import EventReader, Received, receive, split_batch
from hub.flow.ingest.intake import Intake, Outcome
from hub.flow.ingest.lag import Lag

__all__ = [
    "Appender",
    "Arrival",
    "EventReader",
    "Intake",
    "JournalAppender",
    "Lag",
    "Outcome",
    "Received",
    "receive",
    "split_batch",
]
