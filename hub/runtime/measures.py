"""The measures of every run at every boundary, for ``/metrics`` of the process that runs it."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from hub.runtime.work import Work

_STEP = ("product", "step")
_RUNS = Counter("hub_step_runs", "Runs of steps by how they ended", [*_STEP, "state"])
_ROWS = Counter("hub_step_rows", "Rows that steps read, wrote and refused", [*_STEP, "boundary"])
_BYTES = Counter("hub_step_bytes", "Bytes that steps read and wrote", [*_STEP, "boundary"])
_SECONDS = Histogram("hub_step_seconds", "How long runs of steps took", _STEP)
_NEWEST = Gauge("hub_step_newest_event_time_seconds", "Newest event time written", _STEP)
_LATENESS = Gauge("hub_step_lateness_seconds", "Age of the newest row when it was written", _STEP)


def observe(work: Work, state: str, ended_at: int) -> None:
    """Count one run that ended at ``ended_at`` (microseconds UTC)."""
    tally, step = work.tally, (work.step.product, work.step.name)
    _RUNS.labels(*step, state).inc()
    for boundary, rows in (
        ("in", tally.rows_in),
        ("out", tally.rows_out),
        ("refused", tally.rows_refused),
    ):
        _ROWS.labels(*step, boundary).inc(rows)
    _BYTES.labels(*step, "in").inc(tally.bytes_in)
    _BYTES.labels(*step, "out").inc(max(0, tally.bytes_out))
    _SECONDS.labels(*step).observe((ended_at - work.started_at) / 1_000_000)
    if tally.newest_event_time is not None:
        _NEWEST.labels(*step).set(tally.newest_event_time / 1_000_000)
        _LATENESS.labels(*step).set((ended_at - tally.newest_event_time) / 1_000_000)
