"""How far the stages have come, and whether what a reader has written can be read already."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hub.store import tracking

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.journal import Journal

PROJECT = "project"
EVALUATE = "evaluate"
ROUTE = "route"


class Positions(NamedTuple):
    """The journal's last position, and the last one that is projected."""

    journal: int
    projected: int


def positions(connection: Connection, journal: Journal) -> Positions:
    """Return where the journal and its projection are."""
    return Positions(journal.head(connection), tracking.position(connection, PROJECT))
