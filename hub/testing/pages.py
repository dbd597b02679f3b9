"""A notification as the hub makes them, for the tests of notifiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import structs

from hub.domain.catalog import Owner, OwnerKind, Severity
from hub.domain.failures.failure import FailureClass, RunnerUp, Verdict
from hub.domain.incidents.incident import BlastRadius, Explanation, Incident, IncidentState
from hub.domain.incidents.pages import completed, page_of, summary_of
from hub.spi.notifier import Notification

_NINE = 1_795_424_400_000_000
# What is told when a page leaves, as ``hub.queries.page_details`` does.
BESIDE: Final[Mapping[str, Any]] = {
    "links": {},
    "slo_state": "repairs-fresh: 40 % of the budget is left, it burns 6 times too fast",
    "nominal_at": "2026-11-23T08:00:00.000000Z",
    "nominal_end_at": "2026-11-23T09:00:00.000000Z",
    "partition": "day=2026-11-23",
    "attempt": 1,
    "attempts_allowed": 3,
    "is_retryable": True,
    "next_attempt_at": "2026-11-23T10:00:00.000000Z",
    "error": "KeyError: 'bicycle_id'",
    "log": "https://scheduler.example/log/repairs.load/1",
    "first_bad": "run:fleet:repairs.load:1",
    "last_good": "run:fleet:repairs.load:0",
    "changes": ["schema of bronze.repairs: bicycle_id is gone, bike_id is new"],
    "similar": ["INC-3 on 2026-10-02: the workshop sent the old name again"],
    "runbook": "https://wiki.example/repairs",
    "tier_1": ["fleet-health"],
    "next_deadline": {
        "at": "2026-11-23T12:00:00.000000Z",
        "slo": "fleet-health-fresh",
        "product": "fleet-health",
        "dataset": "gold.fleet_health",
    },
    "consequences_count": 2,
    "resolution": None,
    "actions": {"acknowledge": "hub incidents ack INC-7"},
}


def an_incident() -> Incident:
    """Return an incident about a renamed column."""
    verdict = Verdict(
        failure_class=FailureClass.SCHEMA_CONTRACT,
        rule="origin.contract",
        rule_set="2026-11",
        evidence="refused by the contract: field bicycle_id is missing",
        confidence=0.97,
        runner_up=RunnerUp(FailureClass.LOGIC, "exception.KeyError", 0.6),
    )
    return Incident(
        id="INC-7",
        version=1,
        state=IncidentState.TRIGGERED,
        failure_class=verdict.failure_class,
        owner=Owner("fleet-data", OwnerKind.DOMAIN, "fleet-pager"),
        severity=Severity.PAGE,
        title="repairs.load failed: field bicycle_id is missing",
        root="dataset:lake:bronze.repairs",
        run="run:fleet:repairs.load:1",
        onset_at=_NINE,
        opened_at=_NINE,
        explanation=Explanation(
            verdict=verdict,
            path=(
                "the class is SCHEMA_CONTRACT: the domain that owns the data mends those",
                "source workshop is produced by domain fleet",
                "domain fleet is owned by fleet-data",
                "fleet-data is reached through fleet-pager",
            ),
            receivers=("fleet-pager",),
            blast=BlastRadius(
                datasets=("dataset:lake:silver.repairs",),
                held_back=("dataset:lake:bronze.repairs", "dataset:lake:silver.repairs"),
                products=("repairs", "fleet-health"),
            ),
            product="repairs",
            step="load",
            source="workshop",
            domain="fleet",
            kind="run-failed",
        ),
    )


def a_notification(
    incident: Incident | None = None, *, reason: str = "triggered", is_repeat: bool = False
) -> Notification:
    """Return a notification of an incident (``an_incident`` unless given) for a reason."""
    told = _after(incident or an_incident(), reason)
    return Notification(
        id=f"{told.id}.{told.version}.{reason}.fleet-pager",
        dedup_key=told.dedup_key,
        reason=reason,
        receiver="fleet-pager",
        summary=summary_of(told),
        severity=told.severity.value,
        is_repeat=is_repeat,
        body=completed(page_of(told), BESIDE),
    )


def _after(incident: Incident, reason: str) -> Incident:
    later = incident.opened_at + 600_000_000
    if reason == "acknowledged":
        changes = {"state": IncidentState.ACKNOWLEDGED, "acknowledged_at": later}
    elif reason == "resolved":
        changes = {"state": IncidentState.RESOLVED, "resolved_at": later}
    elif reason == "changed":
        changes = {}
    else:
        return incident
    return structs.replace(incident, version=incident.version + 1, **changes)
