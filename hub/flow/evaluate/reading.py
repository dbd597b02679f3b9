"""How an SLO stands as of now, for processes that do not judge it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.flow.evaluate.measuring import status_of
from hub.flow.evaluate.memory import Memory
from hub.flow.evaluate.open_signals import OpenSignals
from hub.flow.evaluate.recall import Recall
from hub.store import slo_context, tracking

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.domain.slos.slo import SloState
    from hub.graph.index import LineageIndex
    from hub.store.journal import Journal


def read_slo(
    connection: Connection,
    journal: Journal,
    catalog: Catalog,
    index: LineageIndex,
    name: str,
    *,
    now: int,
) -> tuple[SloState, str] | None:
    """Return how an SLO stands and why, by all that has been evaluated; None where it never was."""
    slo = catalog.slo(name)
    known = slo_context.known_slos(connection, name).get(name)
    if slo is None or known is None:
        return None
    memory = Memory(catalog=catalog, signals=OpenSignals([]))
    memory.identities = index.identities(connection)
    until = tracking.position(connection, "evaluate")
    watch = Recall(connection, journal, memory, until, now).watch(slo, known)
    status = status_of(connection, memory, watch, now)
    return status.state, status.detail
