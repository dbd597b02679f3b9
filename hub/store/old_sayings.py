"""On which days contents of facets were said: what of it has aged, part by part.

Of each content the last day before the horizon stays, by what was known then: whoever asks of an
instant since finds that one, or a later one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hub.store.natural_rows import NATURAL_TABLES
from hub.store.retirement import said_again
from hub.store.tables import facet_saying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Select

    from hub.store.natural_rows import NaturalTable
    from hub.store.retirement import Horizon

# Rows that leave in one transaction, unless more were said again on one day.
_AT_ONCE = 50_000


def aged_days(connection: Connection, horizon: Horizon) -> tuple[int, int] | None:
    """Return the first and the last day of what has aged; None where nothing has."""
    days = facet_saying.c.day
    statement = select(func.min(days), func.max(days)).where(said_again(horizon) < horizon.day)
    first, last = connection.execute(statement).one()
    return None if first is None else (first, last)


def next_part(connection: Connection, horizon: Horizon) -> Horizon | None:
    """Return up to which day to let go first, on the way to a horizon; None at the end."""
    again = select(said_again(horizon).label("day")).select_from(facet_saying).subquery()
    aged = select(again.c.day).where(again.c.day < horizon.day).order_by(again.c.day)
    if connection.scalar(aged.limit(1)) is None:
        return None
    end = connection.scalar(aged.offset(_AT_ONCE).limit(1))
    return horizon if end is None else horizon._replace(day=end + 1)


def rows_until(horizon: Horizon) -> Iterator[tuple[NaturalTable, Select[Any]]]:
    """Yield each kind of sayings, and what selects those that have aged."""
    for natural in NATURAL_TABLES:
        if natural.name.startswith(f"{facet_saying.name} of "):
            yield natural, natural.statement.where(said_again(horizon) < horizon.day)
