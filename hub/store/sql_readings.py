"""What became of the SQL of jobs that lack lineage, as the stage ``infer`` read it last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from hub.store.dialect import among
from hub.store.tables import sql_reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from hub.domain.lineage.inference import SqlReading


def put(connection: Connection, readings: Mapping[int, SqlReading | None]) -> None:
    """Write what became of jobs' SQL, by the store's ids; None where it says nothing that lacks."""
    connection.execute(delete(sql_reading).where(among(sql_reading.c.job_id, list(readings))))
    rows = [{"job_id": key, **each._asdict()} for key, each in readings.items() if each]
    if rows:
        connection.execute(sql_reading.insert(), rows)
