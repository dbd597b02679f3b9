"""Pages: what a notification says, as fields for programs and as text for a person at 3 a.m.

A page is planned with what its incident says of itself, and completed when it leaves: by then more
may have happened, and it must not wait in the journal, as links do not for their secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from hub.domain.instants import format_instant
from hub.domain.names import NodeKind, parse_node_id

if TYPE_CHECKING:
    from hub.domain.incidents.incident import Incident

MAX_SUMMARY: Final = 300
_SHOWN: Final = 12
# In a summary: how many products, and how much of each one's name.
_NAMED: Final = 2
_NAME: Final = 40


# What a page says of more than its incident, where nothing of it is known; docs/pages.md.
UNTOLD: Final[Mapping[str, Any]] = {
    "links": {},
    "slo_state": None,
    "nominal_at": None,
    "nominal_end_at": None,
    "partition": None,
    "attempt": None,
    "attempts_allowed": None,
    "is_retryable": None,
    "next_attempt_at": None,
    "error": None,
    "log": None,
    "first_bad": None,
    "last_good": None,
    "changes": [],
    "similar": [],
    "runbook": None,
    "tier_1": [],
    "next_deadline": None,
    "consequences_count": 0,
    "resolution": None,
    "actions": {},
}


def summary_of(incident: Incident) -> str:
    """Return one line: what is broken, of which kind, for whom, since when."""
    since = format_instant(incident.onset_at)[:16].replace("T", " ")
    line = f"{incident.failure_class}: {incident.title}"
    if incident.merged_into is not None:
        line = f"[attached to {incident.merged_into}] {line}"
    tail = f"{_for_whom(incident)} (since {since} UTC)"
    room = MAX_SUMMARY - len(tail)
    return f"{line if len(line) <= room else line[: room - 1] + '…'}{tail}"


def completed(body: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a planned page with what is told when it leaves; each field has its place."""
    return {**UNTOLD, **body, **told}


def _for_whom(incident: Incident) -> str:
    """Return who feels it: the products touched, as far as they fit."""
    products = incident.explanation.blast.products
    if not products:
        return ""
    more = len(products) - _NAMED
    names = ", ".join(name[:_NAME] for name in products[:_NAMED])
    return f"; touches {names}{f' and {more} more' if more > 0 else ''}"


def page_of(incident: Incident) -> dict[str, Any]:
    """Return the fields of a page, JSON-ready; docs/pages.md describes them."""
    why = incident.explanation
    verdict = why.verdict
    runner_up = verdict.runner_up
    return {
        "incident": incident.id,
        "version": incident.version,
        "state": incident.state.value,
        "severity": incident.severity.value,
        "title": incident.title,
        "class": incident.failure_class.value,
        "confidence": verdict.confidence,
        "rule": verdict.rule,
        "rule_set": verdict.rule_set,
        "evidence": verdict.evidence,
        "runner_up": runner_up and runner_up.failure_class.value,
        "owner": {"name": incident.owner.name, "kind": incident.owner.kind.value},
        "path": list(why.path),
        "root": incident.root,
        "run": incident.run,
        "domain": why.domain,
        "product": why.product,
        "step": why.step,
        "source": why.source,
        "slo": why.slo,
        "environment": why.labels.get("environment"),
        "tier": why.labels.get("tier"),
        "onset_at": format_instant(incident.onset_at),
        "opened_at": format_instant(incident.opened_at),
        "acknowledged_at": _instant(incident.acknowledged_at),
        "resolved_at": _instant(incident.resolved_at),
        "attached_to": incident.merged_into,
        "handed_to": None,
        "products": list(why.blast.products),
        "datasets_touched": why.blast.datasets_count,
        "held_back": [_short(name) for name in why.blast.held_back[:_SHOWN]],
        "held_back_count": why.blast.held_back_count,
        "explain": f"hub explain {incident.id}",
    }


def _short(node: str) -> str:
    parsed = parse_node_id(node)
    return parsed.parts[1] if parsed.kind is NodeKind.DATASET else node


def _instant(at: int | None) -> str | None:
    return None if at is None else format_instant(at)
