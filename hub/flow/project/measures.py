"""What steps counted at their boundaries, on ``/metrics``, whichever runner on whichever machine.

Counted once an event is projected for the first time; a rebuild counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from hub.domain.openlineage.events import Event, RunEvent, facets_of
from hub.domain.openlineage.facets import StepMeasures, read_step, read_step_measures

_STEP: Final = ("product", "step")
_RUNS: Final = Counter("hub_step_runs", "Runs of steps by how they ended", [*_STEP, "state"])
_ROWS: Final = Counter("hub_step_rows", "Rows read, written and refused", [*_STEP, "boundary"])
_BYTES: Final = Counter("hub_step_bytes", "Bytes read and written", [*_STEP, "boundary"])
_SECONDS: Final = Histogram("hub_step_seconds", "How long runs of steps took", _STEP)
_NEWEST: Final = Gauge("hub_step_newest_event_time_seconds", "Newest event time written", _STEP)
_LATENESS: Final = Gauge("hub_step_lateness_seconds", "Age of that row when it was written", _STEP)

# What events say becomes labels: a producer that makes up names must not fill our memory.
_MAX_STEPS: Final = 1_000
_OTHERS: Final = ("others", "others")
_known: Final[set[tuple[str, str]]] = set()

_MARK: Final = b'"hub_step"'


def observe(events: Iterable[Event]) -> None:
    """Count the runs that events end, those that are of steps of ours."""
    for event in events:
        if not isinstance(event, RunEvent) or not event.event_type.is_terminal:
            continue
        if _MARK in bytes(event.run_facets):
            _observe(event)


def _observe(event: RunEvent) -> None:
    raw = facets_of(event.run_facets).get("hub_step")
    step = read_step(raw) if raw else None
    if step is None:
        return
    labels = _bounded((step.product, step.step))
    _RUNS.labels(*labels, event.event_type.value).inc()
    for use in event.inputs:
        raw = facets_of(use.measures).get("hub_measures")
        if raw and (read := read_step_measures(raw)):
            _BYTES.labels(*labels, "in").inc(read.bytes or 0)
    for use in event.outputs:
        raw = facets_of(use.measures).get("hub_measures")
        if raw and (written := read_step_measures(raw)):
            _count(labels, written)


def _bounded(labels: tuple[str, str]) -> tuple[str, str]:
    if len(_known) < _MAX_STEPS:
        _known.add(labels)
    return labels if labels in _known else _OTHERS


def _count(labels: tuple[str, str], measures: StepMeasures) -> None:
    rows = {"in": measures.rows_in, "out": measures.rows_out, "refused": measures.rows_refused}
    for boundary, count in rows.items():
        _ROWS.labels(*labels, boundary).inc(count or 0)
    _BYTES.labels(*labels, "out").inc(measures.bytes or 0)
    if measures.seconds is not None:
        _SECONDS.labels(*labels).observe(measures.seconds)
    if measures.newest_at is not None:
        _NEWEST.labels(*labels).set(measures.newest_at / 1_000_000)
    if measures.lateness_seconds is not None:
        _LATENESS.labels(*labels).set(measures.lateness_seconds)
