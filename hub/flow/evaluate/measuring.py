"""How an SLO stands, by what is remembered of its dataset and what is known of its checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from hub.domain.budgets import Span, put_off
from hub.domain.catalog import Clock, Counted, Slo, SloKind
from hub.domain.errors import InvalidInput
from hub.domain.names import parse_node_id
from hub.domain.slos.amounts import (
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
from hub.domain.slos.arrivals import Arrivals
from hub.domain.slos.maintenance import REACH, maintained
from hub.domain.slos.slo import SloState, SloStatus, judge_freshness, judge_quality, local_time
from hub.flow.evaluate.burning import earliest
from hub.store import slo_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.domain.catalog import Catalog
    from hub.flow.evaluate.memory import Watch
    from hub.flow.evaluate.scene import Scene


def status_of(scene: Scene, watch: Watch) -> SloStatus:
    """Judge an SLO now."""
    slo = watch.slo
    if (counted := status_as_counted(watch)) is not None:
        return counted
    if slo.kind is SloKind.QUALITY:
        return _quality(scene, watch)
    if slo.kind in _AMOUNTS:
        return _AMOUNTS[slo.kind](watch, scene.now)
    if slo.kind is SloKind.AVAILABILITY:
        job = scene.memory.job_watched(slo)
        jobs = scene.job_keys(job) if job else ()
        found = slo_context.last_outcomes(scene.connection, jobs, limit=slo.window_runs)
        return judge_outcomes(slo, found)
    return status_in_time(scene.catalog, watch, scene.now)


def status_as_counted(watch: Watch) -> SloStatus | None:
    """Judge what only this process counts; None for all else."""
    if watch.slo.kind is SloKind.LATENCY:
        return judge_latency(watch.slo, watch.counted, since=watch.counted_since)
    if watch.slo.counted is Counted.EVALUATED:
        return judge_evaluated(watch.slo, watch.counted, since=watch.counted_since)
    return None


def status_in_time(catalog: Catalog, watch: Watch, now: int) -> SloStatus:
    """Judge whether data, or a run, is in time, as of an instant."""
    return _not_in_maintenance(catalog, watch, _in_time(watch, now), now)


def _volume(watch: Watch, now: int) -> SloStatus:
    return judge_volume(watch.slo, watch.history, now=now)


def _dead_letters(watch: Watch, now: int) -> SloStatus:
    return judge_dead_letters(watch.slo, list(watch.letters.values()), now=now)


def _completeness(watch: Watch, now: int) -> SloStatus:
    if watch.slo.of_field is not None:
        return judge_nulls(watch.slo, watch.nulls)
    return judge_intervals(watch.slo, watch.history, since=watch.known_at, now=now)


_AMOUNTS: Final[dict[SloKind, Callable[[Watch, int], SloStatus]]] = {
    SloKind.VOLUME: _volume,
    SloKind.COMPLETENESS: _completeness,
    SloKind.DEAD_LETTERS: _dead_letters,
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


def _not_in_maintenance(catalog: Catalog, watch: Watch, status: SloStatus, now: int) -> SloStatus:
    """Put a deadline off by the declared maintenance before it: what may pass stands still then."""
    onset, since = status.onset_at, status.waits_since
    if onset is None or since is None or not catalog.windows:
        return status
    begin = max(since, now - REACH)
    known = maintained(catalog, watch.slo, begin, now + 1)
    due = put_off(known.spans, since, onset - since)
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


def _as_scheduled(slo: Slo, watch: Watch, now: int) -> SloStatus:
    """Judge whether runs begin when their scheduler says that they will."""
    if watch.timetable is None:
        detail = "no run has said when it is scheduled"
        return SloStatus(state=SloState.NO_DATA, detail=detail)
    expression, timezone = watch.timetable
    scheduled = structs.replace(slo, schedule=expression, timezone=timezone)
    try:
        return judge_freshness(scheduled, watch.arrivals, since=watch.known_at, now=now)
    except InvalidInput as error:
        detail = f"its schedule cannot be read: {error.message}"
        return SloStatus(state=SloState.NO_DATA, detail=detail)


def _quality(scene: Scene, watch: Watch) -> SloStatus:
    slo = watch.slo
    if slo.counted is Counted.ROWS:
        return judge_rows(slo, watch.history)
    dataset = parse_node_id(watch.dataset).dataset
    names = scene.memory.names_of(dataset)
    runs = slo_context.last_checks(scene.connection, names, limit=slo.window_runs)
    return judge_runs(slo, runs) if slo.counted is Counted.RUNS else judge_quality(slo, runs)
