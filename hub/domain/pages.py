"""Pages: what a notification says, as fields for programs and as text for a person at 3 a.m."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from hub.domain.instants import format_instant
from hub.domain.names import NodeKind, parse_node_id

if TYPE_CHECKING:
    from hub.domain.failures import Verdict
    from hub.domain.incidents import Incident

MAX_SUMMARY: Final = 300
_SHOWN: Final = 12


def summary_of(incident: Incident) -> str:
    """Return one line: what is broken, of which kind, since when."""
    since = format_instant(incident.onset_at)[:16].replace("T", " ")
    line = f"{incident.failure_class}: {incident.title} (since {since} UTC)"
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
        "products": list(why.blast.products),
        "datasets_touched": len(why.blast.datasets),
        "held_back": [_short(name) for name in why.blast.held_back[:_SHOWN]],
        "held_back_count": len(why.blast.held_back),
        "explain": f"hub explain {incident.id}",
    }


def reasons_of(incident: Incident) -> list[str]:
    """Explain an incident in words: one sentence or heading per line."""
    return list(_reasons(incident))


def _reasons(incident: Incident) -> Iterator[str]:
    why = incident.explanation
    yield f"{incident.id}: {incident.title}"
    yield (
        f"  state     {incident.state.value}, severity {incident.severity.value}; "
        f"began {format_instant(incident.onset_at)}, opened {format_instant(incident.opened_at)}"
    )
    yield f"  class     {sureness(why.verdict)}"
    yield f"  evidence  {why.verdict.evidence}"
    yield f"  root      {incident.root}" + (f" in {incident.run}" if incident.run else "")
    yield f"  owner     {incident.owner.name} ({incident.owner.kind.value}), because"
    for sentence in why.path:
        yield f"              {sentence};"
    yield f"  touches   {_listed(why.blast.products, 'data product')}"
    yield f"  held back {_listed([_short(name) for name in why.blast.held_back], 'dataset')}"


def sureness(verdict: Verdict) -> str:
    """Return a verdict in one line: class, rule, confidence, and the runner-up."""
    line = (
        f"{verdict.failure_class} by rule {verdict.rule} of set {verdict.rule_set}, "
        f"confidence {verdict.confidence:.2f}"
    )
    second = verdict.runner_up
    if second is None:
        return f"{line}; no other rule had a say"
    return f"{line}; else {second.failure_class} by {second.rule} ({second.confidence:.2f})"


def _listed(names: list[str] | tuple[str, ...], noun: str) -> str:
    if not names:
        return f"no {noun}"
    shown = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    return shown if more <= 0 else f"{shown} and {more} more {noun}s"


def _short(node: str) -> str:
    parsed = parse_node_id(node)
    return parsed.parts[1] if parsed.kind is NodeKind.DATASET else node


def _instant(at: int | None) -> str | None:
    return None if at is None else format_instant(at)
