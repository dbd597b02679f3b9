"""How the declared SLOs stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from sqlalchemy import select

from hub.store.tables import slo_state

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SloReading(Protocol):
    """Tells of an SLO how it stands and why, as of now, where the process that judges knows it."""

    def __call__(self, slo: str, /) -> tuple[str, str] | None:
        """Return the state and the reason."""


class SloStateRow(NamedTuple):
    """How an SLO stands, since when (the hub's clock), and why in words, as it came to be so."""

    name: str
    state: str
    since: int
    detail: str


def slo_states(connection: Connection) -> dict[str, SloStateRow]:
    """Return the state of every SLO that has been judged, by name."""
    statement = select(slo_state.c.name, slo_state.c.state, slo_state.c.since, slo_state.c.detail)
    return {row[0]: SloStateRow._make(row) for row in connection.execute(statement)}


def not_read(_slo: str, /) -> None:
    """Tell nothing: for processes that judge no SLO."""


def as_of_now(row: SloStateRow | None, reading: SloReading) -> SloStateRow | None:
    """Return how an SLO stands, with the reason as of now, as far as that is known.

    Where the state is another already, what follows from that is not projected yet: then it stands
    as it did.
    """
    read = reading(row.name) if row is not None else None
    if row is None or read is None or read[0] != row.state:
        return row
    return row._replace(detail=read[1])
