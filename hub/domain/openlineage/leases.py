"""Leases: how long a run may be silent before it counts as lost.

Some producers die without a word, so a run that nobody ends would go on for ever. Its lease is a
multiple of what runs of its job usually take; whatever is heard of the run, or of runs inside it,
begins the lease anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from statistics import median
from typing import Annotated, Final

from msgspec import Meta, Struct

from hub.domain.names import JobName

SECOND: Final = 1_000_000
# Fewer runs say nothing of how long the next one takes.
_ENOUGH: Final = 3
# As many of the last runs are asked.
COUNTED_RUNS: Final = 20

Seconds = Annotated[int, Meta(ge=1)]


class JobLease(Struct, frozen=True, forbid_unknown_fields=True):
    """The lease of the jobs whose ``NAMESPACE:NAME`` matches a pattern (``*``, ``?``)."""

    job: str
    seconds: Seconds


class LeasePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a run may be silent.

    ``lease_factor`` times the median of its job's last runs, but ``least_lease_seconds`` at
    least; ``first_lease_seconds`` where there have been too few. ``leases`` come before all that:
    the first that matches counts.
    """

    lease_factor: Annotated[float, Meta(gt=0)] = 4.0
    least_lease_seconds: Seconds = 900
    first_lease_seconds: Seconds = 21_600
    leases: tuple[JobLease, ...] = ()


DEFAULT_LEASES: Final = LeasePolicy()


def lease_of(policy: LeasePolicy, names: Collection[JobName], durations: Sequence[int]) -> int:
    """Return the lease of a job of such names, in microseconds.

    ``durations`` are those of its last complete runs.
    """
    written = [f"{job.namespace}:{job.name}" for job in names]
    for each in policy.leases:
        if any(fnmatchcase(name, each.job) for name in written):
            return each.seconds * SECOND
    if len(durations) < _ENOUGH:
        return policy.first_lease_seconds * SECOND
    usual = int(policy.lease_factor * median(durations))
    return max(usual, policy.least_lease_seconds * SECOND)


def shortest_lease(policy: LeasePolicy) -> int:
    """Return the shortest lease that any job can have, in microseconds."""
    own = (each.seconds for each in policy.leases)
    return min(policy.least_lease_seconds, policy.first_lease_seconds, *own) * SECOND
