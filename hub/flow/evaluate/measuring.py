"""How an SLO stands, by what is remembered of its dataset and what is known of its checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.amounts import (
    judge_intervals,
    judge_learned_freshness,
    judge_nulls,
    judge_rows,
    judge_runs,
    judge_volume,
)
from hub.domain.catalog import Counted, SloKind
from hub.domain.names import parse_node_id
from hub.domain.slo import SloStatus, judge_freshness, judge_quality
from hub.store import slo_context

if TYPE_CHECKING:
    from hub.flow.evaluate.memory import Watch
    from hub.flow.evaluate.scene import Scene


def status_of(scene: Scene, watch: Watch) -> SloStatus:
    """Judge an SLO now."""
    slo, since, now = watch.slo, watch.known_at, scene.now
    if slo.kind is SloKind.QUALITY:
        return _quality(scene, watch)
    if slo.kind is SloKind.VOLUME:
        return judge_volume(slo, watch.history, now=now)
    if slo.kind is SloKind.COMPLETENESS:
        if slo.of_field is not None:
            return judge_nulls(slo, watch.nulls)
        return judge_intervals(slo, watch.history, since=since, now=now)
    if slo.learned_from is not None:
        return judge_learned_freshness(slo, watch.history, since=since, now=now)
    return judge_freshness(slo, watch.arrivals, since=since, now=now)


def _quality(scene: Scene, watch: Watch) -> SloStatus:
    slo = watch.slo
    if slo.counted is Counted.ROWS:
        return judge_rows(slo, watch.history)
    dataset = parse_node_id(watch.dataset).dataset
    runs = slo_context.last_checks(scene.connection, dataset, limit=slo.window_runs)
    return judge_runs(slo, runs) if slo.counted is Counted.RUNS else judge_quality(slo, runs)
