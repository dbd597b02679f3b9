"""Taking runs out of the store, with all that hangs on them, as a ``RunsRetired`` decision says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from hub.domain.names import JobName
from hub.store import dialect
from hub.store.natural_keys import find_jobs
from hub.store.projection.rows import delete_rows, matching, select_in
from hub.store.projection.tallies import Counted, tally
from hub.store.tables import (
    dataset_metric,
    dataset_version,
    lost_run,
    quality_assertion,
    run,
    run_event,
    store_meta,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from hub.domain.decisions import RunsRetired

_UNTIL: Final = "runs retired until"
_FIND_COUNTED: Final = (
    matching("producer_id, ended_at, faults", "run", ("id",)) + " AND state IS NOT NULL"
)
_LAST_POSITION: Final = "(SELECT max(position) FROM run_event WHERE run_event.run_id = run.id)"
_FIND_RUNS: Final = matching(f"job_id, run_id, id, {_LAST_POSITION}", "run", ("job_id", "run_id"))
_FIND_WRITTEN: Final = (
    "SELECT m.member_id, r.id FROM run r JOIN io_set_member m ON m.set_id = r.output_set_id"
    " WHERE (r.id) IN {keys}"
)


def retired_until(connection: Connection) -> int | None:
    """Return the instant before which runs may be lacking; None where none has been retired."""
    found = connection.scalar(select(store_meta.c.value).where(store_meta.c.name == _UNTIL))
    return None if found is None else int(found)


def retire_runs(connection: Connection, decision: RunsRetired) -> int:
    """Delete the runs that a decision names, and their rows; return how many went.

    A run stays of which an event has come since, or that another run which stays names as its
    parent or root. So the same journal always leaves the same runs.
    """
    jobs = find_jobs(connection, {JobName(each.namespace, each.job) for each in decision.runs})
    keys = {
        (jobs[name], each.run): each.position
        for each in decision.runs
        if (name := JobName(each.namespace, each.job)) in jobs
    }
    found = select_in(connection, _FIND_RUNS, keys)
    going = {key for job_id, name, key, last in found if (last or 0) == keys[job_id, name]}
    spare_ancestors(connection, going)
    written = select_in(connection, _FIND_WRITTEN, [(key,) for key in going])
    delete_rows(connection, dataset_version, ("dataset_id", "run_id"), list(written))
    ids = [(key,) for key in sorted(going)]
    for table in (run_event, quality_assertion, dataset_metric, lost_run):
        delete_rows(connection, table, ("run_id",), ids)
    counted = select_in(connection, _FIND_COUNTED, ids)
    tally(connection, [Counted(by, at is not None, faults, -1) for by, at, faults in counted])
    delete_rows(connection, run, ("id",), ids)
    _note_until(connection, decision.until)
    return len(going)


def spare_ancestors(connection: Connection, going: set[int]) -> None:
    """Take out of ``going`` those that a run which stays names as its parent or root."""
    families = set(_children(connection, going))
    while spared := {parent for key, parent in families if key not in going} & going:
        going -= spared


def _children(connection: Connection, ids: set[int]) -> Iterator[tuple[Any, ...]]:
    keys = [(key,) for key in ids]
    for column, condition in (("parent_id", ""), ("root_id", " AND root_id <> parent_id")):
        statement = matching(f"id, {column}", "run", (column,)) + condition
        yield from select_in(connection, statement, keys)


def _note_until(connection: Connection, until: int) -> None:
    latest = str(max(until, retired_until(connection) or until)).encode()
    statement = dialect.insert(connection, store_meta).values(name=_UNTIL, value=latest)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": latest})
    )
