"""What post-mortems of incidents are made of, read for many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.incidents.incident import Role
from hub.domain.incidents.postmortem import Before, Facts, Moment, Told, render
from hub.domain.names import run_id
from hub.graph.identities import NOBODY
from hub.queries.incidents import notifications_of, signals_of, timelines_of
from hub.queries.run_changes import changes_of
from hub.queries.similar import similar_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.graph.identities import Identities
    from hub.queries.incidents import IncidentRow
    from hub.store.journal import Journal


def postmortems_of(
    connection: Connection,
    journal: Journal,
    catalog: Catalog,
    incidents: Sequence[IncidentRow],
    known: Identities = NOBODY,
) -> dict[str, str]:
    """Return the post-mortem of each incident as Markdown; ``known`` is what has several names."""
    ids = [each.id for each in incidents]
    timelines = timelines_of(connection, ids)
    signals = signals_of(connection, ids)
    notifications = notifications_of(connection, ids)
    since = changes_of(connection, journal, catalog, incidents, known.jobs)
    similar = similar_to(connection, incidents, known.called)
    found = {}
    for row in incidents:
        why, before = row.explanation, since.get(row.id)
        good = before.last_good if before else None
        facts = Facts(
            id=row.id,
            title=row.title,
            state=row.state,
            severity=row.severity,
            failure_class=row.failure_class,
            owner=row.owner_name or "nobody",
            owner_kind=row.owner_kind,
            root=row.root,
            run=row.run,
            verdict=why.verdict,
            path=why.path,
            merged_into=row.merged_into,
            instants=_instants(row),
            outcome=row.outcome,
            note=row.note,
            blast=why.blast,
            consequences=[
                each.subject
                for each in signals.get(row.id, ())
                if each.role == Role.CONSEQUENCE.value
            ],
            last_good=run_id(good.key) if good else None,
            changes=before.changes if before else (),
            timeline=[Moment(*each) for each in timelines.get(row.id, ())],
            told=[
                Told(each.receiver, each.reason, each.state, each.sent_at, each.last_error)
                for each in notifications.get(row.id, ())
            ],
            similar=[Before(each.id, each.reasons, each.fix) for each in similar[row.id]],
        )
        found[row.id] = render(facts)
    return found


def _instants(row: IncidentRow) -> dict[str, int]:
    """Return the instants of an incident's course, those that have come, in their order."""
    every = {
        "onset": row.onset_at,
        "onset as observed": row.observed_onset_at,
        "detected": row.opened_at,
        "notified": row.notified_at,
        "acted": row.acted_at,
        "mitigated": row.mitigated_at,
        "recovered": row.recovered_at,
        "closed": row.resolved_at,
    }
    if row.observed_onset_at == row.onset_at:
        del every["onset as observed"]
    return {name: at for name, at in every.items() if at is not None}
