"""Runs as Marquez's clients ask for them: by run id alone, or as a slice of a job's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from hub.queries.moments import NOW
from hub.queries.runs import RunRow, runs_by_id
from hub.queries.selections import by_key
from hub.store.tables import edge, io_set_member, run

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from hub.queries.marquez.lists import Slice
    from hub.queries.marquez.versions import Version
    from hub.queries.moments import Moment

# How many runs are looked at that may have read one version.
_MAX_READERS = 1_000


def find_run(connection: Connection, run_id: str, *, moment: Moment = NOW) -> RunRow | None:
    """Return the run of that id; where jobs share one, the run last heard of."""
    columns = run.c
    key = connection.scalar(
        select(columns.id)
        .where(columns.run_id == run_id, moment.knows_run(columns.id))
        .order_by(func.coalesce(columns.last_event_at, 0).desc(), columns.id.desc())
        .limit(1)
    )
    return None if key is None else runs_by_id(connection, [key]).get(key)


def slice_runs(
    connection: Connection, jobs: Collection[int], wanted: Slice, *, moment: Moment = NOW
) -> list[RunRow]:
    """Return runs of a job, by all of its ids: the one that ended or was heard of last first."""
    columns = run.c
    statement = (
        select(columns.id)
        .where(
            columns.job_id.in_(jobs),
            columns.anchor_at.is_not(None),
            moment.knows_run(columns.id),
        )
        .order_by(columns.anchor_at.desc(), columns.id.desc())
        .limit(wanted.limit)
        .offset(wanted.offset)
    )
    keys = connection.scalars(statement).all()
    found = runs_by_id(connection, keys)
    return [found[key] for key in keys]


def children_of(connection: Connection, runs: Collection[int]) -> dict[int, int]:
    """Return the runs that were started by ``runs``, each with the one that started it."""
    statement = select(run.c.id, run.c.parent_id).where(run.c.parent_id.in_(runs))
    return by_key(connection.execute(statement))


def likely_readers(connection: Connection, version: Version, until: int | None) -> list[RunRow]:
    """Return runs that read a dataset after a version was written and before the next one was."""
    readers = select(edge.c.job_id).where(
        edge.c.dataset_id == version.dataset_id, edge.c.side == "in"
    )
    is_named = exists().where(
        io_set_member.c.set_id == run.c.input_set_id,
        io_set_member.c.member_id == version.dataset_id,
    )
    statement = select(run.c.id).where(
        run.c.job_id.in_(readers), run.c.anchor_at >= version.at, is_named
    )
    if until is not None:
        statement = statement.where(run.c.first_event_at < until)
    keys = connection.scalars(statement.order_by(run.c.anchor_at).limit(_MAX_READERS)).all()
    found = runs_by_id(connection, keys)
    return [found[key] for key in keys]
