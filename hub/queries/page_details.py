"""What a page says beyond its incident: read when it leaves, so that it is as new as can be.

Each part reads one thing and returns the fields of ``hub.domain.incidents.pages.UNTOLD`` that it
knows. A part that fails costs its own fields, never the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import structlog

from hub.domain.attempts import read_attempt
from hub.domain.budgets import put_back, put_off
from hub.domain.catalog import Catalog, Slo, SloKind
from hub.domain.errors import InvalidInput
from hub.domain.failures.failure import excerpt
from hub.domain.failures.innermost import innermost_error
from hub.domain.incidents.incident import IncidentState, Role
from hub.domain.instants import format_instant, format_span
from hub.domain.names import dataset_id, parse_node_id, run_id
from hub.domain.openlineage.descriptions import read_subset
from hub.domain.slos.maintenance import REACH, maintained
from hub.domain.slos.slo import SECOND, next_tick
from hub.graph.identities import NOBODY
from hub.queries.budgets import accounts
from hub.queries.dead_letters import DeadLetterFilter, count_dead_letters
from hub.queries.incidents import IncidentRow, incidents_by_id, signals_of, timelines_of
from hub.queries.run_changes import changes_of
from hub.queries.run_events import said_of
from hub.queries.runs import find_runs
from hub.queries.similar import similar_to
from hub.store.incident_book import root_signals

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.graph.identities import Identities
    from hub.queries.run_events import Said
    from hub.queries.runs import RunRow
    from hub.store.journal import Journal

_log = structlog.get_logger(__name__)

_FIRST_TIER: Final = 1
_SILENCE: Final = "4h"


class Sight:
    """What the parts look at: one incident, in one snapshot of the store, at one instant."""

    def __init__(
        self,
        connection: Connection,
        journal: Journal,
        catalog: Catalog,
        row: IncidentRow,
        now: int,
        known: Identities,
    ) -> None:
        self.connection = connection
        self.journal = journal
        self.catalog = catalog
        self.row = row
        self.now = now
        self.known = known

    @cached_property
    def run(self) -> RunRow | None:
        """The run that failed, where there is one."""
        if self.row.run is None:
            return None
        name = parse_node_id(self.row.run).run
        return find_runs(self.connection, [name]).get(name)

    @cached_property
    def said(self) -> Said | None:
        """What the events of the run that failed say."""
        if self.run is None:
            return None
        return said_of(self.connection, [self.run.id], journal=self.journal)[self.run.id]

    @cached_property
    def observed(self) -> str | None:
        """What the run said that failed, as it was judged: before its events are projected, too."""
        found = root_signals(self.connection, self.row.id)
        said = (excerpt(each.message or each.exception) for each in found)
        return next(filter(None, said), None)


def page_details(
    connection: Connection,
    journal: Journal,
    catalog: Catalog,
    incident: str,
    *,
    now: int,
    known: Identities = NOBODY,
) -> dict[str, Any]:
    """Return the fields that are known only when a page of an incident leaves.

    ``known`` is what has several names.
    """
    row = incidents_by_id(connection, [incident]).get(incident)
    if row is None:
        return {}
    sight = Sight(connection, journal, catalog, row, now, known)
    found: dict[str, Any] = {}
    for part in PARTS:
        try:
            found |= part(sight)
        except Exception:  # noqa: BLE001 - whatever it is, the page must leave
            _log.exception("page_part_failed", part=part.__name__, incident=incident)
    return found


def _scheduled(sight: Sight) -> Mapping[str, Any]:
    """Which slice of time or data the run was about."""
    if sight.run is None or sight.said is None:
        return {}
    outputs = [use.measures.in_force() for use in sight.said.outputs.values()]
    subsets = (read_subset(each["subset"]) for each in outputs if "subset" in each)
    subset = next(filter(None, subsets), None)
    return {
        "nominal_at": _instant(sight.run.nominal_start_at),
        "nominal_end_at": _instant(sight.run.nominal_end_at),
        "partition": excerpt(subset.condition) if subset else None,
    }


def _overtaking(sight: Sight) -> Mapping[str, Any]:
    """What is known of a failure that is told before its run is projected (ADR 37)."""
    if sight.row.run is None or sight.said is not None:
        return {}
    return {"error": sight.observed, "first_bad": sight.row.run}


def _attempted(sight: Sight) -> Mapping[str, Any]:
    """Why the run failed, how often it was tried, when it is tried next, and where its log is."""
    if sight.run is None or sight.said is None:
        return {}
    facets = sight.said.run.in_force()
    attempt = read_attempt(facets)
    return {
        "attempt": max(attempt.number or 0, sight.run.attempt),
        "attempts_allowed": attempt.allowed,
        "is_retryable": attempt.is_retryable,
        "next_attempt_at": _instant(attempt.next_at(sight.now)),
        "error": innermost_error(facets) or sight.observed,
        "log": attempt.log,
    }


def _run_book(sight: Sight) -> Mapping[str, Any]:
    """What to do, where somebody has written it down: for the step, the product or the domain."""
    why, catalog = sight.row.explanation, sight.catalog
    product = catalog.products.get(why.product or "")
    step = catalog.step(product.name, why.step or "") if product else None
    domain = catalog.domains.get(why.domain or "")
    declared = [each.runbook for each in (step, product, domain) if each is not None]
    return {"runbook": next(filter(None, declared), None)}


def _promised(sight: Sight) -> Mapping[str, Any]:
    """What is left of the budget of what is promised, and how fast it burns."""
    named, catalog, called = sight.row.explanation.slo, sight.catalog, sight.known.called
    root = called(sight.row.root)
    concerned = [
        slo
        for slo in catalog.slos
        if slo.name == named or dataset_id(catalog.dataset(slo.dataset)) in root
    ]
    found = accounts(sight.connection, catalog, concerned, sight.now, called).values()
    return {"slo_state": "; ".join(each.words for each in found) or None}


def _depending(sight: Sight) -> Mapping[str, Any]:
    """Who depends most on what is broken, and whose data is due next."""
    catalog, blast = sight.catalog, sight.row.explanation.blast
    products = [catalog.products[name] for name in blast.products if name in catalog.products]
    touched = {*sight.known.called(sight.row.root), *blast.datasets, *blast.held_back}
    late = [
        (at, slo)
        for slo in catalog.slos
        if not touched.isdisjoint(sight.known.called(dataset_id(catalog.dataset(slo.dataset))))
        if (at := _deadline(sight, slo)) is not None
    ]
    at, slo = min(late, key=lambda each: each[0], default=(None, None))
    return {
        "tier_1": [each.name for each in products if each.tier <= _FIRST_TIER],
        "next_deadline": slo
        and {
            "at": _instant(at),
            "slo": slo.name,
            "product": slo.product,
            "dataset": slo.dataset,
        },
    }


def _deadline(sight: Sight, slo: Slo) -> int | None:
    """Return when the data of a schedule is due next; an interval has no instant of its own.

    What may pass until then stands still in maintenance, as in the judgement.
    """
    if slo.kind is not SloKind.FRESHNESS or slo.schedule is None:
        return None
    grace = slo.grace_seconds * SECOND
    now, called = sight.now, sight.known.called
    out = maintained(sight.catalog, slo, now - REACH, now + REACH, called).spans
    try:
        return put_off(out, next_tick(slo, put_back(out, now, grace)), grace)
    except InvalidInput:
        return None


def _suppressed(sight: Sight) -> Mapping[str, Any]:
    """How much else is broken that pages nobody, because this explains it."""
    signals = signals_of(sight.connection, [sight.row.id]).get(sight.row.id, [])
    held = [each for each in signals if each.role == Role.CONSEQUENCE and each.cleared_at is None]
    return {"consequences_count": len(held)}


def _resolved(sight: Sight) -> Mapping[str, Any]:
    """Who or what ended it, and how long it lasted."""
    row = sight.row
    if row.state != IncidentState.RESOLVED or row.resolved_at is None:
        return {}
    timeline = timelines_of(sight.connection, [row.id]).get(row.id, [])
    ended = [each.message for each in timeline if each.kind in ("resolved", "merged")]
    lasted = f"after {format_span(max(0, row.resolved_at - row.onset_at))}"
    return {"resolution": f"{ended[-1]}, {lasted}" if ended else lasted}


def _doable(sight: Sight) -> Mapping[str, Any]:
    """Which commands do something about it."""
    row, why = sight.row, sight.row.explanation
    actions = {
        "acknowledge": f"hub incidents ack {row.id}",
        "reassign": f"hub incidents reassign {row.id} TEAM",
        "reclassify": f"hub incidents reclassify {row.id} CLASS",
        "silence": f"hub silence add incident={row.id} --for {_SILENCE} --comment WHY",
    }
    if why.product is not None and why.step is not None:
        letters = DeadLetterFilter(states=("open",), product=why.product, step=why.step)
        if count_dead_letters(sight.connection, letters):
            chosen = f"--product {why.product} --step {why.step}"
            actions["replay"] = f"hub dlq replay {chosen} --dry-run"
        if sight.catalog.step(why.product, why.step) is not None:
            actions["run"] = f"hub run {why.product}.{why.step}"
    return {"actions": actions}


def _changed(sight: Sight) -> Mapping[str, Any]:
    """Which run was the last good one, and what was different in the first bad one."""
    found = changes_of(
        sight.connection, sight.journal, sight.catalog, [sight.row], sight.known.jobs
    )
    since = found.get(sight.row.id)
    if since is None:
        return {}
    return {
        "first_bad": run_id(since.first_bad.key),
        "last_good": since.last_good and run_id(since.last_good.key),
        "changes": [each.line for each in since.changes],
    }


def _met_before(sight: Sight) -> Mapping[str, Any]:
    """Which past incidents are like it, and what mended them."""
    found = similar_to(sight.connection, [sight.row], sight.known.called)
    return {"similar": [each.line for each in found[sight.row.id]]}


def _instant(at: int | None) -> str | None:
    return None if at is None else format_instant(at)


# In this order: of a field that two tell, the later one's word stands.
PARTS: Final[tuple[Callable[[Sight], Mapping[str, Any]], ...]] = (
    _scheduled,
    _overtaking,
    _attempted,
    _run_book,
    _promised,
    _depending,
    _suppressed,
    _resolved,
    _doable,
    _changed,
    _met_before,
)
