"""What evaluate decided about SLOs, as the store keeps it: how they stand, what was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, select

from hub.domain.catalog import MOST_RUNS
from hub.domain.incidents.decisions import UNDECLARED
from hub.store.rows import put_row
from hub.store.tables import slo_change, slo_count, slo_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.incidents.decisions import SloChanged, SloCorrected, SloCounted

# What a rebuild empties.
SLO_TABLES: Final = (slo_change, slo_count, slo_state)
# Longer than any window of a budget.
_CHANGES_KEPT: Final = 400 * 86_400_000_000
_EARLIER: Final = slo_change.alias("earlier")
# The last one before the horizon says how it stood there.
_FORGET_CHANGES: Final = delete(slo_change).where(
    slo_change.c.name == bindparam("slo"),
    slo_change.c.at
    < select(func.max(_EARLIER.c.at))
    .where(_EARLIER.c.name == bindparam("slo"), _EARLIER.c.at <= bindparam("horizon"))
    .scalar_subquery(),
)
_STOOD: Final = (
    select(slo_change.c.is_bad)
    .where(slo_change.c.name == bindparam("slo"), slo_change.c.at <= bindparam("until"))
    .order_by(slo_change.c.at.desc())
    .limit(1)
)
_FORGET_BETWEEN: Final = delete(slo_change).where(
    slo_change.c.name == bindparam("slo"),
    slo_change.c.at.between(bindparam("since"), bindparam("until")),
)
_WITHDRAW: Final = delete(slo_state).where(slo_state.c.name == bindparam("slo"))
_LATER: Final = slo_count.alias("later")
# No SLO looks at more runs than these.
_FORGET_COUNTS: Final = delete(slo_count).where(
    slo_count.c.name == bindparam("slo"),
    slo_count.c.measured == bindparam("what"),
    slo_count.c.position
    <= select(_LATER.c.position)
    .where(_LATER.c.name == bindparam("slo"), _LATER.c.measured == bindparam("what"))
    .order_by(_LATER.c.position.desc())
    .offset(MOST_RUNS)
    .limit(1)
    .scalar_subquery(),
)


def write_slo_change(connection: Connection, decision: SloChanged, position: int) -> None:
    """Keep how an SLO stands, and since when; of one that is withdrawn, only what has been."""
    row = {
        "name": decision.slo,
        "state": decision.state,
        "known_at": decision.at,
        "since": decision.at,
        "detail": decision.detail,
        "objective": decision.objective,
        "declared_at": decision.at if decision.declared_at is None else decision.declared_at,
        "position": position,
    }
    if decision.state == UNDECLARED:
        connection.execute(_WITHDRAW, {"slo": decision.slo})
    else:
        put_row(connection, slo_state, row, kept=("known_at",))
    at = decision.at if decision.since is None else decision.since
    change = {"name": decision.slo, "at": at, "is_bad": decision.is_bad}
    put_row(connection, slo_change, change)
    connection.execute(_FORGET_CHANGES, {"slo": decision.slo, "horizon": at - _CHANGES_KEPT})


def write_slo_corrected(connection: Connection, decision: SloCorrected) -> None:
    """Keep that some time was good, or bad; after it all is as it was."""
    given = {"slo": decision.slo, "since": decision.since, "until": decision.until}
    stood = bool(connection.scalar(_STOOD, given))
    connection.execute(_FORGET_BETWEEN, given)
    for at, is_bad in ((decision.since, decision.is_bad), (decision.until, stood)):
        put_row(connection, slo_change, {"name": decision.slo, "at": at, "is_bad": is_bad})


def write_slo_count(connection: Connection, decision: SloCounted, position: int) -> None:
    """Keep what was counted of one more run."""
    row = {
        "name": decision.slo,
        "measured": decision.measured,
        "position": position,
        "of": decision.of,
        "good": decision.good,
        "total": decision.total,
    }
    put_row(connection, slo_count, row)
    connection.execute(_FORGET_COUNTS, {"slo": decision.slo, "what": decision.measured})
