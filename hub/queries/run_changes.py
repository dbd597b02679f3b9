"""What changed between the last good run of a job and a bad one, for many incidents at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from hub.domain.failures.changes import Change, Told, changes_between, contract_change, in_order
from hub.domain.instants import format_instant
from hub.domain.names import NodeKind, RunName, parse_node_id
from hub.graph.identities import NOTHING
from hub.queries.run_comparison import last_successes_before
from hub.queries.run_events import said_of
from hub.queries.runs import find_runs
from hub.store.tables import contract

if TYPE_CHECKING:
    from msgspec import Raw
    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.domain.names import DatasetName
    from hub.graph.identities import Things
    from hub.queries.incidents import IncidentRow
    from hub.queries.run_events import Said, Use
    from hub.queries.runs import RunRow
    from hub.store.journal import Journal

_MAX_CONTRACTS = 1_000


class Since(NamedTuple):
    """The first bad run, the last good one where there is any, and what changed in between."""

    first_bad: RunRow
    last_good: RunRow | None
    changes: list[Change]


def changes_of(
    connection: Connection,
    journal: Journal,
    catalog: Catalog,
    incidents: Sequence[IncidentRow],
    things: Things = NOTHING,
) -> dict[str, Since]:
    """Return what changed before each incident that a run of a job began.

    ``things`` are jobs of several names.
    """
    names = {each.id: _run_of(each) for each in incidents}
    found = find_runs(connection, {name for name in names.values() if name is not None})
    bad = {each: found[name] for each in incidents if (name := names[each.id]) in found and name}
    good = last_successes_before(connection, [*bad.values()], things)
    wanted = {each.id for each in (*bad.values(), *good.values())}
    said = {key: _told(each) for key, each in said_of(connection, wanted, journal=journal).items()}
    published = _published(connection, [*good.values()], [*bad.values()])
    answer = {}
    for incident, run in bad.items():
        before = good.get(run.id)
        changes = changes_between(said[before.id], said[run.id]) if before else []
        if before is not None:
            changes += _of_contracts(published, _concerning(catalog, incident), before, run)
        answer[incident.id] = Since(run, before, in_order(changes))
    return answer


def _run_of(incident: IncidentRow) -> RunName | None:
    node = parse_node_id(incident.run) if incident.run else None
    return node.run if node and node.kind is NodeKind.RUN else None


def _told(said: Said) -> Told:
    return Told(said.run.in_force(), said.job.in_force(), _uses(said.inputs), _uses(said.outputs))


def _uses(uses: Mapping[DatasetName, Use]) -> dict[str, dict[str, Raw]]:
    return {
        name.name: {**use.facets.in_force(), **use.measures.in_force()}
        for name, use in uses.items()
    }


class _Published(NamedTuple):
    contract: str
    version: str
    product: str | None
    at: int


def _published(
    connection: Connection, good: Sequence[RunRow], bad: Sequence[RunRow]
) -> list[_Published]:
    """Return what was published between the first of the good runs and the last of the bad ones."""
    if not good:
        return []
    columns = contract.c
    statement = (
        select(columns.contract_id, columns.version, columns.product, columns.published_at)
        .where(columns.published_at > min(map(_ended, good)))
        .where(columns.published_at <= max(map(_ended, bad)))
        .order_by(columns.published_at.desc())
        .limit(_MAX_CONTRACTS)
    )
    return [_Published._make(row) for row in connection.execute(statement)]


def _concerning(catalog: Catalog, incident: IncidentRow) -> frozenset[str | None]:
    """Return the product of an incident, and the contracts of what its step reads and writes."""
    why = incident.explanation
    step = catalog.step(why.product or "", why.step or "")
    if step is None:
        return frozenset({why.product} - {None})
    near = [each for each in catalog.steps if each.writes in (step.writes, *step.reads)]
    return frozenset({why.product, *(each.contract for each in near)} - {None})


def _of_contracts(
    published: Sequence[_Published], concerning: frozenset[str | None], good: RunRow, bad: RunRow
) -> list[Change]:
    return [
        contract_change(each.contract, each.version, format_instant(each.at))
        for each in published
        if {each.contract, each.product} & concerning and _ended(good) < each.at <= _ended(bad)
    ]


def _ended(run: RunRow) -> int:
    return run.anchor_at or 0
