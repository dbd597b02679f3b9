"""How the declared SLOs stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from hub.store.tables import slo_state

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SloStateRow(NamedTuple):
    """How an SLO stands, since when (the hub's clock), and why in words."""

    name: str
    state: str
    since: int
    detail: str


def slo_states(connection: Connection) -> dict[str, SloStateRow]:
    """Return the state of every SLO that has been judged, by name."""
    statement = select(slo_state.c.name, slo_state.c.state, slo_state.c.since, slo_state.c.detail)
    return {row[0]: SloStateRow._make(row) for row in connection.execute(statement)}
