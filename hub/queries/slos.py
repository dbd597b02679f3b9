"""How the declared SLOs stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from sqlalchemy import select

from hub.store.tables import slo_state

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SloReading(Protocol):
    """Tells of an SLO how it stands and why, as of now."""

    def __call__(self, connection: Connection, slo: str, /) -> tuple[str, str] | None:
        """Return the state and the reason; None where it has not been judged."""


class SloStateRow(NamedTuple):
    """How an SLO stands, since when (the hub's clock), and why in words, as it came to be so.

    ``declared_at`` is since when it is judged by the objective that it has.
    """

    name: str
    state: str
    since: int
    detail: str
    declared_at: int


def slo_states(connection: Connection) -> dict[str, SloStateRow]:
    """Return the state of every SLO that has been judged, by name."""
    statement = select(*(slo_state.c[name] for name in SloStateRow._fields))
    return {row[0]: SloStateRow._make(row) for row in connection.execute(statement)}


def not_read(_connection: Connection, _slo: str, /) -> None:
    """Tell nothing."""


def as_of_now(
    connection: Connection, row: SloStateRow | None, reading: SloReading
) -> SloStateRow | None:
    """Return how an SLO stands, with the reason as of now.

    Where the state is another already, that has not been judged yet, or what follows from it is not
    projected: then it stands as it did, and says both.
    """
    read = reading(connection, row.name) if row is not None else None
    if row is None or read is None:
        return row
    state, detail = read
    if state != row.state:
        detail = f"{row.detail}; as of now it is {state}, which has not been judged yet: {detail}"
    return row._replace(detail=detail)
