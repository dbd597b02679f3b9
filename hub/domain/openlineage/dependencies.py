"""What one job's runs say of which jobs wait for which: OpenLineage's ``jobDependencies``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Raw

from hub.domain.names import JobName
from hub.domain.openlineage.descriptions import JobDependency, read_job_dependencies
from hub.domain.openlineage.events import MAX_FACET_BYTES
from hub.domain.openlineage.lenient import word_of

# That data of one job goes to another, by whatever way.
IMPLICIT: Final = "IMPLICIT_DEPENDENCY"
UP: Final = "up"
DOWN: Final = "down"


class Dependency(NamedTuple):
    """That the job which says so waits for ``other`` (side "up"), or that ``other`` waits for it.

    A rule that is not said, or that is no word, is empty.
    """

    side: str
    other: JobName
    kind: str
    sequence_rule: str
    status_rule: str


def read_dependencies(raw: Raw) -> tuple[Dependency, ...]:
    """Read a run's ``jobDependencies`` (1-0-1) as edges between jobs, whatever their runs."""
    found = read_job_dependencies(raw) if len(raw) <= MAX_FACET_BYTES else None
    if found is None:
        return ()
    sides = ((UP, found.upstream), (DOWN, found.downstream))
    return tuple(dict.fromkeys(edge for side, said in sides for edge in _edges(side, said)))


def _edges(side: str, said: tuple[JobDependency, ...]) -> Iterator[Dependency]:
    for each in said:
        rules = (word_of(rule) for rule in (each.type, each.sequence_rule, each.status_rule))
        yield Dependency(side, each.job, *rules)
