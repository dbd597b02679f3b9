"""Incidents as the command line shows them, from a store or from a running hub alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from hub.cli.options import settings_of
from hub.cli.remote import ask
from hub.domain.catalog import Catalog
from hub.domain.errors import InvalidInput, NotFound
from hub.domain.incidents.routing import met_by, words_of
from hub.domain.instants import format_instant
from hub.queries.expected import whole_incident
from hub.queries.incidents import IncidentFilter, list_incidents
from hub.queries.pages import MAX_FIRST, PageRequest
from hub.settings import load_catalog
from hub.store.opening import open_present

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.app.rehearsing import Rehearsal
    from hub.domain.incidents.routing import Way
    from hub.queries.expected import Whole
    from hub.queries.incidents import IncidentRow
    from hub.store.journal import Journal


class _Shown(Struct, frozen=True, kw_only=True, rename="camel"):
    """What all of these have in common: GraphQL's names."""


class Owner(_Shown, frozen=True):
    name: str
    kind: str


class RunnerUp(_Shown, frozen=True):
    failure_class: str = msgspec.field(name="class")
    rule: str
    confidence: float


class Label(_Shown, frozen=True):
    name: str
    value: str


class Hold(_Shown, frozen=True):
    receiver: str
    kind: str
    by: str
    until: str | None
    reason: str


class Why(_Shown, frozen=True):
    rule: str
    rule_set: str
    evidence: str
    confidence: float
    runner_up: RunnerUp | None
    path: list[str]
    receivers: list[str]
    is_caught: bool
    labels: list[Label]


class Named(_Shown, frozen=True):
    id: str


class Entry(_Shown, frozen=True):
    at: str
    kind: str
    message: str


class Signal(_Shown, frozen=True):
    kind: str
    subject: str
    role: str
    failure_class: str = msgspec.field(name="class")
    cleared_at: str | None


class Notification(_Shown, frozen=True):
    receiver: str
    reason: str
    state: str
    attempts: int
    sent_at: str | None
    last_error: str | None


class Summary(_Shown, frozen=True):
    """An incident in a list."""

    id: str
    version: int
    state: str
    failure_class: str = msgspec.field(name="class")
    owner: Owner
    severity: str
    title: str
    root: Named
    opened_at: str
    acknowledged_at: str | None
    resolved_at: str | None
    merged_into: Named | None


class Changed(_Shown, frozen=True):
    kind: str
    dataset: str | None
    text: str


class Like(_Shown, frozen=True):
    id: str
    title: str
    failure_class: str = msgspec.field(name="class")
    opened_at: str
    outcome: str | None
    fix: str | None
    reasons: list[str]


class Incident(Summary, frozen=True):
    """An incident with all that is known of it."""

    run: Named | None
    onset_at: str
    notified_at: str | None
    acted_at: str | None
    mitigated_at: str | None
    recovered_at: str | None
    settles_at: str | None
    outcome: str | None
    note: str | None
    explanation: Why
    products: list[Named]
    datasets: list[Named]
    datasets_count: int
    held_back: list[Named]
    held_back_count: int
    holds: list[Hold]
    last_good_run: Named | None
    changes: list[Changed]
    similar: list[Like]
    timeline: list[Entry]
    signals: list[Signal]
    notifications: list[Notification]


class Matching(_Shown, frozen=True):
    """A route that matches an incident, by which of its labels."""

    match: str
    matched: list[Label]
    receiver: str


class Taken(_Shown, frozen=True):
    """A way through the routes, and the pace at its end."""

    nodes: list[Matching]
    receiver: str
    wait_seconds: int
    interval_seconds: int
    repeat_seconds: int | None
    escalation: str | None
    hours: str | None


class Expected(Incident, frozen=True):
    """What would come of events for an incident: one that they open, or that is there already.

    ``comes_of_it`` is what would happen to it, in the words of its timeline; ``notifications`` are
    those that it would come to.
    """

    is_new: bool
    comes_of_it: list[Entry]
    routes: list[Taken]


_SUMMARY: Final = """
  id version state class owner { name kind } severity title root { id }
  openedAt acknowledgedAt resolvedAt mergedInto { id }
"""
_ALL: Final = f"""{_SUMMARY}
  run {{ id }} onsetAt notifiedAt actedAt mitigatedAt recoveredAt settlesAt outcome note
  products {{ id }} datasets {{ id }} datasetsCount heldBack {{ id }} heldBackCount
  holds {{ receiver kind by until reason }}
  explanation {{ rule ruleSet evidence confidence path receivers isCaught
    labels {{ name value }}
    runnerUp {{ class rule confidence }} }}
  lastGoodRun {{ id }} changes {{ kind dataset text }}
  similar {{ id title class openedAt outcome fix reasons }}
  timeline {{ at kind message }}
  signals {{ kind subject role class clearedAt }}
  notifications {{ receiver reason state attempts sentAt lastError }}
"""
_LIST: Final = f"""
query ($filter: IncidentFilter, $first: Int!) {{
  incidents(filter: $filter, first: $first) {{ nodes {{ {_SUMMARY} }} }}
}}
"""
EXPECTED: Final = f"""
query ($event: JSON!, $at: DateTime) {{
  explain(event: $event, at: $at) {{
    {_ALL} isNew comesOfIt {{ at kind message }}
    routes {{
      nodes {{ match matched {{ name value }} receiver }} receiver
      waitSeconds intervalSeconds repeatSeconds escalation hours
    }}
  }}
}}
"""
_ONE: Final = f"query ($id: ID!) {{ incident(id: $id) {{ {_ALL} }} }}"


def ask_incidents(url: str, states: Sequence[str]) -> list[Summary]:
    """Return the last opened incidents of a running hub."""
    chosen = {"states": [state.upper() for state in states]} if states else None
    found = ask(url, _LIST, {"filter": chosen, "first": MAX_FIRST})
    return msgspec.convert(found["incidents"]["nodes"], list[Summary])


def ask_incident(url: str, key: str) -> Incident:
    """Return one incident of a running hub."""
    found = ask(url, _ONE, {"id": key})["incident"]
    if found is None:
        raise _unknown(key)
    return msgspec.convert(found, Incident)


def read_incidents(
    config: Path | None, database: str | None, states: Sequence[str]
) -> list[Summary]:
    """Return the last opened incidents of a store."""
    store = open_present(settings_of(config, database).settings.database)
    try:
        with store.database.read() as connection:
            chosen = IncidentFilter(states=tuple(states))
            page = list_incidents(connection, PageRequest(MAX_FIRST), chosen)
    finally:
        store.close()
    return [msgspec.convert(_summary(row), Summary) for row in page.rows]


def read_incident(config: Path | None, database: str | None, key: str) -> Incident:
    """Return one incident of a store."""
    key = key.rpartition(":")[2]
    loaded = settings_of(config, database)
    try:
        catalog = load_catalog(loaded)
    except InvalidInput:
        # What happened is told whether or not the files are in order.
        catalog = Catalog()
    store = open_present(loaded.settings.database)
    try:
        with store.database.read() as connection:
            return incident_of(connection, store.journal, key, catalog)
    finally:
        store.close()


def incident_of(connection: Connection, journal: Journal, key: str, catalog: Catalog) -> Incident:
    """Return one incident of a store that is open."""
    found = whole_incident(connection, journal, key, catalog)
    if found is None:
        raise _unknown(key)
    return msgspec.convert(_whole(found), Incident)


def expected_of(rehearsal: Rehearsal, key: str, catalog: Catalog) -> Expected:
    """Return what would come of the events of a rehearsal for one of its incidents."""
    # Heavy, and of no use to whoever asks a hub.
    from hub.app.rehearsing import comes_of

    found = comes_of(rehearsal, key, catalog)
    parts = {
        "isNew": found.is_new,
        "comesOfIt": _listed(found.comes_of_it),
        "notifications": _listed(found.told),
        "routes": [_taken(way, found.whole.row) for way in found.whole.ways],
    }
    return msgspec.convert({**_whole(found.whole), **parts}, Expected)


def ask_expected(url: str, events: Sequence[Any], at: str | None) -> list[Expected]:
    """Return what would come of events at a running hub."""
    found = ask(url, EXPECTED, {"event": list(events), "at": at})["explain"]
    return msgspec.convert(found, list[Expected])


def _whole(found: Whole) -> dict[str, Any]:
    return {
        **_details(found.row),
        "timeline": _listed(found.timeline),
        "signals": _listed(found.signals),
        "notifications": _listed(found.notifications),
        "lastGoodRun": found.last_good and {"id": found.last_good},
        "changes": [
            {"kind": each.kind.name, "dataset": each.subject, "text": each.text}
            for each in found.changes
        ],
        "similar": [
            {
                "id": f"incident:{each.id}",
                "title": each.title,
                "class": each.failure_class,
                "openedAt": format_instant(each.opened_at),
                "outcome": _name_of(each.outcome),
                "fix": each.fix,
                "reasons": each.reasons,
            }
            for each in found.similar
        ],
    }


def _taken(way: Way, row: IncidentRow) -> dict[str, Any]:
    labels = row.explanation.labels
    settled = way.settled
    return {
        "nodes": [
            {
                "match": words_of(node),
                "matched": [{"name": name, "value": value} for name, value in met_by(node, labels)],
                "receiver": node.receiver,
            }
            for node in way.nodes
        ],
        "receiver": settled.receiver,
        "waitSeconds": settled.wait_seconds or 0,
        "intervalSeconds": settled.interval_seconds or 0,
        "repeatSeconds": settled.repeat_seconds or None,
        "escalation": settled.escalation,
        "hours": settled.hours,
    }


def _name_of(value: str | None) -> str | None:
    """Return GraphQL's name of an enumeration's value."""
    return value and value.upper().replace("-", "_")


def _summary(row: IncidentRow) -> dict[str, Any]:
    return {
        "id": f"incident:{row.id}",
        "version": row.version,
        "state": row.state.upper(),
        "class": row.failure_class,
        "owner": {"name": row.owner_name or "", "kind": row.owner_kind},
        "severity": row.severity.upper(),
        "title": row.title,
        "root": {"id": row.root},
        "openedAt": format_instant(row.opened_at),
        "acknowledgedAt": _instant(row.acknowledged_at),
        "resolvedAt": _instant(row.resolved_at),
        "mergedInto": row.merged_into and {"id": f"incident:{row.merged_into}"},
    }


def _details(row: IncidentRow) -> dict[str, Any]:
    why = row.explanation
    second = why.verdict.runner_up
    return {
        **_summary(row),
        "run": row.run and {"id": row.run},
        "onsetAt": format_instant(row.onset_at),
        "notifiedAt": _instant(row.notified_at),
        "actedAt": _instant(row.acted_at),
        "mitigatedAt": _instant(row.mitigated_at),
        "recoveredAt": _instant(row.recovered_at),
        "settlesAt": _instant(row.settles_at),
        "outcome": _name_of(row.outcome),
        "note": row.note,
        "explanation": {
            "rule": why.verdict.rule,
            "ruleSet": why.verdict.rule_set,
            "evidence": why.verdict.evidence,
            "confidence": why.verdict.confidence,
            "runnerUp": second
            and {
                "class": second.failure_class.value,
                "rule": second.rule,
                "confidence": second.confidence,
            },
            "path": list(why.path),
            "receivers": list(why.receivers),
            "isCaught": why.is_caught,
            "labels": [{"name": name, "value": why.labels[name]} for name in sorted(why.labels)],
        },
        "products": [{"id": f"product:{name}"} for name in why.blast.products],
        "datasets": [{"id": name} for name in why.blast.datasets],
        "datasetsCount": why.blast.datasets_count,
        "heldBack": [{"id": name} for name in why.blast.held_back],
        "heldBackCount": why.blast.held_back_count,
        "holds": [
            {
                "receiver": each.receiver,
                "kind": each.kind.value.upper(),
                "by": each.by,
                "until": _instant(each.until),
                "reason": each.reason,
            }
            for each in row.telling.held
        ],
    }


def _listed(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [{_camel(k): _value(k, v) for k, v in row._asdict().items()} for row in rows]


def _value(name: str, value: object) -> object:
    if isinstance(value, int) and (name == "at" or name.endswith("_at")):
        return format_instant(value)
    return value.upper() if name == "role" and isinstance(value, str) else value


def _camel(name: str) -> str:
    if name == "failure_class":
        return "class"
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _instant(at: int | None) -> str | None:
    return None if at is None else format_instant(at)


def _unknown(key: str) -> NotFound:
    return NotFound(f"there is no incident {key}", fix="`hub incidents ls` lists them")
