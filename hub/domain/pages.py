"""Pages: what a notification says, as fields for programs and as text for a person at 3 a.m."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hub.domain.instants import format_instant
from hub.domain.names import NodeKind, parse_node_id

if TYPE_CHECKING:
    from hub.domain.incidents import Incident

MAX_SUMMARY: Final = 300
_SHOWN: Final = 12


def summary_of(incident: Incident) -> str:
    """Return one line: what is broken, of which kind, since when."""
    since = format_instant(incident.onset_at)[:16].replace("T", " ")
    line = f"{incident.failure_class}: {incident.title} (since {since} UTC)"
    if incident.merged_into is not None:
        line = f"[attached to {incident.merged_into}] {line}"
    return line if len(line) <= MAX_SUMMARY else line[: MAX_SUMMARY - 1] + "…"


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
        "onset_at": format_instant(incident.onset_at),
        "opened_at": format_instant(incident.opened_at),
        "acknowledged_at": _instant(incident.acknowledged_at),
        "resolved_at": _instant(incident.resolved_at),
        "attached_to": incident.merged_into,
        "handed_to": None,
        "products": list(why.blast.products),
        "datasets_touched": len(why.blast.datasets),
        "held_back": [_short(name) for name in why.blast.held_back[:_SHOWN]],
        "held_back_count": len(why.blast.held_back),
        # The deliverer signs them, so that no secret is in the journal.
        "links": {},
        "explain": f"hub explain {incident.id}",
    }


def _short(node: str) -> str:
    parsed = parse_node_id(node)
    return parsed.parts[1] if parsed.kind is NodeKind.DATASET else node


def _instant(at: int | None) -> str | None:
    return None if at is None else format_instant(at)
