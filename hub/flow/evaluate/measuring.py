"""How an SLO stands, by what is remembered of its dataset and what is known of its checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from hub.domain.budgets import Span, put_off
from hub.domain.catalog import Clock, Counted, Slo, SloKind
from hub.domain.errors import InvalidInput
from hub.domain.names import parse_node_id
from hub.domain.slos.amounts import (
    as_was_usual,
    judge_dead_letters,
    judge_evaluated,
    judge_intervals,
    judge_latency,
    judge_learned_freshness,
    judge_nulls,
    judge_outcomes,
    judge_rows,
    judge_runs,
    judge_volume,
)
from hub.domain.slos.arrivals import Arrival, Arrivals, Checks
from hub.domain.slos.maintenance import REACH, Uncounted, maintained
from hub.domain.slos.slo import (
    SloState,
    SloStatus,
    judge_freshness,
    judge_quality,
    local_time,
    next_deadline,
)
from hub.flow.evaluate.burning import earliest
from hub.store import slo_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from hub.flow.evaluate.memory import Memory, Watch


def is_remembered(slo: Slo) -> bool:
    """Whether all that an SLO is judged by is remembered; of runs and checks, the store tells."""
    is_of_checks = slo.kind is SloKind.QUALITY and slo.counted in (Counted.CHECKS, Counted.RUNS)
    return slo.kind is not SloKind.AVAILABILITY and not is_of_checks


def status_of(connection: Connection, memory: Memory, watch: Watch, now: int) -> SloStatus:
    """Judge an SLO as of an instant."""
    slo = watch.slo
    if is_remembered(slo):
        return status_remembered(memory, watch, now)
    if slo.kind is SloKind.AVAILABILITY:
        job = memory.job_watched(slo)
        jobs = memory.job_keys(connection, job) if job else ()
        found = slo_context.last_outcomes(connection, jobs, limit=slo.window_runs)
        last_at = found[0].at if found else None
        return judge_outcomes(slo, [each.passed for each in found], last_at=last_at)
    keys = memory.every_dataset_key(connection, parse_node_id(watch.dataset).dataset)
    runs = slo_context.last_checks(connection, keys, limit=slo.window_runs)
    return judge_checks(slo, [run.checks for run in runs])


def judge_checks(slo: Slo, runs: Sequence[Checks]) -> SloStatus:
    """Judge a quality SLO by the checks of runs, newest first, or by which passed all of theirs."""
    return judge_runs(slo, runs) if slo.counted is Counted.RUNS else judge_quality(slo, runs)


def status_remembered(memory: Memory, watch: Watch, now: int) -> SloStatus:
    """Judge, as of an instant, an SLO that ``is_remembered``."""
    if watch.slo.kind in _AMOUNTS:
        return _AMOUNTS[watch.slo.kind](watch, now)
    return _not_in_maintenance(memory, watch, _in_time(watch, now), now)


def _volume(watch: Watch, now: int) -> SloStatus:
    return judge_volume(watch.slo, watch.history, now=now)


def _dead_letters(watch: Watch, now: int) -> SloStatus:
    return judge_dead_letters(watch.slo, list(watch.letters.values()), now=now)


def _quality(watch: Watch, now: int) -> SloStatus:
    del now
    if watch.slo.counted is Counted.EVALUATED:
        return judge_evaluated(watch.slo, watch.counted, since=watch.known_at)
    return judge_rows(watch.slo, watch.history)


def _latency(watch: Watch, now: int) -> SloStatus:
    del now
    return judge_latency(watch.slo, watch.counted, since=watch.known_at)


def _completeness(watch: Watch, now: int) -> SloStatus:
    if watch.slo.of_field is not None:
        return judge_nulls(watch.slo, watch.counted)
    return judge_intervals(watch.slo, watch.history, since=watch.known_at, now=now)


_AMOUNTS: Final[dict[SloKind, Callable[[Watch, int], SloStatus]]] = {
    SloKind.VOLUME: _volume,
    SloKind.COMPLETENESS: _completeness,
    SloKind.DEAD_LETTERS: _dead_letters,
    SloKind.LATENCY: _latency,
    SloKind.QUALITY: _quality,
}


def _in_time(watch: Watch, now: int) -> SloStatus:
    slo, since = watch.slo, watch.known_at
    if slo.kind is SloKind.PUNCTUALITY:
        slo = structs.replace(slo, clock=Clock.PROCESSING)
    if slo.learned_from is not None:
        return judge_learned_freshness(slo, watch.history, since=since, now=now)
    if slo.is_observed:
        return _as_scheduled(slo, watch, now)
    return judge_freshness(slo, watch.arrivals, since=since, now=now)


def _not_in_maintenance(memory: Memory, watch: Watch, status: SloStatus, now: int) -> SloStatus:
    """Put a deadline off by the declared maintenance before it: what may pass stands still then."""
    onset, since = status.onset_at, status.waits_since
    if onset is None or since is None or not memory.catalog.windows:
        return status
    due, known = _put_off(memory, watch, since, onset, now)
    if due == onset:
        return status
    reasons = known.reasons(Span(since, due))
    detail = f"{status.detail}; {' and '.join(reasons)} does not count"
    if due < now:
        return structs.replace(status, detail=detail, onset_at=due)
    has_come = watch.arrivals != Arrivals()
    return SloStatus(
        state=SloState.OK if has_come else SloState.NO_DATA,
        detail=f"{detail}: it is due by {local_time(watch.slo, due)}",
        next_at=earliest(due + 1, status.next_at),
    )


def _put_off(
    memory: Memory, watch: Watch, since: int, onset: int, now: int
) -> tuple[int, Uncounted]:
    begin = max(since, now - REACH)
    known = maintained(memory.catalog, watch.slo, begin, now + 1, memory.identities.called)
    return put_off(known.spans, since, onset - since), known


def good_by(memory: Memory, watch: Watch, came: Arrival, now: int) -> Span | None:
    """Return how long an SLO was good by what came, as far as that is over and can be told.

    Only a budget asks.
    """
    is_over = came.published_at < now
    slo = _timed(watch, came) if watch.slo.budget is not None and is_over else None
    if slo is None:
        return None
    alone = Arrivals().with_arrival(came)
    if came.nominal_at is not None and came.nominal_at == watch.arrivals.nominal_at:
        alone = structs.replace(alone, turn_first=watch.arrivals.turn_first)
    try:
        waited = next_deadline(slo, alone)
    except InvalidInput:
        # Of a schedule that cannot be read nothing is due.
        waited = None
    if waited is None:
        return None
    due, _ = _put_off(memory, watch, *waited, now)
    good = Span(max(came.published_at, watch.declared_at), min(due, now))
    return good if good.start < good.end else None


def _timed(watch: Watch, came: Arrival) -> Slo | None:
    """Return an SLO with a deadline for what follows something that came; None where it has none.

    That is by what was usual when it came, and by what its scheduler has last said.
    """
    slo = watch.slo
    if slo.learned_from is not None:
        return None if came.is_empty else as_was_usual(slo, watch.history, came.published_at)
    if slo.is_observed:
        return _scheduled(slo, watch)
    return slo if slo.has_deadline else None


def _scheduled(slo: Slo, watch: Watch) -> Slo | None:
    if watch.timetable is None:
        return None
    expression, timezone = watch.timetable
    return structs.replace(slo, schedule=expression, timezone=timezone)


def _as_scheduled(slo: Slo, watch: Watch, now: int) -> SloStatus:
    """Judge whether runs begin when their scheduler says that they will."""
    scheduled = _scheduled(slo, watch)
    if scheduled is None:
        detail = "no run has said when it is scheduled"
        return SloStatus(state=SloState.NO_DATA, detail=detail)
    try:
        return judge_freshness(scheduled, watch.arrivals, since=watch.known_at, now=now)
    except InvalidInput as error:
        detail = f"its schedule cannot be read: {error.message}"
        return SloStatus(state=SloState.NO_DATA, detail=detail)
