"""Every route, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from hub.api.rest.marquez import (
    columns,
    datasets,
    estate,
    events,
    jobs,
    lineage,
    run_lineage,
    runs,
    stats,
)
from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.moved import where_it_is

# Answers with what becomes the body.
Read: TypeAlias = Callable[[Asking], Any]

_NAMESPACE: Final = "namespaces/*"
_DATASET: Final = f"{_NAMESPACE}/datasets/*"
_JOB: Final = f"{_NAMESPACE}/jobs/*"
_RUN: Final = "jobs/runs/*"
_OF_EVENTS: Final = 2

_OF_JOBS: Final[Mapping[str, Read]] = {
    _JOB: jobs.get_job,
    f"{_JOB}/versions": jobs.list_job_versions,
    f"{_JOB}/versions/*": jobs.get_job_version,
    f"{_JOB}/runs": runs.list_runs,
}
READS: Final[Mapping[str, Read]] = {
    **{pattern: where_it_is(read, pattern) for pattern, read in _OF_JOBS.items()},
    "namespaces": estate.list_namespaces,
    _NAMESPACE: estate.get_namespace,
    "sources": estate.list_sources,
    "sources/*": estate.get_source,
    "tags": estate.list_tags,
    "search": estate.search,
    f"{_NAMESPACE}/datasets": datasets.list_datasets,
    _DATASET: datasets.get_dataset,
    f"{_DATASET}/versions": datasets.list_versions,
    f"{_DATASET}/versions/*": datasets.get_version,
    "jobs": jobs.list_jobs,
    f"{_NAMESPACE}/jobs": jobs.list_jobs,
    _RUN: runs.get_run,
    f"{_RUN}/facets": runs.get_run_facets,
    "lineage": lineage.get_lineage,
    "column-lineage": columns.get_column_lineage,
    "runlineage/upstream": run_lineage.get_upstream_runs,
    "events": events.list_events,
    "events/lineage": events.list_events,
    "events/*": events.list_events,
    "stats/lineage-events": stats.lineage_events,
    "stats/jobs": stats.jobs,
    "stats/datasets": stats.datasets,
    "stats/sources": stats.sources,
}


# What tells of the past as well.
OF_THE_PAST: Final = frozenset(
    {
        "namespaces",
        _NAMESPACE,
        f"{_NAMESPACE}/datasets",
        _DATASET,
        f"{_DATASET}/versions",
        f"{_DATASET}/versions/*",
        "jobs",
        f"{_NAMESPACE}/jobs",
        _JOB,
        f"{_JOB}/versions",
        f"{_JOB}/versions/*",
        f"{_JOB}/runs",
        _RUN,
        f"{_RUN}/facets",
        "lineage",
        "column-lineage",
        "search",
        "events",
        "events/lineage",
        "events/*",
    }
)


class Matched(NamedTuple):
    """The route that a path leads to, and the names that the path holds."""

    pattern: str
    names: tuple[str, ...]


def match(segments: Sequence[str], patterns: Sequence[Sequence[str]]) -> Matched | None:
    """Return the route for the segments of a path; a literal one goes before a name."""
    if segments[:1] == ["events"] and len(segments) > _OF_EVENTS:
        # marquez-python does not encode the slashes of this name.
        segments = ["events", "/".join(segments[1:])]
    for pattern in patterns:
        if len(pattern) == len(segments) and all(
            part in ("*", segment) for part, segment in zip(pattern, segments, strict=True)
        ):
            names = zip(pattern, segments, strict=True)
            return Matched(
                "/".join(pattern), tuple(segment for part, segment in names if part == "*")
            )
    return None
