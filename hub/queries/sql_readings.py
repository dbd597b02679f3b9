"""What became of the SQL of jobs that lack lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.domain.lineage.inference import SqlOutcome, SqlReading
from hub.store.dialect import among
from hub.store.tables import sql_reading

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from hub.graph.identities import Things


def sql_readings_of(
    connection: Connection, things: Things, ids: Collection[int]
) -> dict[int, SqlReading]:
    """Return what became of the SQL of jobs, by the name that has it."""
    found: dict[int, SqlReading] = {}
    within = things.ids(ids)
    statement = select(sql_reading).where(among(sql_reading.c.job_id, within))
    for key, outcome, *rest in connection.execute(statement.order_by(sql_reading.c.job_id)):
        found.setdefault(things.key(key), SqlReading(SqlOutcome(outcome), *rest))
    return found
