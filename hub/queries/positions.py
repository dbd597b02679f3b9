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
    """The journal's last position, and the last one that each stage has passed.

    A hub without the stage that infers has nothing to wait for there.
    """

    journal: int
    projected: int
    inferred: int
    evaluated: int
    routed: int
    indexed: int


def positions(connection: Connection, journal: Journal) -> Positions:
    """Return where the journal and its stages are."""
    found = tracking.positions(connection)
    head = journal.head(connection)
    projected = found.get(_PROJECT, 0)
    inferred = found.get(_INFER, max(head, projected))
    rest = (found.get(each, 0) for each in (_EVALUATE, _ROUTE, _INDEX))
    return Positions(head, projected, inferred, *rest)
