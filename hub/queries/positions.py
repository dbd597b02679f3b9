"""How far the stages have come."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hub.store import tracking

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.journal import Journal

_PROJECT = "project"
_INFER = "infer"
_INDEX = "index"
_EVALUATE = "evaluate"
_ROUTE = "route"


class Positions(NamedTuple):
    """The journal's last position, and the last one that each stage has passed."""

    journal: int
    projected: int
    inferred: int
    evaluated: int
    routed: int
    indexed: int


def positions(connection: Connection, journal: Journal) -> Positions:
    """Return where the journal and its stages are."""
    found = tracking.positions(connection)
    stages = (found.get(each, 0) for each in (_PROJECT, _INFER, _EVALUATE, _ROUTE, _INDEX))
    return Positions(journal.head(connection), *stages)
