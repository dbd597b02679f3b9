"""Taking out of the store what a decision says has been archived, with all that hangs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import delete, func, select

from hub.domain.names import JobName
from hub.store import dialect
from hub.store.natural_keys import find_jobs
from hub.store.packing import pack_run_id
from hub.store.projection.rows import delete_rows, matching, select_in
from hub.store.projection.tallies import Counted, tally
from hub.store.tables import (
    column_edge_history,
    dataset_metric,
    dataset_version,
    dead_letter,
    edge_history,
    facet_saying,
    incident,
    incident_entry,
    incident_signal,
    lost_run,
    notification,
    quality_assertion,
    run,
    run_event,
    signal,
    store_meta,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, ScalarSelect

    from hub.domain.incidents.decisions import (
        KnowledgeRetired,
        RunsRetired,
        SayingsRetired,
        SettledRetired,
    )

_UNTIL: Final = "runs retired until"
_KNOWN_SINCE: Final = "knowledge retired until"
_SAID_SINCE: Final = "sayings retired until"
_FIND_COUNTED: Final = (
    matching("producer_id, ended_at, faults", "run", ("id",)) + " AND state IS NOT NULL"
)
_LAST_POSITION: Final = "(SELECT max(position) FROM run_event WHERE run_event.run_id = run.id)"
_FIND_RUNS: Final = matching(f"job_id, run_id, id, {_LAST_POSITION}", "run", ("job_id", "run_id"))
_FIND_WRITTEN: Final = (
    "SELECT m.member_id, r.id FROM run r JOIN io_set_member m ON m.set_id = r.output_set_id"
    " WHERE (r.id) IN {keys}"
)
_LETTERS: Final = matching("id, position", "dead_letter", ("id",))
# Whatever happens to an incident is in its timeline.
_INCIDENTS: Final = (
    "SELECT incident_id, max(position) FROM incident_entry"
    " WHERE (incident_id) IN {keys} GROUP BY incident_id"
)
_LATER: Final = facet_saying.alias("later")
_CONTENT: Final = ("owner_kind", "owner_id", "name", "digest")
_MERGED_INTO: Final = "SELECT id, merged_into FROM incident WHERE (merged_into) IN {keys}"
_SIGNALS_OF: Final = matching("signal_id", "incident_signal", ("incident_id",))
_SIGNALS_THAT_BELONG: Final = matching("signal_id", "incident_signal", ("signal_id",))


class Horizon(NamedTuple):
    """A day, counted since 1970, with the last position of the journal before it."""

    day: int
    position: int


def retired_until(connection: Connection) -> int | None:
    """Return the instant before which runs may be lacking; None where none has been retired."""
    return _noted(connection, _UNTIL)


def known_since(connection: Connection) -> int | None:
    """Return the position before which what edges were taken to be is lacking; None for none."""
    return _noted(connection, _KNOWN_SINCE)


def said_since(connection: Connection) -> int | None:
    """Return the instant before which it is lacking when facets were said; None for none."""
    return _noted(connection, _SAID_SINCE)


def retire_runs(connection: Connection, decision: RunsRetired) -> int:
    """Delete the runs that a decision names, and their rows; return how many went.

    A run stays of which an event has come since, or that another run which stays names as its
    parent or root. So the same journal always leaves the same runs.
    """
    jobs = find_jobs(connection, {JobName(each.namespace, each.job) for each in decision.runs})
    keys = {
        (jobs[name], pack_run_id(connection, each.run)): each.position
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
    _note(connection, _UNTIL, decision.until)
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


def retire_settled(connection: Connection, decision: SettledRetired) -> None:
    """Delete the incidents and dead letters that a decision names, and their rows.

    One stays that has changed since, and an incident into which one was merged that stays.
    """
    letters = {each.id: each.position for each in decision.letters}
    found = select_in(connection, _LETTERS, [(key,) for key in letters])
    delete_rows(connection, dead_letter, ("id",), [(k,) for k, at in found if letters[k] == at])
    incidents = {each.id: each.position for each in decision.incidents}
    said = select_in(connection, _INCIDENTS, [(key,) for key in incidents])
    going = {key for key, at in said if incidents[key] == at}
    spare_merged(connection, going)
    ids = [(key,) for key in sorted(going)]
    signals = set(select_in(connection, _SIGNALS_OF, ids))
    for table in (incident_signal, incident_entry, notification):
        delete_rows(connection, table, ("incident_id",), ids)
    delete_rows(connection, incident, ("id",), ids)
    # A signal may belong to another incident too.
    staying = set(select_in(connection, _SIGNALS_THAT_BELONG, signals))
    delete_rows(connection, signal, ("id",), sorted(signals - staying))


def spare_merged(connection: Connection, going: set[str]) -> None:
    """Take out of ``going`` the incidents into which one was merged that stays."""
    merged = list(select_in(connection, _MERGED_INTO, [(key,) for key in going]))
    while spared := {into for key, into in merged if key not in going} & going:
        going -= spared


def retire_knowledge(connection: Connection, decision: KnowledgeRetired) -> None:
    """Delete what edges were taken to be until a position, when the hub knew better."""
    for table in (edge_history, column_edge_history):
        connection.execute(delete(table).where(table.c.known_until <= decision.position))
    _note(connection, _KNOWN_SINCE, decision.position)


def retire_sayings(connection: Connection, decision: SayingsRetired) -> None:
    """Delete on which days facets were said before a day, but for the last one of each content."""
    horizon = Horizon(decision.day, decision.position)
    connection.execute(delete(facet_saying).where(said_again(horizon) < horizon.day))
    _note(connection, _SAID_SINCE, decision.until)


def said_again(horizon: Horizon) -> ScalarSelect[int]:
    """Select the next day on which a content was said, as was known by then."""
    same = (_LATER.c[name] == facet_saying.c[name] for name in _CONTENT)
    return (
        select(func.min(_LATER.c.day))
        .where(
            *same,
            _LATER.c.day > facet_saying.c.day,
            _LATER.c.first_position <= horizon.position,
        )
        .correlate(facet_saying)
        .scalar_subquery()
    )


def _noted(connection: Connection, name: str) -> int | None:
    found = connection.scalar(select(store_meta.c.value).where(store_meta.c.name == name))
    return None if found is None else int(found)


def _note(connection: Connection, name: str, until: int) -> None:
    """Note up to where things have left, unless others have further."""
    latest = str(max(until, _noted(connection, name) or until)).encode()
    statement = dialect.insert(connection, store_meta).values(name=name, value=latest)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": latest})
    )
